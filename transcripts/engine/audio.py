"""Recordings as samples, and as something that a browser can play: work for child processes under limits."""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from transcripts.engine.base import MAX_CHANNELS, SAMPLE_RATE, Audio
from transcripts.engine.children import AnyChild, start_child, stop_child
from transcripts.engine.errors import AudioError, ReaderKilled

MAX_HOURS = 24.0
BLOCK_BYTES = SAMPLE_RATE * 2  # one second of 16-bit samples
STALL_SECONDS = 30.0  # A child that gives nothing for so long hangs.
# A copy is written to the disk at more than this; ten minutes are granted to the smallest.
COPY_BYTES_PER_SECOND = 500_000
COPY_SECONDS = 600.0

MESSAGES = {
    "empty": "The file is empty: choose another one, or record again.",
    "not_audio": "This is not an audio or video file that can be read: choose a recording, for example "
    "WAV, MP3, M4A, MP4, FLAC, OGG or WebM.",
    "no_audio_stream": "This video has no sound, so there is nothing to transcribe.",
    "unsupported": "The sound in this file cannot be read: convert it to MP3, M4A or WAV first.",
    "corrupt": "The file is damaged or incomplete and cannot be read: export it again, or send it again.",
    "no_samples": "The recording is 0 seconds long: there is nothing to transcribe.",
    "too_long": "The recording is longer than the {hours:.3g} hours allowed: split it and send the parts.",
    "implausible": "The file claims a length or a sample rate that no recording has, so it was refused: "
    "export it again, for example as WAV or MP3.",
    "limits": "Reading the file takes more memory or time than a recording needs, so it was refused: "
    "export it again, for example as WAV or MP3.",
    "too_many_channels": "The recording has more than the {channels} channels that can be heard apart: "
    "send it without asking for several channels, or with fewer.",
    "unreadable": "The file cannot be opened: choose another one, or send it again.",
    "killed": "Reading the file was interrupted: try again.",
}
# What the end of a child by a signal says, where it is no fault in the file: a limit of its own, or others.
SIGNALS: dict[int, str] = {
    signal.SIGXCPU: "limits",
    signal.SIGKILL: "killed",
    signal.SIGTERM: "killed",
    signal.SIGINT: "killed",
    signal.SIGHUP: "killed",
}

MEDIA_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "aac": "audio/aac",
    "webm": "audio/webm",
    "mp4": "audio/mp4",
    "mov": "audio/mp4",
}
VIDEO_TYPES = {"webm": "video/webm", "mp4": "video/mp4", "mov": "video/mp4"}
UNPLAYABLE_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class AudioInfo:
    duration: float | None  # seconds, as the container claims
    format: str
    codec: str
    has_video: bool
    # Of the samples: 1 where they were mixed.
    channels: int = 1


def media_type(container: str, *, has_video: bool = False) -> str:
    """Return the media type to serve a file under, from a fixed list: never from what its sender said."""
    types = VIDEO_TYPES if has_video else MEDIA_TYPES
    return types.get(container, UNPLAYABLE_TYPE)


def open_audio(path: Path, max_hours: float = MAX_HOURS, *, is_apart: bool = False) -> "AudioStream":
    """Open a recording: a context manager with its samples.

    Args: is_apart: keep its channels apart instead of mixing them.
    Raises: AudioError: it cannot be decoded; the message says why.
    """
    return AudioStream(path, min(max_hours, MAX_HOURS), is_apart=is_apart)


class AudioStream:
    """Blocks of a second of samples or a little more at SAMPLE_RATE, decoded as they are asked for.

    They are mono, shape (n,), or where the channels are kept apart, shape (n, channels).
    """

    def __init__(self, path: Path, max_hours: float, *, is_apart: bool = False) -> None:
        self._max_hours = max_hours
        self._is_apart = is_apart
        channels = MAX_CHANNELS if is_apart else 0
        self._child = start_child("decoder", str(path.absolute()), str(max_hours), str(channels))
        self._rest = b""
        # Whether the file ended before its own length, or is damaged: known when all blocks were read.
        self.is_truncated = False
        try:
            self.info = AudioInfo(**json.loads(self._header()))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Audio]:
        """Yield the blocks.

        Raises: AudioError: the recording turned out longer than allowed, or decoding got stuck.
        """
        pending = self._rest
        width = 2 * self.info.channels
        while data := self._read():
            pending += data
            if len(pending) >= BLOCK_BYTES * self.info.channels:
                usable = len(pending) - len(pending) % width
                yield self._samples(pending[:usable])
                pending = pending[usable:]
        if len(pending) >= width:
            yield self._samples(pending[: len(pending) - len(pending) % width])
        self._finish()

    def _samples(self, data: bytes) -> Audio:
        samples = samples_of(data)
        return samples.reshape(-1, self.info.channels) if self._is_apart else samples

    def close(self) -> None:
        stop_child(self._child)

    def _header(self) -> bytes:
        data = b""
        while b"\n" not in data:
            block = self._read()
            if not block:
                raise self._error(report_of(self._child)["code"])
            data += block
        line, _, self._rest = data.partition(b"\n")
        return line

    def _read(self) -> bytes:
        output = self._child.stdout
        assert output is not None  # noqa: S101 -- a pipe was asked for
        if not select.select([output], [], [], STALL_SECONDS)[0]:
            raise AudioError(MESSAGES["limits"])
        return os.read(output.fileno(), BLOCK_BYTES)

    def _finish(self) -> None:
        report = report_of(self._child)
        if report["code"] == "corrupt":
            # What came before the damage is worth having.
            self.is_truncated = True
        elif report["code"] != "ok":
            raise self._error(report["code"])
        else:
            self.is_truncated = report["is_truncated"]

    def _error(self, code: str) -> AudioError:
        return error_of(code, self._max_hours)


def error_of(code: str, max_hours: float = MAX_HOURS) -> AudioError:
    """Return what to raise for a child's report."""
    kind = ReaderKilled if code == "killed" else AudioError
    return kind(MESSAGES[code].format(hours=max_hours, channels=MAX_CHANNELS))


def make_playable(source: Path, target: Path) -> str | None:
    """Write a copy of `source` that browsers can play and seek in, and return its media type.

    Returns: None where the source is such a file itself; then nothing is written.
    Raises: AudioError: the source cannot be read.
    """
    report = _write_copy("remuxer", source, target)
    if report["format"] is None:
        return None
    return media_type(report["format"], has_video=report["has_video"])


def cut_out(source: Path, target: Path, start: float, end: float) -> str:
    """Write the sound of `source` from `start` to `end`, in seconds, and return its media type.

    Raises: AudioError: the source cannot be read, or has no sound there.
    """
    report = _write_copy("cutter", source, target, str(start), str(end))
    return media_type(report["format"])


def _write_copy(module: str, source: Path, target: Path, *arguments: str) -> dict[str, Any]:
    """Let a child write `target`, which appears whole or not at all; return its report."""
    size = source.stat().st_size
    partial = target.with_name(target.name + ".part")
    child = start_child(module, str(source.absolute()), str(partial.absolute()), *arguments)
    try:
        child.wait(COPY_SECONDS + size / COPY_BYTES_PER_SECOND)
        report = report_of(child)
    except subprocess.TimeoutExpired:
        report = {"code": "limits"}
    finally:
        stop_child(child)
    if report["code"] != "ok" or report["format"] is None:
        partial.unlink(missing_ok=True)
    if report["code"] != "ok":
        raise error_of(report["code"])
    if report["format"] is not None:
        partial.replace(target)
    return report


def report_of(child: AnyChild) -> dict[str, Any]:
    """Return what the child reported in the end, or what its death says."""
    errors: IO[bytes] | None = child.stderr
    assert errors is not None  # noqa: S101 -- a pipe was asked for
    deadline = time.monotonic() + STALL_SECONDS
    written = b""
    while select.select([errors], [], [], max(0.0, deadline - time.monotonic()))[0]:
        block = os.read(errors.fileno(), 65_536)
        if not block:
            break
        written = (written + block)[-65_536:]
    else:
        return {"code": "limits"}
    try:
        report: dict[str, Any] = json.loads(written.decode(errors="replace").strip().rpartition("\n")[2])
    except ValueError:
        return {"code": SIGNALS.get(-child.wait(), "corrupt")}
    return report


def samples_of(data: bytes) -> Audio:
    return np.frombuffer(data, dtype=np.int16).astype(np.float32) / np.float32(32768)
