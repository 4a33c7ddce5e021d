"""Media files made for tests, of every format that is accepted."""

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from transcripts.engine.audio import open_audio
from transcripts.engine.base import Audio
from transcripts.engine.vad import CutSpan, SpanCutter

AUDIO = Path(__file__).parent.parent / "audio"
NOTE = AUDIO / "note.wav"


@dataclass(frozen=True)
class Recipe:
    container: str
    codec: str | None
    rate: int = 44_100
    video: str | None = None
    options: tuple[tuple[str, str], ...] = ()


LIVE = (("live", "1"),)
RECIPES = {
    "flac": Recipe("flac", "flac", 16_000),
    "m4a": Recipe("ipod", "aac"),
    "mp3": Recipe("mp3", "libmp3lame"),
    "mp4": Recipe("mp4", "aac", video="libx264"),
    "mpeg": Recipe("mpeg", "mp2", video="mpeg2video"),
    "mpga": Recipe("mp3", "libmp3lame", 22_050),
    "oga": Recipe("ogg", "flac", 16_000),
    "ogg": Recipe("ogg", "libopus", 48_000),
    "opus": Recipe("opus", "libopus", 48_000),
    "wav": Recipe("wav", "pcm_s16le", 16_000),
    "webm": Recipe("webm", "libopus", 48_000),
    "mov": Recipe("mov", "aac", video="libx264"),
    "mkv": Recipe("matroska", "aac", video="libx264"),
    "aac": Recipe("adts", "aac"),
    "wma": Recipe("asf", "wmav2"),
    "amr": Recipe("amr", "libopencore_amrnb", 8_000),
    "aiff": Recipe("aiff", "pcm_s16be"),
    "avi": Recipe("avi", "libmp3lame", video="mpeg4"),
}
RECORDER = Recipe("webm", "libopus", 48_000, options=LIVE)
FRAGMENTED = Recipe("mp4", "aac", options=(("movflags", "frag_keyframe+empty_moov"),))
SILENT_VIDEO = Recipe("mp4", None, video="libx264")


def note_samples() -> np.ndarray:
    with av.open(str(NOTE)) as source:
        return np.concatenate([frame.to_ndarray() for frame in source.decode(audio=0)], axis=1)


def make(path: Path, recipe: Recipe, samples: np.ndarray | None = None) -> Path:
    """Write the note, or 16-bit `samples` of shape (1, n) at 16 kHz, in the recipe's format."""
    with av.open(str(path), "w", format=recipe.container, options=dict(recipe.options)) as output:
        video = output.add_stream(recipe.video, rate=10) if recipe.video else None
        audio = output.add_stream(recipe.codec, rate=recipe.rate, layout="mono") if recipe.codec else None
        if audio is not None:
            audio.bit_rate = 12_200 if recipe.container == "amr" else 64_000
        if video is not None:
            _write_picture(output, video)
        if audio is not None:
            _write_sound(output, audio, recipe.rate, note_samples() if samples is None else samples)
    return path


def _write_picture(output: Any, video: Any) -> None:
    video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
    for i in range(20):
        frame = av.VideoFrame.from_ndarray(np.full((96, 64), i * 10, np.uint8), format="yuv420p")
        frame.pts = i
        output.mux(video.encode(frame))
    output.mux(video.encode(None))


def _write_sound(output: Any, audio: Any, rate: int, samples: np.ndarray) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
    resampler = av.AudioResampler(format=audio.codec_context.format.name, layout="mono", rate=rate)
    fifo = av.AudioFifo()
    for part in [*resampler.resample(frame), *resampler.resample(None)]:
        fifo.write(part)
    size = audio.codec_context.frame_size or 1024
    while (part := fifo.read(size) or fifo.read()) is not None:
        output.mux(audio.encode(part))
    output.mux(audio.encode(None))


def samples_of(path: Path) -> Audio:
    with open_audio(path) as stream:
        return np.concatenate(list(stream))


def spans_of(path: Path) -> list[CutSpan]:
    cutter = SpanCutter()
    with open_audio(path) as stream:
        spans = [span for block in stream for span in cutter.push(block)]
    return spans + cutter.finish()


def recording(name: str) -> Path:
    return next(path for path in AUDIO.glob(f"{name}.*") if path.suffix != ".json")


def truth(name: str) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((AUDIO / f"{name}.json").read_text())
    return known


def plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())
