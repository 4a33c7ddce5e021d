"""Receives the bytes of a recording, in order, and finishes it when all are here.

An offset is committed only after the bytes up to it are on disk, so that what a sender was told is saved
survives the death of any process. Bytes past the committed offset are cut off before more are written.
Whoever changes the bytes, or how many there are, holds the lock on the file.
"""

import errno
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Protocol

from django.db import transaction
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import lifecycle, quotas, reopening, storage
from transcripts.failpoints import failpoint
from transcripts.labels import clean_label, title_from
from transcripts.models import ApiRequest, Recording, Segment
from transcripts.models.recording import TITLE_LENGTH
from transcripts.refusals import Refused, WrongOffset
from transcripts.wishes import PROMPT_LENGTH, Wishes, check_sha256

__all__ = ("Refused", "WrongOffset")

logger = logging.getLogger(__name__)

READ_BYTES = 1024 * 1024
CHECKSUMS = ("sha1", "sha256")
CHECKSUM_MISMATCH = 460  # tus
GONE = "This upload is not here any more: send the file again."


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes


def begun(owner: User, wishes: Wishes) -> Recording | None:
    """Return what was begun with the same key: whoever heard no answer asks again.

    Raises: Refused: a wish cannot be met.
    """
    wishes.check()
    if not wishes.upload_key:
        return None
    return Recording.objects.of(owner).filter(upload_key=wishes.upload_key).first()


def begin(owner: User, wishes: Wishes, size: int | None) -> Recording:
    """Make room for a recording of `size` bytes, or of an unknown size while it is being made.

    Raises: Refused: a wish cannot be met, or there is no room.
    """
    wishes.check()
    if size == 0:
        raise Refused("The file is empty.")
    file_name = clean_label(wishes.file_name, 255)
    with quotas.reserving():
        quotas.check_open(owner)
        quotas.check(owner, size or 0)
        recording = Recording.objects.create(
            owner=owner,
            title=clean_label(wishes.title or title_from(file_name), TITLE_LENGTH) or "Recording",
            source=wishes.source,
            file_name=file_name,
            size=size,
            language=wishes.language,
            task=wishes.task,
            prompt=clean_label(wishes.prompt, PROMPT_LENGTH),
            received_at=timezone.now(),
            expected_sha256=wishes.sha256,
            upload_key=wishes.upload_key,
            upload_metadata=wishes.upload_metadata,
            api_request=wishes.api_request,
            model=wishes.model,
            temperature=wishes.temperature,
            is_live=wishes.is_live or wishes.source == Recording.Source.MICROPHONE,
            is_listed=wishes.is_listed,
            is_multichannel=wishes.is_multichannel,
            is_diarized=wishes.is_diarized,
            delete_after=wishes.delete_after,
        )
    failpoint("upload-created")
    return recording


def announce(recording: Recording, size: int, sha256: str = "") -> None:
    """Take the size of a recording that began without one, and what all its bytes hash to.

    Raises: Refused: it has another size, or more bytes than that already, or there is no room for it.
    """
    check_sha256(sha256)
    with _writing(recording):
        if recording.size not in (None, size) or size < recording.bytes_received:
            raise Refused("This upload was announced with another length.")
        if size == 0:
            raise Refused("Nothing was recorded: the file is empty.")
        if recording.size is None:
            _promise(recording, size)
        recording.expected_sha256 = sha256 or recording.expected_sha256
        if recording.is_cut_short and recording.has_all_bytes:
            _note_end(recording)
        recording.save(update_fields=["size", "expected_sha256", "is_cut_short", "message"])


def _promise(recording: Recording, size: int) -> None:
    with quotas.reserving():
        quotas.check(recording.owner, size - recording.bytes_received)
        recording.size = size
        recording.save(update_fields=["size"])


def _note_end(recording: Recording) -> None:
    """It had been taken as cut short, and now its sender says that this was all."""
    recording.is_cut_short = False
    if (
        recording.state == Recording.State.DONE
        and Segment.objects.filter(transcript__recording=recording).exists()
    ):
        recording.message = ""


def append(
    recording: Recording, offset: int, body: Readable, length: int, checksum: Checksum | None = None
) -> int:
    """Write `length` bytes at `offset` and return the new committed offset.

    A body that ends early (the sender went away) is kept as far as it came, but not against its checksum.
    A recording that was taken as cut short is received on.

    Raises: Refused: not the offset that is due, over the announced size, not what the checksum says, or no
        longer open.
    """
    with _writing(recording) as file:
        _check_piece(recording, offset, length)
        if recording.state != Recording.State.RECEIVING and length:
            _reopen(recording)
        end = _write(file, offset, body, length, checksum)
        failpoint("piece-written")
        os.fsync(file.fileno())
        failpoint("piece-synced")
        _commit(recording, end)
        failpoint("offset-committed")
    return end


def check_repeated(recording: Recording, offset: int, body: Readable, length: int) -> None:
    """Check that a piece, which may be empty, is the end of a recording that has all its bytes.

    Raises: WrongOffset: it is another one.
    """
    end = recording.bytes_received
    is_same = offset + length == end
    if is_same and length:
        with recording.source_path.open("rb") as file:
            file.seek(offset)
            while is_same and (piece := body.read(min(READ_BYTES, end - file.tell()))):
                is_same = file.read(len(piece)) == piece
    if not is_same:
        raise WrongOffset(end)


@contextmanager
def _writing(recording: Recording) -> Iterator[IO[bytes]]:
    """Hold the source, with the row as it is now."""
    if not recording.source_path.exists():
        _refresh(recording)
    with storage.locked(recording.source_path) as file:
        _refresh(recording)
        _check_file(recording, file)
        yield file


def _refresh(recording: Recording) -> None:
    try:
        recording.refresh_from_db()
    except Recording.DoesNotExist:
        raise Refused(GONE, 404) from None


def _check_file(recording: Recording, file: IO[bytes]) -> None:
    """Go back to what the disk has, where a disk or a backup lost committed bytes."""
    held = os.fstat(file.fileno()).st_size
    if held < recording.bytes_received:
        logger.error(
            "Recording %s lost bytes: %d of %d are here", recording.pk, held, recording.bytes_received
        )
        recording.bytes_received = held
        recording.save(update_fields=["bytes_received"])


def _check_piece(recording: Recording, offset: int, length: int) -> None:
    if recording.state != Recording.State.RECEIVING and not recording.is_cut_short:
        raise Refused("This recording is complete; nothing can be added to it.", 409)
    if offset != recording.bytes_received:
        raise WrongOffset(recording.bytes_received)
    if recording.size is not None and offset + length > recording.size:
        raise Refused("That is more than the size announced for this upload.", 413)
    if recording.size is None:
        quotas.check_growth(recording, length)
    else:
        quotas.check_disk(length)


def _write(file: IO[bytes], offset: int, body: Readable, length: int, checksum: Checksum | None) -> int:
    """Write the body and return where it ends. Nothing of it counts before the offset is committed."""
    digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
    try:
        file.seek(offset)
        file.truncate()
        while piece := body.read(min(READ_BYTES, offset + length - file.tell())):
            file.write(piece)
            if digest:
                digest.update(piece)
        file.flush()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused(quotas.DISK_FULL, 507) from error
        raise
    if checksum and digest and digest.digest() != checksum.digest:
        raise Refused("These bytes were damaged on their way: send them again.", CHECKSUM_MISMATCH)
    return file.tell()


def _commit(recording: Recording, end: int) -> None:
    now = timezone.now()
    open_rows = Recording.objects.filter(pk=recording.pk, state=Recording.State.RECEIVING)
    with storage.durable_commits():
        is_committed = open_rows.update(bytes_received=end, received_at=now)
    # An empty piece for one that was cut short says no more than that its sender is alive.
    if not is_committed and end != recording.bytes_received:
        raise Refused(GONE, 404)
    recording.bytes_received, recording.received_at = end, now


def _reopen(recording: Recording) -> None:
    """Receive on what had been taken as cut short: its browser was only away."""
    with quotas.reserving():
        quotas.check(recording.owner, max(0, (recording.size or 0) - recording.bytes_received))
        reopening.reopen(recording)
    failpoint("recording-reopened")


def finish(recording: Recording) -> Recording:
    """Take the recording as it is and send it on its way; return it, or the one it repeats.

    Bytes that the owner already has, to be treated in the same way, are not kept twice. Finishing again
    changes nothing.

    Raises: Refused: it is empty, or not what its sender's hash says.
    """
    if recording.state != Recording.State.RECEIVING:
        return recording
    with _writing(recording) as file:
        if recording.state != Recording.State.RECEIVING:
            return recording
        if recording.bytes_received == 0:
            raise Refused("Nothing was recorded: the file is empty.")
        file.truncate(recording.bytes_received)
        sha256 = storage.file_sha256(recording.source_path)
        failpoint("file-hashed")
        if not recording.has_all_bytes:
            return _take(recording, sha256, is_cut_short=True)
        _verify(recording, sha256)
        if same := same_recording(recording, sha256):
            delete(recording)
            return same
        return _take(recording, sha256, is_cut_short=False)


def _verify(recording: Recording, sha256: str) -> None:
    if recording.expected_sha256 in ("", sha256):
        return
    logger.error("Recording %s has another SHA-256 than its sender says", recording.pk)
    # Whoever has the file can send it again. Of what was spoken these bytes are all there is.
    if recording.source == Recording.Source.UPLOAD:
        reopening.start_over(recording)
        raise Refused("What arrived is not the file that was sent: send it again.", CHECKSUM_MISMATCH)


def _take(recording: Recording, sha256: str, *, is_cut_short: bool) -> Recording:
    with storage.durable_commits(), transaction.atomic():
        lifecycle.move(recording, Recording.State.QUEUED, sha256=sha256, is_cut_short=is_cut_short)
        failpoint("recording-queued")
        if recording.transcript is None:
            recording.transcripts.create(task=recording.task, language=recording.language)
        failpoint("transcript-created")
    failpoint("finish-committed")
    return recording


def take_file(owner: User, wishes: Wishes, path: Path) -> Recording:
    """Take a file of this machine in, whole."""
    recording = begin(owner, wishes, path.stat().st_size)
    with path.open("rb") as file:
        append(recording, 0, file, recording.size or 0)
    return finish(recording)


def same_recording(recording: Recording, sha256: str) -> Recording | None:
    """Return the owner's recording of the same bytes, treated in the same way, if there is one.

    What a program asked for is its own: it may be deleted sooner than the others.
    """
    if recording.api_request_id:
        return None
    alike = (
        Recording.objects.of(recording.owner)
        .exclude(pk=recording.pk)
        .filter(sha256=sha256, language=recording.language, task=recording.task, prompt=recording.prompt)
        .filter(api_request=None)
    )
    return alike.exclude(state__in=[Recording.State.FAILED, Recording.State.CANCELLED]).first()


@transaction.atomic
def _remove_row(recording: Recording) -> Path:
    pk, request_id = recording.pk, recording.api_request_id
    recording.delete()
    # What was asked for may say what was in it.
    if request_id:
        ApiRequest.objects.filter(pk=request_id, recordings=None, batch_files=None).delete()
    failpoint("row-deleted")
    place = storage.discard(Recording(pk=pk))
    failpoint("files-discarded")
    return place


def delete(recording: Recording) -> None:
    """Remove the row with all that hangs on it, and the files."""
    place = _remove_row(recording)
    failpoint("deletion-committed")
    # Not before the end of a transaction around it, which may yet bring the row back.
    transaction.on_commit(partial(storage.remove, place))


def end_abandoned(recording: Recording) -> None:
    """Take what nobody continues as what it holds; what holds nothing is removed.

    Raises: Refused: somebody continues it.
    """
    if recording.bytes_received:
        finish(recording)
        return
    with _writing(recording):
        if recording.state == Recording.State.RECEIVING and not recording.bytes_received:
            delete(recording)
