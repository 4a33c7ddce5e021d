"""Peak memory and speed of cutting eight channels, each for itself: 20 minutes of them against 2.

.venv/bin/python -m bench.channels
"""

import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from bench.worker_memory import high_water
from transcripts.engine.audio import open_audio
from transcripts.engine.base import SAMPLE_RATE
from transcripts.engine.channels import ChannelCutter

CALL = Path(__file__).resolve().parents[1] / "tests" / "audio" / "call-two-channels.flac"
CHANNELS = 8


def write(path: Path, minutes: float) -> None:
    """Write the call's two voices to eight channels, again and again."""
    with open_audio(CALL, is_apart=True) as stream:
        call = np.concatenate(list(stream))
    samples = np.tile(np.round(call * 32767).astype("<i2"), (1, CHANNELS // call.shape[1]))
    with wave.open(str(path), "wb") as file:
        file.setparams((CHANNELS, 2, SAMPLE_RATE, 0, "NONE", ""))
        for _ in range(round(minutes * 60 * SAMPLE_RATE / len(samples))):
            file.writeframes(samples.tobytes())


def cut(path: str) -> None:
    """Cut the file, and print what it cost: run in a process of its own."""
    began = time.process_time()
    spans = decoder = 0
    with open_audio(Path(path), is_apart=True) as stream:
        cutter = ChannelCutter(stream.info.channels)
        for block in stream:
            spans += len(cutter.push(block))
            decoder = max(decoder, high_water(stream._child.pid))
    spans += len(cutter.finish())
    own = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    cpu = time.process_time() - began
    print(f"{spans} spans, {int(own) / 1000:.0f} MB, decoder {decoder:.0f} MB, {cpu:.1f} s of CPU")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for minutes in (2, 20):
            path = Path(folder) / f"{minutes}.wav"
            write(path, minutes)
            done = subprocess.check_output([sys.executable, "-m", "bench.channels", str(path)], text=True)
            print(f"{minutes:3} min: {done.strip()}", flush=True)


if __name__ == "__main__":
    cut(sys.argv[1]) if len(sys.argv) > 1 else main()
