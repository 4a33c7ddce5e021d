"""Takes the recordings out of a ZIP archive, each as a recording of its own.

What an archive says is not believed: names are labels and never paths, and what would unpack to far more than
it is, is left in. A pass that a crash cut short is made again, and passes over what was taken already.
"""

import base64
import logging
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from transcripts import ingest, leases, lifecycle
from transcripts.failpoints import failpoint
from transcripts.ingest import Refused
from transcripts.labels import clean_label
from transcripts.models import ApiRequest, Recording
from transcripts.wishes import Wishes

logger = logging.getLogger(__name__)

SIGNATURE = b"PK\x03\x04"
PIECE_BYTES = 8 * 1024 * 1024
MAX_ENTRIES = 1000
# Of the list of what is in an archive, which is read at once.
LIST_BYTES = 2_000_000
# What sound may be packed to. Silence gets smaller, so a few megabytes are free.
MAX_RATIO = 100
FREE_BYTES = 20_000_000
NAMED = 10
MEDIA = frozenset(
    """
    aac aif aiff amr avi caf flac m4a m4b m4v mkv mov mp3 mp4 mpeg mpg mpga oga ogg opus wav weba webm wma wmv
    """.split()  # noqa: SIM905
)
ARCHIVES = frozenset({"zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz"})

DAMAGED = "This archive is damaged or incomplete: make it again, or upload its files one by one."
TOO_MANY = f"This archive holds more than {MAX_ENTRIES} files: divide it into several."
TOO_LARGE = "This archive would unpack to far more than it is: upload its files one by one."


def open_archive(recording_id: UUID) -> bool:
    """Unpack the recording where it is an archive; return whether it is one."""
    recording = Recording.objects.select_related("api_request").filter(pk=recording_id).first()
    if recording is None or not may_be_archive(recording) or not is_archive(recording.source_path):
        return False
    fence = lifecycle.claim(recording, Recording.State.PREPARING)
    if fence is None:
        return True
    held = Recording.objects.filter(pk=recording_id, fence=fence)
    try:
        with leases.renewing(held):
            unpack(recording, fence)
    except BaseException:
        # Something unforeseen: free for the next try, which the count of attempts bounds.
        held.update(lease_until=None)
        raise
    return True


def may_be_archive(recording: Recording) -> bool:
    """Whether several recordings may come of it: who speaks a vendor's API waits for the text of one."""
    asked = recording.api_request
    return asked is None or asked.vendor == ApiRequest.Vendor.OWN


def is_archive(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except FileNotFoundError:
        return False


class Bounded:
    """A file whose reader cannot be made to take in very much at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > LIST_BYTES:
            raise Refused(TOO_MANY)
        return self.file.read(size if size >= 0 else LIST_BYTES)


def unpack(recording: Recording, fence: int) -> None:
    """Make recordings of what is in the archive, which goes itself; it stays to say what was left out."""
    held = Recording.objects.filter(pk=recording.pk, fence=fence, state=Recording.State.PREPARING)
    taken, left_out = 0, []
    try:
        with recording.source_path.open("rb") as file, ZipFile(Bounded(file)) as archive:
            for number, entry in enumerate(entries_of(archive)):
                if not held.exists():
                    return
                if reason := take(recording, archive, entry, number):
                    left_out.append(f"{name_of(entry)} ({reason})")
                else:
                    taken += 1
    except Refused as refused:
        lifecycle.fail(recording, str(refused), fence=fence)
    except (BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        logger.info("Archive %s: %s", recording.pk, error)
        lifecycle.fail(recording, DAMAGED, fence=fence)
    else:
        conclude(recording, fence, taken, left_out)


def entries_of(archive: ZipFile) -> list[ZipInfo]:
    """Return what people put into the archive, without folders and what their systems added.

    Raises: Refused: it is too much.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_hidden(entry)]
    if len(entries) > MAX_ENTRIES:
        raise Refused(TOO_MANY)
    packed = sum(entry.compress_size for entry in entries)
    if sum(entry.file_size for entry in entries) > MAX_RATIO * packed + FREE_BYTES:
        raise Refused(TOO_LARGE)
    return entries


def _is_hidden(entry: ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    return any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in parts)


def name_of(entry: ZipInfo) -> str:
    return clean_label(PurePosixPath(entry.filename.replace("\\", "/")).name, 100) or "a file without a name"


def take(recording: Recording, archive: ZipFile, entry: ZipInfo, number: int) -> str:
    """Make a recording of an entry; return why not, or nothing."""
    if reason := unwanted(entry):
        return reason
    mark = f"archive {base64.b64encode(f'{recording.pk}/{number}'.encode()).decode()}"
    known = Recording.objects.filter(owner=recording.owner, upload_metadata=mark).first()
    if known and known.state != Recording.State.RECEIVING:
        return ""
    if known:
        ingest.delete(known)
    wishes = Wishes(
        file_name=name_of(entry),
        language=recording.language,
        task=recording.task,
        prompt=recording.prompt,
        upload_metadata=mark,
        source=Recording.Source.API if recording.api_request_id else Recording.Source.UPLOAD,
        api_request=recording.api_request,
        model=recording.model,
        temperature=recording.temperature,
        is_multichannel=recording.is_multichannel,
        is_diarized=recording.is_diarized,
        is_listed=recording.is_listed,
        delete_after=recording.delete_after,
    )
    try:
        receive(ingest.begin(recording.owner, wishes, entry.file_size), archive, entry)
    except Refused as refused:
        return str(refused)
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return "damaged"
    failpoint("entry-taken")
    return ""


def unwanted(entry: ZipInfo) -> str:
    suffix = PurePosixPath(entry.filename).suffix.lower().removeprefix(".")
    if suffix in ARCHIVES:
        return "an archive inside an archive"
    if suffix not in MEDIA:
        return "no audio or video"
    if entry.flag_bits & 1:
        return "locked with a password"
    if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "packed in an unusual way"
    if entry.file_size > MAX_RATIO * entry.compress_size + FREE_BYTES:
        return "would unpack to far more than it is"
    return "" if entry.file_size else "empty"


def receive(child: Recording, archive: ZipFile, entry: ZipInfo) -> None:
    try:
        with archive.open(entry) as file:
            while child.bytes_received < entry.file_size:
                before = child.bytes_received
                length = min(PIECE_BYTES, entry.file_size - before)
                if ingest.append(child, before, file, length) == before:
                    raise EOFError
    except BaseException:
        ingest.delete(child)
        raise
    ingest.finish(child)


def conclude(recording: Recording, fence: int, taken: int, left_out: list[str]) -> None:
    if taken and not left_out:
        ingest.delete(recording)
        return
    state = Recording.State.DONE if taken else Recording.State.FAILED
    if lifecycle.move(
        recording, state, fence=fence, message=report(taken, left_out), lease_until=None, bytes_received=0
    ):
        recording.source_path.unlink(missing_ok=True)


def report(taken: int, left_out: list[str]) -> str:
    count = "1 recording was" if taken == 1 else f"{taken or 'No'} recordings were"
    if not left_out:
        return "There is no audio or video in this archive."
    return f"{count} taken out of this archive. Left out: {listed(left_out)}."


def listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
