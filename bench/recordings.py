"""Long recordings for measuring, made by repeating the meeting, and kept between runs."""

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame

from transcripts.engine.audio import open_audio
from transcripts.engine.base import SAMPLE_RATE

MEETING = Path(__file__).parent.parent / "tests" / "audio" / "meeting.flac"
NOTE = MEETING.with_name("note.wav")
FOLDER = Path(tempfile.gettempdir()) / "sttweb-bench"
FRAME = SAMPLE_RATE // 50  # 20 ms: what Opus takes


def long_recording(minutes: float, extension: str = "ogg") -> Path:
    """Return a file of so many minutes of speech: Opus at 32 kbit/s, as browsers record."""
    path = FOLDER / f"meeting-{minutes:g}.{extension}"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        partial = path.with_suffix(".part." + extension)
        write(partial, int(minutes * 60 * SAMPLE_RATE))
        partial.rename(path)
    return path


def write(path: Path, samples: int) -> None:
    with open_audio(MEETING) as stream:
        meeting = np.concatenate(list(stream))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono", bit_rate=32_000)
        for start in range(0, samples - FRAME, FRAME):
            block = np.take(meeting, range(start, start + FRAME), mode="wrap")
            frame = AudioFrame.from_ndarray((block * 32767).astype(np.int16)[None], "s16", "mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts, frame.time_base = start, Fraction(1, SAMPLE_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
