"""The cost of `/v1/audio/transcriptions`: time over the bare engine, time to the first delta, and memory.

    .venv/bin/python -m bench.api [added|delta|memory …]

`added`: a 10 s file, by turns through HTTP and by the same engine, warm, on samples that are decoded already.
`delta`: the first text of a 10 min file that is streamed. `memory`: the web process's peak for a form of
25 MB.
"""

import os
import re
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

import numpy as np
import requests

from bench.recordings import FOLDER, MEETING, NOTE, long_recording
from sttweb.runtime.programs import TUNABLES
from tests.clients.conftest import new_key
from tests.product import Product, processes, start_product
from tests.settings import DEMO_MODEL
from transcripts.engine.audio import open_audio
from transcripts.engine.base import SAMPLE_RATE, Options, SpanAudio

SECONDS = 10
TURNS = 30
STREAMS = 5
LARGE_BYTES = 25_000_000


def short_file() -> Path:
    """Return a WAV file of ten seconds of speech."""
    path = FOLDER / f"meeting-{SECONDS}s.wav"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        with open_audio(MEETING) as stream, wave.open(str(path), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            for _, block in zip(range(SECONDS), stream, strict=False):
                file.writeframes((block[:SAMPLE_RATE] * 32767).astype("<i2").tobytes())
    return path


class BareEngine:
    """The engine in a process of its own, with the worker's environment."""

    def __init__(self, path: Path) -> None:
        threads = str(min(os.cpu_count() or 1, 8))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.api", "engine", str(path)],
            env={**os.environ, "GLIBC_TUNABLES": TUNABLES, "OMP_NUM_THREADS": threads},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def run(self) -> float:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("go\n")
        return float(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def engine(path: Path) -> None:
    """Answer each line with the seconds that the engine takes for the file."""
    from transcripts.engine.whisper import WhisperEngine

    with open_audio(path) as stream:
        samples = np.concatenate(list(stream))
    whisper = WhisperEngine(DEMO_MODEL)
    span = SpanAudio(samples, ((0.0, len(samples) / SAMPLE_RATE),))
    for _ in sys.stdin:
        began = time.perf_counter()
        whisper.transcribe([span], Options("en"))
        print(time.perf_counter() - began, flush=True)


class Caller:
    def __init__(self, product: Product) -> None:
        self.url = f"{product.url}/v1/audio/transcriptions"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {new_key(product)}"

    def send(self, path: Path, **fields: str) -> requests.Response:
        fields = {"model": "whisper-1", "language": "en"} | fields
        with path.open("rb") as file:
            answer = self.session.post(self.url, fields, files={"file": file}, stream="stream" in fields)
        answer.raise_for_status()
        return answer

    def seconds(self, path: Path) -> float:
        began = time.perf_counter()
        assert self.send(path).json()["text"]
        return time.perf_counter() - began


def added(product: Product, caller: Caller) -> None:
    path = short_file()
    bare = BareEngine(path)
    for _ in range(3):
        bare.run(), caller.seconds(path)
    theirs, ours = [], []
    for turn in range(TURNS):
        if turn % 2:
            theirs.append(bare.run())
        ours.append(caller.seconds(path))
        if not turn % 2:
            theirs.append(bare.run())
    bare.close()
    more = [1000 * (a - b) for a, b in zip(ours, theirs, strict=True)]
    print(f"{SECONDS} s file: bare {1000 * median(theirs):.0f} ms, over HTTP {1000 * median(ours):.0f} ms")
    print(f"added: p50 {median(more):.0f} ms, p95 {quantiles(more, n=20)[-1]:.0f} ms")


def delta(product: Product, caller: Caller) -> None:
    path = long_recording(10)
    for _ in range(STREAMS):
        began = time.perf_counter()
        with caller.send(path, model="gpt-4o-transcribe", stream="true") as answer:
            lines = (line for line in answer.iter_lines() if line)
            assert b"transcript.text.delta" in next(lines)
            first = time.perf_counter() - began
            count = 2 + sum(1 for _ in lines)
        whole = time.perf_counter() - began
        print(f"10 min file: first delta after {first:.2f} s, all {count} events after {whole:.1f} s")


def memory(product: Product, caller: Caller) -> None:
    path = FOLDER / "large.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 48_000, 0, "NONE", ""))
        file.writeframes(bytes(LARGE_BYTES))
    pid = next(pid for pid, command in processes(product.data_dir).items() if command.endswith(" web"))
    for _ in range(3):
        before = resident(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        caller.send(path)
        peak = resident(pid, "VmHWM")
        print(
            f"form of {LARGE_BYTES / 1e6:.0f} MB: web {before:.0f} MB, peak {peak:.0f}: {peak - before:+.0f}"
        )


def resident(pid: int, name: str) -> float:
    """Return a figure of the kernel's about a process's memory, in MB."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1000


PARTS: dict[str, Callable[[Product, Caller], None]] = {"added": added, "delta": delta, "memory": memory}


def main() -> None:
    if sys.argv[1:2] == ["engine"]:
        engine(Path(sys.argv[2]))
        return
    product = start_product(STT_API_RATE="100000")
    try:
        product.wait()
        caller = Caller(product)
        caller.seconds(NOTE)
        for name in sys.argv[1:] or PARTS:
            PARTS[name](product, caller)
    finally:
        product.stop()


if __name__ == "__main__":
    main()
