"""Takes in the files that are dropped into a folder, once each, when they have stopped growing.

The folder is looked through every two seconds: notifications would be quicker by a second, and do not come
from network drives, which is where such folders are.
"""

import hashlib
import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from sttweb.accounts.models import User
from transcripts import ingest
from transcripts.ingest import Refused
from transcripts.models import Recording, WatchedFile
from transcripts.wishes import Wishes

logger = logging.getLogger(__name__)

State = Recording.State
# A file's device and number.
Inode = tuple[int, int]

SCAN_SECONDS = 2.0
# A large folder is looked through less often: at most this share of the time.
SCAN_SHARE = 0.1
# A file whose size and time of change have stayed for so long has stopped growing.
QUIET_SECONDS = 5.0
# One that could not be taken is tried again after so long.
RETRY_SECONDS = 60.0
PIECE_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32

# What programs call a file that they have not finished.
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", ".temp", ".filepart", ".opdownload")


class Changed(Exception):
    """The file is no longer what it was."""


@dataclass(frozen=True)
class Version:
    """A file as it was when it was last looked at. No inode: network drives make them up anew."""

    path: bytes
    size: int
    mtime_ns: int

    @property
    def identity(self) -> str:
        parts = b"%d\0%d\0%b" % (self.size, self.mtime_ns, self.path)
        return hashlib.sha256(parts).hexdigest()


@dataclass(frozen=True)
class Found:
    """A file in its folder, which is held open: no name on the way to it can be exchanged for another."""

    name: str
    folder: int
    inode: Inode
    version: Version

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Raises: Changed, OSError."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(self.name, flags, dir_fd=self.folder), "rb") as file:
            self.check(os.fstat(file.fileno()))
            yield file
            self.check(os.fstat(file.fileno()))

    def check(self, now: os.stat_result) -> None:
        if (now.st_size, now.st_mtime_ns) != (self.version.size, self.version.mtime_ns):
            raise Changed

    def delete(self) -> None:
        self.check(os.stat(self.name, dir_fd=self.folder, follow_symlinks=False))
        os.unlink(self.name, dir_fd=self.folder)


def files_in(folder: Path) -> Iterator[Found]:
    """Walk through the folder and its subfolders, past symbolic links, hidden and unfinished files."""
    top = folder.resolve()
    for root, folders, names, descriptor in os.fwalk(top, follow_symlinks=False):
        inner = os.path.relpath(root, top)
        is_deep = inner.count(os.sep) >= MAX_DEPTH
        folders[:] = [] if is_deep else [name for name in folders if not name.startswith((".", "~"))]
        for name in names:
            if name.startswith((".", "~")) or name.lower().endswith(UNFINISHED):
                continue
            try:
                found = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:
                continue  # gone meanwhile
            # An empty one is still to be filled.
            if stat.S_ISREG(found.st_mode) and found.st_size:
                path = os.fsencode(os.path.normpath(os.path.join(inner, name)))  # noqa: PTH118
                version = Version(path, found.st_size, found.st_mtime_ns)
                yield Found(name, descriptor, (found.st_dev, found.st_ino), version)


class Watch:
    """The folder, and what is known of its files since this process began."""

    def __init__(self, folder: Path, email: str, *, deletes: bool = False) -> None:
        self.folder = folder
        self.email = email
        self.deletes = deletes
        self.since: dict[Version, float] = {}
        self.done: set[Version] = set()
        self.retry_at: dict[Version, float] = {}
        self.complaint = ""
        self.written: set[Inode] | None = None

    def run(self) -> None:
        while True:
            close_old_connections()
            began = time.monotonic()
            try:
                self.scan()
            except (OSError, DatabaseError) as error:
                self.complain(f"The watch folder cannot be read now: {error}")
            time.sleep(max(SCAN_SECONDS, (time.monotonic() - began) / SCAN_SHARE))

    def complain(self, complaint: str) -> None:
        """Say it once, however many rounds find it so."""
        if complaint != self.complaint:
            logger.warning("%s", complaint)
        self.complaint = complaint

    def scan(self) -> None:
        """Look through the folder once, and take what is ready."""
        owner = User.objects.filter(email=self.email, is_active=True).first()
        if owner is None:
            self.complain(f"There is no account {self.email}: files in the watch folder wait for it.")
            return
        if not self.folder.is_dir():
            self.complain(f"The watch folder {self.folder} is not there.")
            return
        self.complain("")
        self.written = None
        present = set()
        for found in files_in(self.folder):
            present.add(found.version)
            if self.is_ready(found):
                self.take(owner, found)
        self.forget_all_but(present)

    def forget_all_but(self, present: set[Version]) -> None:
        self.done &= present
        self.since = {version: at for version, at in self.since.items() if version in present}
        self.retry_at = {version: at for version, at in self.retry_at.items() if version in present}

    def is_ready(self, found: Found) -> bool:
        version, now = found.version, time.monotonic()
        if version in self.done or now < self.retry_at.get(version, now):
            return False
        return now - self.since.setdefault(version, now) >= QUIET_SECONDS and not self.is_written(found)

    def is_written(self, found: Found) -> bool:
        if self.written is None:
            self.written = written_files()
        return found.inode in self.written

    def take(self, owner: User, found: Found) -> None:
        name = found.version.path.decode(errors="replace")
        try:
            is_held = take_in(owner, found)
            if self.deletes and is_held:
                found.delete()
            self.done.add(found.version)
        except (Changed, FileNotFoundError):
            logger.info("%s is still changing", name)
        except (Refused, OSError) as error:
            if found.version not in self.retry_at:
                logger.warning("%s from the watch folder waits: %s", name, error)
            self.retry_at[found.version] = time.monotonic() + RETRY_SECONDS


def take_in(owner: User, found: Found) -> bool:
    """Make the file a recording, or go on with that where a killed process stopped; one that was taken as cut
    short goes on as well. Return whether all bytes of the file are here: not if its recording was deleted.

    Raises: Changed: it was written to meanwhile. Refused: there is no room. OSError: it cannot be read.
    """
    known = WatchedFile.objects.filter(identity=found.version.identity).select_related("recording").first()
    recording = known.recording if known else None
    if known is not None and (recording is None or not is_open(recording)):
        return recording is not None and recording.has_all_bytes
    with found.open() as file:
        if recording is None:
            recording = begin(owner, found)
        try:
            copy(file, recording)
            found.check(os.fstat(file.fileno()))
        except Changed:
            WatchedFile.objects.filter(recording=recording).delete()
            ingest.delete(recording)
            raise
    ingest.finish(recording)
    return True


def is_open(recording: Recording) -> bool:
    return recording.state == State.RECEIVING or recording.is_cut_short


def begin(owner: User, found: Found) -> Recording:
    wishes = Wishes(file_name=label_of(found), source=Recording.Source.WATCH)
    recording = ingest.begin(owner, wishes, found.version.size)
    WatchedFile.objects.create(identity=found.version.identity, recording=recording)
    return recording


def label_of(found: Found) -> str:
    return os.fsencode(found.name).decode(errors="replace")


def copy(file: IO[bytes], recording: Recording) -> None:
    """Append what is missing, in pieces: a killed process costs no more than one of them."""
    while recording.bytes_received < (recording.size or 0):
        file.seek(recording.bytes_received)
        before = recording.bytes_received
        length = min(PIECE_BYTES, (recording.size or 0) - before)
        if ingest.append(recording, before, file, length) == before:
            raise Changed  # it became shorter


def written_files() -> set[Inode]:
    """Return the files that processes hold open for writing, as far as /proc lets us see."""
    written = set()
    for folder in Path("/proc").glob("[0-9]*/fd"):
        try:
            descriptors = list(folder.iterdir())
        except OSError:
            continue  # ended, or somebody else's
        for descriptor in descriptors:
            try:
                if descriptor.lstat().st_mode & stat.S_IWUSR:
                    status = descriptor.stat()
                    written.add((status.st_dev, status.st_ino))
            except OSError:
                continue
    return written


def watch() -> None:
    folder = Path(settings.STT_WATCH_DIR).expanduser()
    Watch(folder, settings.STT_WATCH_USER.strip().lower(), deletes=settings.STT_WATCH_AFTER == "delete").run()
