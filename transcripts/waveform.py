"""The shape of a recording's sound, kept beside it: found in the pass that prepares it."""

import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import IO
from uuid import UUID

from transcripts import queues
from transcripts.engine import peaks
from transcripts.engine.audio import UNPLAYABLE_TYPE, open_audio
from transcripts.engine.base import Audio
from transcripts.engine.errors import AudioError
from transcripts.models import Recording

logger = logging.getLogger(__name__)

RATES = (1, peaks.RATE)


class PeaksFile:
    """The pairs of one pass over a recording, appended as its samples come.

    Each pass begins with the first sample and writes a file of its own, which takes the place of what an
    earlier pass left when it is complete: one that was killed, or that ended before more bytes came.
    """

    def __init__(self, recording: Recording, owner: str) -> None:
        self._path = recording.peaks_path
        self._partial = recording.peaks_path.with_name(f"{recording.peaks_path.name}.{owner}")
        self._meter = peaks.PeakMeter()
        self._file: IO[bytes] | None = None

    def push(self, samples: Audio) -> None:
        """Take the next samples.

        Raises: FileNotFoundError: the recording's folder is gone.
        """
        self._append(self._meter.push(samples))

    def finish(self) -> None:
        """The recording has ended: let its pairs be seen as complete."""
        self._append(self._meter.finish())
        self.close()
        self._partial.replace(self._path)
        for left in self._path.parent.glob(f"{self._path.name}.*"):
            left.unlink(missing_ok=True)

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _append(self, pairs: bytes) -> None:
        if self._file is None:
            self._file = self._partial.open("wb", buffering=0)
        self._file.write(pairs)


def read(recording: Recording, rate: int) -> tuple[bytes, str] | None:
    """Return a recording's peaks as an audiowaveform file and a mark of its version, or None before any.

    Of a recording that still grows they reach as far as it was decoded.
    """
    with suppress(FileNotFoundError), _newest(recording).open("rb") as file:
        facts = os.fstat(file.fileno())
        pairs = file.read(facts.st_size - facts.st_size % peaks.PAIR_BYTES)
        if rate != peaks.RATE:
            pairs = peaks.coarser(pairs, peaks.RATE // rate)
        return peaks.dat(pairs, rate), f"{facts.st_mtime_ns:x}-{facts.st_size:x}-{rate}"
    return None


def _newest(recording: Recording) -> Path:
    """Return the pairs of the pass under way, else of the last complete one."""
    growing = recording.peaks_path.with_name(f"{recording.peaks_path.name}.{recording.fence}")
    return growing if growing.exists() else recording.peaks_path


def ask(recording: Recording) -> None:
    """Have the peaks made of a recording that has none: it was prepared before there were any."""
    if recording.is_finished and recording.played_type not in ("", UNPLAYABLE_TYPE):
        queues.enqueue(queues.preparation_queue(recording), recording.pk, stage="peaks")


def push_all(file: PeaksFile, recording: Recording) -> None:
    try:
        with open_audio(recording.source_path) as stream:
            for block in stream:
                file.push(block)
    except AudioError as error:
        if not error.permanent:
            raise


def draw(recording_id: UUID) -> None:
    """Make the peaks of a recording that was prepared without. What cannot be read has none at all."""
    recording = Recording.objects.filter(pk=recording_id).first()
    if recording is None or recording.is_active or recording.peaks_path.exists():
        return
    file = PeaksFile(recording, "drawn")
    try:
        push_all(file, recording)
        file.finish()
    except FileNotFoundError:
        logger.info("Recording %s is gone: its peaks were not made", recording_id)
    finally:
        file.close()
