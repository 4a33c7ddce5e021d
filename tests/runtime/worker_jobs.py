"""Jobs for the workers under test. Each writes to the file it is given what happened to it."""

import os
import sys
import time
from pathlib import Path


def record(path: str, seconds: float = 0) -> None:
    _write(path, f"start {os.getpid()}")
    time.sleep(seconds)
    _write(path, f"end {os.getpid()}")


def hold(path: str, mark: str) -> None:
    """Last until there is a file of that name."""
    _write(path, f"start {os.getpid()}")
    while not Path(mark).exists():
        time.sleep(0.02)
    _write(path, f"end {os.getpid()}")


def note(path: str, line: str) -> None:
    _write(path, line)


def fail(path: str) -> None:
    _write(path, f"start {os.getpid()}")
    raise RuntimeError("meant to fail")


def list_modules(path: str) -> None:
    _write(path, " ".join(sorted({name.partition(".")[0] for name in sys.modules})))


def _write(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line + "\n")
