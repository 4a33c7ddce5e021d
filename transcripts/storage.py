"""Files of recordings, written so that they outlive a power cut."""

import fcntl
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from transcripts.failpoints import failpoint
from transcripts.models import Recording
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

# Seconds after which a discarded folder was left behind by a process that died.
DISCARD_SECONDS = 60
# Seconds after which a folder without a row is nobody's.
ORPHAN_SECONDS = 24 * 3600


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
    for pk, place in _named_by_recordings(_discarded()).items():
        # Whoever discarded it later than this is still at work; or gone meanwhile.
        if _changed_at(place) > time.time() - DISCARD_SECONDS:
            continue
        recording = Recording.objects.filter(pk=pk).first()
        if recording is None:
            remove(place)
        elif not recording.folder.exists():
            recording.folder.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                place.rename(recording.folder)


def discard_orphans() -> None:
    """Discard the folders of recordings whose rows are gone, however that came about.

    Those of another database stay: they are older than this one, or most of all that there are.
    """
    places: dict[UUID, Path] = {}
    for folder in (settings.DATA_DIR / "recordings").glob("*"):
        places |= _named_by_recordings(folder)
    orphans = places.keys() - set(Recording.objects.values_list("pk", flat=True))
    if 2 * len(orphans) > len(places):
        logger.warning("%d of %d recordings in %s are unknown", len(orphans), len(places), settings.DATA_DIR)
        return
    born = MigrationRecorder.Migration.objects.earliest("applied").applied.timestamp()
    for pk in orphans:
        if born < _changed_at(places[pk]) < time.time() - ORPHAN_SECONDS:
            logger.warning("The folder of recording %s, which is gone, is removed", pk)
            discard(Recording(pk=pk))


def _named_by_recordings(folder: Path) -> dict[UUID, Path]:
    """Return what is in a folder, as far as it is named as folders of recordings are."""
    found = {}
    for place in folder.glob("*"):
        with suppress(ValueError):
            found[UUID(place.name)] = place
    return found


def _changed_at(place: Path) -> float:
    """Return when a folder last changed: just now where it is gone."""
    try:
        return place.stat().st_ctime
    except FileNotFoundError:
        return time.time()
