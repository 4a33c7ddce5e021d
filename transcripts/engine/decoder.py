"""A child process that decodes one media file: `… decoder PATH MAX_HOURS CHANNELS`.

CHANNELS: 0 to mix them, or how many may be kept apart.
Standard output: one line of JSON about the file, then signed 16-bit samples at 16 kHz, the channels of each
moment side by side.
Standard error: in the end one line of JSON, {"code": "ok", "is_truncated": …} or the code of a refusal.
"""

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from io import BufferedReader
from typing import Any

import av

from transcripts.engine import sandbox
from transcripts.engine.sandbox import Refusal

SAMPLE_RATE = 16_000  # Hz
BYTES_PER_SAMPLE = 2
# Real audio is above 0.6 kbit/s. Silence compresses further, so short files are never judged by it.
MIN_BYTES_PER_SECOND = 0.5
UNJUDGED_SECONDS = 3600
# Timestamps that jump ahead are silence in every player; small jitter and absurd jumps are not.
GAP_SECONDS = (0.5, 300.0)
# These containers write the length down. The others only let FFmpeg guess it from the bit rate.
RELIABLE = frozenset(
    {"wav", "w64", "flac", "mp4", "mov", "3gp", "webm", "matroska", "asf", "avi", "aiff", "caf"}
)
MAX_RIFF_BYTES = 0x7FFF_0000
SHORTFALL = 0.95  # of the claimed length, and at least a second: less was decoded than was recorded.


class Decoder:
    """The samples of the file's main audio stream, in the recording's time.

    Args: max_channels: how many are kept apart at most; 0 mixes them.
    """

    def __init__(
        self, file: BufferedReader, container: Any, max_seconds: float, max_channels: int = 0
    ) -> None:
        self._file = file
        self._start = sandbox.head(file)
        self._container = container
        self._stream = sandbox.best_audio(container)
        self._max_samples = int(max_seconds * SAMPLE_RATE)
        self.claimed = sandbox.claimed_seconds(self._container, self._stream)
        self._check_length(self.claimed or 0.0)
        self.format = sandbox.container_name(self._container, self._start)
        self._resampler: Any = None
        self._parameters: tuple[str, str, int] | None = None
        # Of what is written; where the channels are kept apart, that of the first sound.
        self._layout = None if max_channels else av.AudioLayout("mono")
        self._max_channels = max_channels
        self.samples = 0
        self.errors = 0

    @property
    def _size(self) -> int:
        return os.fstat(self._file.fileno()).st_size

    def facts(self) -> dict[str, object]:
        return {
            "duration": self.claimed,
            "format": self.format,
            "codec": self._stream.codec_context.codec.canonical_name,
            "has_video": sandbox.has_video(self._container),
            "channels": self.channels,
        }

    @property
    def channels(self) -> int:
        return self._layout.nb_channels if self._layout else 1

    @property
    def is_truncated(self) -> bool:
        seconds = self.samples / SAMPLE_RATE
        if self.errors or _is_cut_riff(self._start, self._size):
            return True
        if self.claimed is None or self.format not in RELIABLE:
            return False
        return seconds < min(self.claimed * SHORTFALL, self.claimed - 1.0)

    def blocks(self) -> Iterator[bytes]:
        """Yield 16-bit samples as they are decoded.

        Raises: Refusal: there are more of them than allowed.
        """
        for frame in self._frames():
            yield from self._count(self._silence_before(frame))
            yield from self._count(self._resampled(frame))
        if self._resampler is not None:
            yield from self._count(self._resampler.resample(None))
        if not self.samples:
            raise Refusal(sandbox.damage(self._start) if self.errors else "no_samples")

    def _frames(self) -> Iterator[Any]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
            except av.error.InvalidDataError:
                self.errors += 1
            except (av.error.FFmpegError, ValueError, IndexError):
                self.errors += 1
                return

    def _resampled(self, frame: Any) -> Iterator[Any]:
        parameters = (frame.format.name, frame.layout.name, frame.sample_rate)
        if parameters != self._parameters:
            sandbox.check_parameters(frame.sample_rate, frame.layout.nb_channels)
            if self._resampler is not None:
                yield from self._resampler.resample(None)
            self._resampler = av.AudioResampler(
                format="s16", layout=self._layout_for(frame), rate=SAMPLE_RATE
            )
            self._parameters = parameters
        frame.pts = None  # The resampler would stumble over bad timestamps; gaps are filled before it.
        yield from self._resampler.resample(frame)

    def _layout_for(self, frame: Any) -> Any:
        if self._layout is None:
            if frame.layout.nb_channels > self._max_channels:
                raise Refusal("too_many_channels")
            self._layout = frame.layout
        return self._layout

    def _silence_before(self, frame: Any) -> Iterator[bytes]:
        if frame.time is None:
            return
        origin = (self._container.start_time or 0) / av.time_base
        gap = frame.time - max(origin, 0.0) - self.samples / SAMPLE_RATE
        if GAP_SECONDS[0] < gap < GAP_SECONDS[1]:
            self._layout_for(frame)
            yield bytes(BYTES_PER_SAMPLE * self.channels) * int(gap * SAMPLE_RATE)

    def _count(self, pieces: Iterator[Any]) -> Iterator[bytes]:
        for piece in pieces:
            width = BYTES_PER_SAMPLE * self.channels
            block = (
                piece
                if isinstance(piece, bytes)
                else memoryview(piece.planes[0])[: piece.samples * width].tobytes()
            )
            self.samples += len(block) // width
            self._check_length(self.samples / SAMPLE_RATE)
            yield block

    def _check_length(self, seconds: float) -> None:
        if seconds > UNJUDGED_SECONDS and seconds * MIN_BYTES_PER_SECOND > self._size:
            raise Refusal("implausible")
        if seconds * SAMPLE_RATE > self._max_samples:
            raise Refusal("too_long")


def _is_cut_riff(start: bytes, size: int) -> bool:
    """Whether a WAV or AVI file is shorter than its header says, which FFmpeg corrects in silence.

    A writer that could not know the size leaves a huge one.
    """
    declared = int.from_bytes(start[4:8], "little") + 8
    return start[:4] == b"RIFF" and size < declared < MAX_RIFF_BYTES


def decode(file: BufferedReader, *, max_hours: float, max_channels: int) -> None:
    container = sandbox.open_media(file, sandbox.head(file))
    write(Decoder(file, container, max_hours * 3600, max_channels))


def write(decoder: Decoder) -> None:
    """Write what the parent reads."""
    sandbox.forbid_opening()
    output = sys.stdout.buffer
    blocks = decoder.blocks()
    # What cannot be decoded at all is refused before anything is said about it.
    first = next(blocks, b"")
    output.write(json.dumps(decoder.facts()).encode() + b"\n" + first)
    # At once: a recording that grows may have no more to say for a while.
    output.flush()
    for block in blocks:
        output.write(block)
        output.flush()
    sandbox.report(code="ok", is_truncated=decoder.is_truncated)


def main() -> None:
    act = partial(decode, max_hours=float(sys.argv[2]), max_channels=int(sys.argv[3]))
    sandbox.main(act, sys.argv[1], writes=False)


if __name__ == "__main__":
    main()
