"""Files of recordings, written so that they outlive a power cut."""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection

from transcripts.failpoints import failpoint
from transcripts.models import Recording
from transcripts.refusals import Refused

# Seconds after which a discarded folder was left behind by a process that died.
DISCARD_SECONDS = 60


@contextmanager
def locked(path: Path) -> Iterator[IO[bytes]]:
    """Open the file, made if it is not there, for one writer at a time of all processes on this host.

    Raises: Refused: another holds it.
    """
    if not path.exists():
        _create(path)
    with path.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("Another request is writing to this upload: wait for it.", 423) from None
        yield file


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    failpoint("file-created")
    # A new file is safe when each folder on the way to it is.
    folder = path.parent
    while folder != settings.DATA_DIR.parent:
        sync_folder(folder)
        folder = folder.parent


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def durable_commits() -> Iterator[None]:
    """Make commits outlive a power cut on SQLite too, whose other commits need only outlive the process."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            cursor.execute("PRAGMA synchronous=NORMAL")


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _discarded() -> Path:
    return settings.DATA_DIR / "discarded"


def discard(recording: Recording) -> Path:
    """Move the recording's folder out of the way in one step, and return its new place."""
    place = _discarded() / str(recording.pk)
    if recording.folder.exists():
        place.parent.mkdir(exist_ok=True)
        recording.folder.rename(place)
    return place


def remove(place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)


def sweep() -> None:
    """Complete what a process that died left half done: remove what was discarded, or put it back."""
    for place in _discarded().glob("*"):
        # Renaming set the folder's ctime; whoever discarded it later than this is still at work.
        if place.stat().st_ctime > time.time() - DISCARD_SECONDS:
            continue
        recording = Recording.objects.filter(pk=place.name).first()
        if recording is None:
            remove(place)
        elif not recording.folder.exists():
            recording.folder.parent.mkdir(parents=True, exist_ok=True)
            place.rename(recording.folder)
