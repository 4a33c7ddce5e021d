"""Waiting for what others do meanwhile."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

# Half as often as a key may ask.
STEP_SECONDS = 0.2


def wait_until(condition: Callable[[], Answer], seconds: float, what: str) -> Answer:
    """Ask until the answer is something; return it."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(STEP_SECONDS)
    return answer
