"""What an account and the disk have room for, checked before bytes are accepted.

An upload under way counts with its announced size, so that several cannot be promised the same room.
"""

import fcntl
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db.models import Case, Count, F, Q, Sum, When
from django.db.models.functions import Coalesce, Greatest

from sttweb.accounts.models import User
from transcripts.models import ApiFile, Recording
from transcripts.refusals import Refused

# Bytes of disk that stay free for the database and the work under way.
RESERVED_BYTES = 500_000_000
# A recording of unknown size is checked against its owner's quota each time it has grown by so many bytes:
# at once for a file, every few minutes for a microphone.
GROWTH_BYTES = 1024 * 1024

MAKE_ROOM = (
    "delete recordings that you no longer need, and empty the trash, which counts as well; then try again."
)
DISK_FULL = "The server's disk is full: ask its owner to make room, then try again."

UNDER_WAY = Q(state=Recording.State.RECEIVING)
PROMISED = Case(
    When(UNDER_WAY, then=Greatest(Coalesce(F("size"), 0), F("bytes_received"))), default=F("bytes_received")
)

# Whether this thread holds the lock.
_here = threading.local()


@contextmanager
def reserving() -> Iterator[None]:
    """Let one at a time, of all processes, look for room and take it.

    Whoever does so inside a transaction of theirs holds this before they begin it, and then again: others
    begin theirs while they hold this, and would be waited for by whom they wait for.
    """
    if getattr(_here, "is_held", False):
        yield
        return
    with (settings.DATA_DIR / "reservations.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _here.is_held = True
        try:
            yield
        finally:
            _here.is_held = False


def check(owner: User, size: int) -> None:
    """Raises: Refused: the account's quota or the disk has no room for `size` bytes more."""
    held_bytes, held_seconds = held(owner)
    if held_bytes + size > settings.STT_QUOTA_BYTES:
        raise Refused(f"Your account is full: {MAKE_ROOM}", 413)
    if held_seconds >= settings.STT_QUOTA_SECONDS:
        raise Refused(f"Your hours are used up: {MAKE_ROOM}", 413)
    check_disk(size + _promised_to_all())


def held(owner: User) -> tuple[int, float]:
    """Return the bytes and seconds that count against an account's quota."""
    # What is in the trash can still be taken back.
    kept = Recording.objects.filter(owner=owner).aggregate(bytes=Sum(PROMISED), seconds=Sum("duration"))
    sent = ApiFile.objects.filter(owner=owner).aggregate(bytes=Sum("size"))
    return (kept["bytes"] or 0) + (sent["bytes"] or 0), kept["seconds"] or 0.0


def check_open(owner: User) -> None:
    """Raises: Refused: the account has as many uploads under way as it may."""
    under_way = Recording.objects.of(owner).aggregate(count=Count("pk", filter=UNDER_WAY))["count"]
    if under_way >= settings.STT_MAX_OPEN_UPLOADS:
        raise Refused(
            f"You have {under_way} uploads under way: wait until some are complete, or delete them.", 429
        )


def check_growth(recording: Recording, length: int) -> None:
    """Check, for a recording of unknown size, that it may grow by `length` bytes.

    Raises: Refused: the account's quota or the disk has no room for them.
    """
    check_disk(length)
    before = recording.bytes_received
    if before == 0 or before // GROWTH_BYTES != (before + length) // GROWTH_BYTES:
        check(recording.owner, length)


def check_disk(size: int) -> None:
    if shutil.disk_usage(settings.DATA_DIR).free < size + RESERVED_BYTES:
        raise Refused(DISK_FULL, 507)


def _promised_to_all() -> int:
    """Return the bytes of disk that uploads under way have been promised and have not used yet."""
    missing = Recording.objects.filter(UNDER_WAY, size__gt=F("bytes_received"))
    return missing.aggregate(bytes=Sum(F("size") - F("bytes_received")))["bytes"] or 0
