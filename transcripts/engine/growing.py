"""Decodes a recording whose file is still being written."""

import json
import os
import select
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from transcripts.engine import audio, children
from transcripts.engine.audio import BLOCK_BYTES, AudioInfo
from transcripts.engine.base import Audio
from transcripts.engine.errors import AudioError

# Bytes that may be read to find out what a file holds. A recording by the browser says so in its first 200,
# and every byte more would keep its first words waiting.
BROWSER_PROBE_BYTES = 2048
FILE_PROBE_BYTES = 1_000_000


class GrowingAudio:
    """Samples, mono at SAMPLE_RATE, of the bytes that are said to be there.

    The child that decodes reads forward only, so a container that keeps its index at the end cannot be read
    before it is complete: that ends in an AudioError like any other file that is not to be read.
    """

    def __init__(self, path: Path, *, max_hours: float, probe_bytes: int) -> None:
        self._child = children.start_child(
            "growing_decoder", str(path.absolute()), str(max_hours), str(probe_bytes), takes_input=True
        )
        self._pending = b""
        self._max_hours = max_hours
        self.info: AudioInfo | None = None
        self.is_truncated = False
        self.has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def fileno(self) -> int:
        """What can be waited for until more was decoded."""
        assert self._child.stdout is not None  # noqa: S101 -- a pipe was asked for
        return self._child.stdout.fileno()

    def feed(self, size: int) -> None:
        """Say how many bytes the file has by now."""
        assert self._child.stdin is not None  # noqa: S101 -- a pipe was asked for
        with suppress(BrokenPipeError):  # what became of the child is found when its output is read
            self._child.stdin.write(b"%d\n" % size)
            self._child.stdin.flush()

    def end(self) -> None:
        """Say that no more bytes will come."""
        assert self._child.stdin is not None  # noqa: S101 -- a pipe was asked for
        with suppress(BrokenPipeError):
            self._child.stdin.close()

    def read(self, timeout: float = 0.0) -> Audio:
        """Return the samples that were decoded by now, at most about a second; wait so long for the first.

        Raises: AudioError: the file cannot be read.
        """
        output = self._child.stdout
        assert output is not None  # noqa: S101 -- a pipe was asked for
        if not self.has_ended and select.select([output], [], [], timeout)[0]:
            block = os.read(output.fileno(), BLOCK_BYTES)
            self._pending += block
            if not block:
                self._finish()
        if self.info is None and not self._take_header():
            return audio.samples_of(b"")
        usable = len(self._pending) & ~1
        samples, self._pending = self._pending[:usable], self._pending[usable:]
        return audio.samples_of(samples)

    def rest(self) -> Iterator[Audio]:
        """Yield what is left after `end`."""
        while not self.has_ended:
            samples = self.read(audio.STALL_SECONDS)
            if not len(samples) and not self.has_ended:
                raise AudioError(audio.MESSAGES["limits"])
            yield samples

    def close(self) -> None:
        children.stop_child(self._child)

    def _take_header(self) -> bool:
        line, found, rest = self._pending.partition(b"\n")
        if found:
            self.info, self._pending = AudioInfo(**json.loads(line)), rest
        return bool(found)

    def _finish(self) -> None:
        self.has_ended = True
        report = audio.report_of(self._child)
        self.is_truncated = report["code"] == "corrupt" or report.get("is_truncated", False)
        if report["code"] != "ok" and (report["code"] != "corrupt" or self.info is None):
            raise audio.error_of(report["code"], self._max_hours)
