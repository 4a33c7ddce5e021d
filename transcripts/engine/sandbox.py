"""What the child processes that open hostile media share: limits, and a narrow way to open a file.

Media libraries are where crafted files strike, so no process that holds secrets uses them. These modules
import neither Django nor NumPy, so that their server is small and starts at once.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from io import BufferedReader
from pathlib import Path
from typing import Any, Protocol

import av
import av.logging

# Without this list FFmpeg follows playlists, concat scripts and SDP to other files and to the network.
FORMATS = "wav,w64,mp3,mov,mp4,m4a,matroska,webm,ogg,flac,aac,aiff,asf,avi,caf,amr,amrnb,amrwb,mpeg,mpegts"
SAMPLE_RATES = range(4_000, 192_001)  # Hz; a FLAC of 8 kB at 1 Hz would claim 111 hours.
MAX_CHANNELS = 64
MAX_STREAMS = 100

MEMORY_BYTES = 2 * 1024**3
CPU_SECONDS = 60
# CPU time that may be used beyond that: even 6 kbit/s speech gives 10 ms to each second of audio.
BYTES_PER_CPU_SECOND = 75_000
OUTPUT_BYTES = 2 * 1024**3  # 24 hours of sound, and a source that is copied comes on top
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

# What a file that grows is taken to become, for the limit on time.
GROWN_BYTES = 2 * 1024**3

HEAD_BYTES = 65_536
# How files of the formats above begin: what has one of these and cannot be read is damaged, not foreign.
SIGNATURES = (
    b"RIFF", b"RIFX", b"RF64", b"riff", b"fLaC", b"OggS", b"ID3", b"\x1aE\xdf\xa3", b"FORM", b"0&\xb2u",
    b"#!AMR", b"caff", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9",
    b"\x00\x00\x01\xba", b"G@",
)  # fmt: skip


class Readable(Protocol):
    """A file that can at least be read forward."""

    def read(self, size: int, /) -> bytes: ...


class Refusal(Exception):
    """The file is refused; `code` names the sentence that the parent shows."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def enter(media_bytes: int, output_bytes: int) -> None:
    """Bind this process to its limits and to the life of its parent."""
    _die_with_parent()
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(limit, value)
    # Ended by SIGXCPU, a second before it would be by what ends processes for any other reason.
    seconds = CPU_SECONDS + media_bytes // BYTES_PER_CPU_SECOND
    _limit(resource.RLIMIT_CPU, seconds, seconds + 1)
    av.logging.set_level(av.logging.PANIC)


def forbid_opening() -> None:
    """Let this process open no further file and no socket."""
    _limit(resource.RLIMIT_NOFILE, 0)


def _limit(limit: int, soft: int, hard: int | None = None) -> None:
    most = resource.getrlimit(limit)[1]
    values = soft, soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        values = min(values[0], most), min(values[1], most)
    resource.setrlimit(limit, values)


def _die_with_parent() -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the line above.
    if os.getppid() != int(os.environ["PARENT_PID"]):
        sys.exit(1)


def open_media(file: Readable, start: bytes, **options: str) -> Any:
    """Return the PyAV container of an open file, within the formats above and with no way to another file.

    Args:
        start: the first bytes of the file.
        options: further ones of FFmpeg's.
    Raises: Refusal: what the file holds is not one of them, or it is damaged.
    """
    # A file object instead of a path: FFmpeg learns no folder to look into, and the file may still grow.
    options |= {"format_whitelist": FORMATS, "protocol_whitelist": "file", "max_streams": str(MAX_STREAMS)}
    try:
        return av.open(file, options=options, metadata_errors="ignore")
    except (av.error.FFmpegError, ValueError) as error:
        raise Refusal(damage(start)) from error


def head(file: BufferedReader) -> bytes:
    position = file.tell()
    file.seek(0)
    start = file.read(HEAD_BYTES)
    file.seek(position)
    return start


def damage(start: bytes) -> str:
    """Return the code for a file that begins with `start` and cannot be read."""
    known = start.startswith(SIGNATURES) or start[4:8] in (
        b"ftyp",
        b"moov",
        b"mdat",
        b"wide",
        b"free",
        b"skip",
    )
    return "corrupt" if known else "not_audio"


def best_audio(container: Any) -> Any:
    """Return the container's main audio stream.

    Raises: Refusal: there is none, or it is beyond the limits of sane recordings.
    """
    stream = container.streams.best("audio")
    if stream is None:
        raise Refusal("no_audio_stream" if container.streams.video else "not_audio")
    if stream.codec_context is None:
        raise Refusal("unsupported")
    check_parameters(stream.codec_context.sample_rate, stream.codec_context.channels)
    return stream


def check_parameters(sample_rate: int, channels: int) -> None:
    # 0 means not known before the first frame, which is checked too.
    if sample_rate and sample_rate not in SAMPLE_RATES:
        raise Refusal("implausible")
    if channels > MAX_CHANNELS:
        raise Refusal("implausible")


def has_video(container: Any) -> bool:
    """Whether there are moving pictures: the cover of a song is a video stream too."""
    cover = av.stream.Disposition.attached_pic
    return any(not stream.disposition & cover for stream in container.streams.video)


def container_name(container: Any, start: bytes) -> str:
    """Return a short name for the container, finer than FFmpeg's "mov,mp4,m4a,3gp,3g2,mj2"."""
    name: str = container.format.name.split(",")[0]
    if name == "matroska":
        return "webm" if b"webm" in start[:64] else "matroska"
    if name == "mov" and start[4:8] == b"ftyp":
        brand = start[8:12]
        return "mov" if brand == b"qt  " else "3gp" if brand.startswith(b"3g") else "mp4"
    return name


def claimed_seconds(container: Any, stream: Any) -> float | None:
    """Return the length that the container claims, which may be wrong, or None."""
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration is not None else None


def report(**facts: object) -> None:
    """Tell the parent how it ended: the last line of standard error."""
    sys.stderr.write(json.dumps(facts) + "\n")
    sys.stderr.flush()


def main(act: Callable[[BufferedReader], None], path: str, *, writes: bool, grows: bool = False) -> None:
    """Run `act` on the opened file under limits, and report what came of it."""
    try:
        file = Path(path).open("rb")  # noqa: SIM115 -- it lives as long as the process
        size = GROWN_BYTES if grows else os.fstat(file.fileno()).st_size
        enter(size, OUTPUT_BYTES + 2 * size if writes else 0)
        if not head(file):
            raise Refusal("empty")
        act(file)
    except Refusal as refusal:
        report(code=refusal.code)
    except BrokenPipeError:
        os._exit(1)  # the parent wants no more: nobody is left to tell
    except OSError:
        report(code="unreadable")
    except MemoryError:
        report(code="limits")
