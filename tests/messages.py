"""Messages to other systems, written and sent in the test's own process."""

import time
from collections.abc import Callable

from django.utils import timezone

from transcripts import delivering, lifecycle, outbox
from transcripts.api import callbacks
from transcripts.models import Delivery, Recording

PATIENCE_SECONDS = 90
MOST_TRIES = 100


def ended(owner, state: str = "failed", **fields) -> Recording:
    """Make a recording end."""
    recording = Recording.objects.create(owner=owner, title="Private", state="transcribing", **fields)
    if state == "failed":
        lifecycle.fail(recording, "It is broken.")
    else:
        lifecycle.cancel(recording)
    return recording


def send_due() -> None:
    """Do what the workers would now."""
    for delivery in list(outbox.due()):
        delivering.deliver(delivery.pk, callbacks.message)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def send_all() -> Delivery:
    """Try again and again, as time goes by, until nothing waits."""
    for _ in range(MOST_TRIES):
        if not Delivery.objects.filter(state="waiting").update(due_at=timezone.now()):
            break
        send_due()
    return Delivery.objects.exclude(state="waiting").get()
