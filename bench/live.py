"""Delays of live text, from a recording that is sent as a browser sends it: a piece a second, in real time.

A word has appeared when it stands at its place in the text on the page, the unsettled tail included; it is
settled when it stands there without the tail. Its end is taken from the recording's own transcript.

    .venv/bin/python -m bench.live delays [minutes] [recordings]   words → tail → settled, Stop → whole text
    .venv/bin/python -m bench.live cost [minutes] [pace]           CPU seconds per second of sound, by minute
"""

import io
import json
import sys
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, quantiles

import av
import numpy as np
from av.audio.frame import AudioFrame

from bench.client import TERMINAL, Visitor, strip_tags
from bench.recordings import FRAME, MEETING, NOTE
from tests.product import processes, start_product
from transcripts.engine.audio import open_audio
from transcripts.engine.base import SAMPLE_RATE

# Between two recordings that run side by side.
STAGGER_SECONDS = 10


def pieces(seconds: float) -> list[bytes]:
    """Return the meeting, repeated, as a browser's WebM: what came in each second."""
    with open_audio(MEETING) as stream:
        meeting = np.concatenate(list(stream))
    output = io.BytesIO()
    offsets = []
    # The muxer closes a cluster, and so hands it out, after this many milliseconds.
    options = {"live": "1", "cluster_time_limit": "100", "flush_packets": "1"}
    with av.open(output, "w", format="webm", options=options) as container:
        stream = container.add_stream("libopus", rate=SAMPLE_RATE, layout="mono", bit_rate=32_000)
        for start in range(0, int(seconds * SAMPLE_RATE) - FRAME + 1, FRAME):
            block = np.take(meeting, range(start, start + FRAME), mode="wrap")
            frame = AudioFrame.from_ndarray((block * 32767).astype(np.int16)[None], "s16", "mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts, frame.time_base = start, Fraction(1, SAMPLE_RATE)
            container.mux(stream.encode(frame))
            if (start + FRAME) % SAMPLE_RATE == 0:
                offsets.append(output.tell())
        container.mux(stream.encode(None))
    data = output.getvalue()
    bounds = [0, *offsets[:-1], len(data)]
    return [data[a:b] for a, b in pairwise(bounds)]


def truth(seconds: float) -> list[tuple[str, float]]:
    """Return the words of the repeated meeting with the second at which each ends."""
    facts = json.loads(MEETING.with_suffix(".json").read_text())
    words = [(plain(w), end) for turn in facts["turns"] for w, _, end in turn["words"]]
    with open_audio(MEETING) as stream:
        length = sum(map(len, stream)) / SAMPLE_RATE
    rounds = range(int(seconds / length) + 1)
    return [(w, end + n * length) for n in rounds for w, end in words if end + n * length < seconds]


def plain(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum())


@dataclass
class Text:
    """The page's text as it changes: settled segments by position, and the tail."""

    segments: dict[int, str] = field(default_factory=dict)
    tail: tuple[int, str] = (-1, "")

    def take(self, message: dict) -> None:
        if tail := message.get("preview"):
            self.tail = (tail["position"], f"{tail['agreed']} {tail['open']}")
        for segment in message.get("segments", []):
            self.segments[segment["position"]] = strip_tags(segment["html"])
        if message.get("settled", -1) >= self.tail[0]:
            self.tail = (-1, "")

    def settled(self) -> list[str]:
        texts = (text for _, text in sorted(self.segments.items()))
        return [word for text in texts for word in map(plain, text.split()) if word]

    def tail_words(self) -> list[str]:
        return [word for word in map(plain, self.tail[1].split()) if word]


@dataclass
class Seen:
    """When each word was first in its place; words that were misheard never are."""

    words: list[tuple[str, float]]
    shown: dict[int, float] = field(default_factory=dict)
    settled: dict[int, float] = field(default_factory=dict)

    def note(self, text: Text, at: float) -> None:
        settled, tail = text.settled(), text.tail_words()
        # Only the end can be new; the text before it stays aligned.
        known = max(0, len(settled) - 60)
        expected = [word for word, end in self.words if end <= at]
        first = max(0, len(expected) - 60 - len(tail) - 40)
        matcher = SequenceMatcher(a=expected[first:], b=settled[known:] + tail, autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            for i in range(size):
                self.shown.setdefault(first + a + i, at)
                if known + b + i < len(settled):
                    self.settled.setdefault(first + a + i, at)

    def delays(self, times: dict[int, float]) -> list[float]:
        return [at - self.words[index][1] for index, at in times.items()]


def record(visitor: Visitor, parts: list[bytes], pace: float = 1.0, seen: Seen | None = None) -> float:
    """Send the pieces in real time; return the seconds from Stop to the whole text."""
    upload = visitor.begin_recording()
    text, stopped, whole = Text(), threading.Event(), {}
    began = time.monotonic()

    def read() -> None:
        for message in visitor.messages(upload):
            text.take(message)
            now = time.monotonic()
            if seen:
                seen.note(text, (now - began) * pace)
            state = (message.get("status") or {}).get("state", "")
            if stopped.is_set() and message.get("segments"):
                whole["at"] = now
            if state in {"finishing", *TERMINAL}:
                whole.setdefault("at", now)
                return

    reader = threading.Thread(target=read)
    reader.start()
    offset = 0
    for second, part in enumerate(parts, 1):
        time.sleep(max(0.0, began + second / pace - time.monotonic()))
        if second == len(parts):
            stop = time.monotonic()
            stopped.set()
        offset = visitor.append(upload, offset, part, is_last=second == len(parts))
    reader.join(60)
    return whole["at"] - stop


def show(name: str, values: list[float]) -> None:
    if values:
        p95 = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
        print(f"{name}: p50 {median(values):.2f} s, p95 {p95:.2f} s, n = {len(values)}", flush=True)


def side_by_side(visitor: Visitor, seconds: float, count: int, seen: Seen) -> list[float]:
    """Record so many at the same time, each begun and stopped a little after the one before."""

    def one(number: int) -> float:
        time.sleep(number * STAGGER_SECONDS)
        # Of different lengths: the same bytes again would lead to the recording that is there.
        return record(visitor, pieces(seconds + number / 10), seen=None if number else seen)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def delays(minutes: float, count: int) -> None:
    product = start_product()
    try:
        product.wait()
        visitor = Visitor(product.url)
        visitor.sign_up()
        visitor.watch(visitor.upload(NOTE))
        seconds = minutes * 60
        seen = Seen(truth(seconds))
        stops = side_by_side(visitor, seconds, count, seen)
        print(f"{len(seen.settled)} of {len(seen.words)} words were heard right")
        show("a word's end → shown", seen.delays(seen.shown))
        show("a word's end → settled", seen.delays(seen.settled))
        show(f"Stop → whole text after {minutes:g} min", stops)
        show("Stop → whole text after 10 s", [record(visitor, pieces(10 + n / 10)) for n in range(20)])
    finally:
        product.stop()


def cpu_seconds(data_dir: Path) -> float:
    """Return the CPU time of all processes of the product and of the children they have waited for."""
    total = 0
    for pid in processes(data_dir):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total / 100


def cost(minutes: float, pace: float) -> None:
    product = start_product()
    used: dict[int, float] = defaultdict(float)
    try:
        product.wait()
        visitor = Visitor(product.url)
        visitor.sign_up()
        visitor.watch(visitor.upload(NOTE))
        parts = pieces(minutes * 60)
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(record, visitor, parts, pace)
            for minute in range(int(minutes)):
                before = cpu_seconds(product.data_dir)
                time.sleep(60 / pace)
                used[minute] = (cpu_seconds(product.data_dir) - before) / 60
                print(f"minute {minute + 1}: {used[minute]:.3f} CPU s per second of sound", flush=True)
        for name, some in (("first", range(5)), ("last", range(int(minutes) - 5, int(minutes)))):
            print(f"the {name} five minutes: {mean(used[minute] for minute in some):.3f}")
        print(f"Stop → whole text after {minutes:g} min: {sent.result():.2f} s")
    finally:
        product.stop()


def main() -> None:
    kind, *values = sys.argv[1:]
    numbers = [float(value) for value in values]
    if kind == "delays":
        minutes, count = [*numbers, *[3.0, 1.0][len(numbers) :]]
        delays(minutes, int(count))
    else:
        cost(*(numbers or [60.0, 4.0]))


if __name__ == "__main__":
    main()
