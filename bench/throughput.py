"""Throughput of the whole pipeline, upload to last row, against bare faster-whisper on the same file.

Both run once before they are timed; then by turns, ours first and theirs first. Theirs is
`BatchedInferencePipeline` with the settings that give what ours gives: timestamps and word times.

    .venv/bin/python -m bench.throughput [minutes]
"""

import os
import sys
import time
from pathlib import Path
from statistics import median

from bench.client import Visitor
from bench.recordings import long_recording
from tests.product import start_product
from tests.settings import DEMO_MODEL
from transcripts.engine.base import SAMPLE_RATE

MINUTES = 30.0
PAIRS = 3


def theirs(path: Path, pipeline, **settings: bool) -> float:
    began = time.monotonic()
    segments, _ = pipeline.transcribe(
        str(path), language="en", batch_size=8, beam_size=5, without_timestamps=False, **settings
    )
    words = sum(len(segment.text.split()) for segment in segments)
    seconds = time.monotonic() - began
    print(f"  bare {settings}: {seconds:.2f} s, {words} words", flush=True)
    return seconds


def ours(path: Path, url: str) -> float:
    visitor = Visitor(url)
    visitor.sign_up()
    began = time.monotonic()
    final = visitor.watch(visitor.upload(path, language="en"))
    assert final[-1].state == "done", final[-1]
    seconds = final[-1].at - began
    words = sum(len(update.text.split()) for update in final)
    print(f"  ours: {seconds:.2f} s, {words} words", flush=True)
    return seconds


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    path, short = long_recording(minutes), long_recording(1)
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(str(DEMO_MODEL), device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)
    pipeline = BatchedInferencePipeline(model)
    product = start_product()
    try:
        product.wait()
        ours(short, product.url), theirs(short, pipeline, word_timestamps=True)
        mine, bare, plain = [], [], []
        for turn in range(PAIRS):
            if turn % 2:
                bare.append(theirs(path, pipeline, word_timestamps=True))
            mine.append(ours(path, product.url))
            if not turn % 2:
                bare.append(theirs(path, pipeline, word_timestamps=True))
            plain.append(theirs(path, pipeline, word_timestamps=False))
    finally:
        product.stop()
    audio = minutes * 60
    print(f"{minutes:g} minutes of audio at {SAMPLE_RATE} Hz, demonstration model, medians of {PAIRS}:")
    print(f"ours {audio / median(mine):.0f}x real time, bare {audio / median(bare):.0f}x")
    print(f"ours / bare = {median(bare) / median(mine):.2f}")
    print(f"ours / bare without word times = {median(plain) / median(mine):.2f}")


if __name__ == "__main__":
    main()
