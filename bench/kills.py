"""Processes killed at random moments while recordings are spoken and large files are uploaded.

Two speakers, one recording of 20 s after another in real time, and one 200 MB WAV after another, over a
line that cuts, resets and delays. A part is killed again only once it is back: once it took up what the dead
one held, or where it held nothing, once it runs.

    .venv/bin/python -m bench.kills [kills] [seed]
"""

import hashlib
import json
import os
import re
import secrets
import signal
import struct
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from random import Random
from statistics import median

import numpy as np

from bench.live import pieces, plain
from bench.recordings import MEETING
from tests.product import Product, answers, processes, start_product
from tests.proxy import Proxy
from tests.sender import Archive, Found, Sender, marked_webm
from transcripts.engine.audio import open_audio
from transcripts.engine.base import SAMPLE_RATE

KILLS = 200
SPEAKERS = 2
SPOKEN_SECONDS = 20
UPLOAD_BYTES = 200_000_000
UPLOAD_RATE = 6 * SAMPLE_RATE * 2  # bytes a second: 48 kHz, stereo, 16 bits
PIECE_BYTES = 256 * 1024
MEAN_BYTES_BETWEEN_CUTS = 40e6
# Between two kills, on average; a part that comes back slowly makes it longer.
KILL_SECONDS = 6.0
DONE_SECONDS = 300.0
PARTS = {
    "web": "manage.py web",
    "valkey": "valkey-server",
    "follow": "manage.py follow",
    "transcribe": "work transcribe_live",
    "prepare": "work prepare finish$",
    "prepare-long": "prepare_long$",
}
# What a part holds: rows with a lease, by their key and fence.
SPANS = """SELECT 'span', id, fence FROM transcripts_hypothesis
    WHERE state = 'ready' AND lease_until > strftime('%Y-%m-%d %H:%M:%f', 'now')"""
RECORDINGS = """SELECT 'recording', id, fence FROM transcripts_recording
    WHERE lease_until > strftime('%Y-%m-%d %H:%M:%f', 'now') AND {}"""
HELD = {
    "transcribe": SPANS,
    "follow": RECORDINGS.format("(state = 'receiving' OR (state = 'preparing' AND can_stream))"),
}


@dataclass
class Kill:
    part: str
    held: int
    seconds: float


@dataclass
class Sent:
    """One recording as it went out and as it was found."""

    kind: str
    path: str
    found: Found
    is_same: bool  # its bytes
    is_whole: bool  # the spans of the undisturbed one, and each one's segments once
    missing: int  # words, against the undisturbed one: spans decoded alone or together may differ by a few
    extra: int
    seconds: float  # from the last byte to the end
    bytes_sent: int
    size: int


@dataclass
class Reference:
    """What is sent, and the words that come out when nothing disturbs it."""

    make: Callable[[], list[bytes]]
    metadata: dict[str, str]
    words: list[str] = field(default_factory=list)
    bounds: list[tuple] = field(default_factory=list)


def key_of(path: str) -> str:
    return path.rpartition("/")[2].replace("-", "")


def words_of(found: Found) -> list[str]:
    return [word for word in map(plain, found.text.split()) if word]


def spoken() -> Reference:
    recorded = pieces(SPOKEN_SECONDS)
    return Reference(lambda: marked_webm(recorded), {"source": "microphone", "language": "en"})


def uploaded() -> Reference:
    with open_audio(MEETING) as stream:
        meeting = np.concatenate(list(stream))
    stereo = np.repeat((meeting * 32767).astype("<i2"), 6).tobytes()
    samples = (stereo * (UPLOAD_BYTES // len(stereo) + 1))[: UPLOAD_BYTES // 4 * 4]
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 3 * SAMPLE_RATE, UPLOAD_RATE, 4, 16)

    def make() -> list[bytes]:
        mark = struct.pack("<4sI", b"JUNK", 16) + secrets.token_bytes(16)
        body = b"WAVE" + form + mark + struct.pack("<4sI", b"data", len(samples)) + samples
        return [struct.pack("<4sI", b"RIFF", len(body)) + body]

    return Reference(make, {"filename": "meeting.wav", "language": "en"})


class Run:
    """The product, those who use it, and what kills it."""

    def __init__(self, product: Product, seed: int) -> None:
        self.product, self.random = product, Random(seed)
        self.archive = Archive(product.data_dir)
        self.is_over = threading.Event()
        self.kills: list[Kill] = []
        self.sent: list[Sent] = []
        self.user = Sender(product.url)
        self.user.sign_up()

    def refer(self, kind: str, reference: Reference) -> None:
        """Send it once without any disturbance."""
        sent = self.send(kind, self.user.at(self.product.url), reference)
        reference.words = words_of(sent.found)
        reference.bounds = self.bounds(sent.path)
        print(
            f"undisturbed {kind}: {len(reference.words)} words, {sent.seconds:.1f} s after the end",
            flush=True,
        )

    def send(self, kind: str, sender: Sender, reference: Reference) -> Sent:
        parts = reference.make()
        data = b"".join(parts)
        sha256 = hashlib.sha256(data).hexdigest()
        before = sender.bytes_sent
        if kind == "spoken":
            path = sender.begin(**reference.metadata)
            sender.speak(path, parts, 1.0)
        else:
            path = sender.begin(len(data), sha256=sha256, **reference.metadata)
            sender.send(path, memoryview(data), len(data), PIECE_BYTES)
        seconds = self.archive.wait(path, DONE_SECONDS)
        found = self.archive.find(path)
        missing, extra = difference(reference.words, words_of(found))
        bytes_sent = sender.bytes_sent - before
        is_whole = self.bounds(path) == reference.bounds and self.heard(path) == found.texts
        is_same = found.sha256 == sha256
        return Sent(kind, path, found, is_same, is_whole, missing, extra, seconds, bytes_sent, len(data))

    def bounds(self, path: str) -> list[tuple]:
        query = "SELECT position, start, end FROM transcripts_span WHERE recording_id = ? ORDER BY position"
        return self.archive.rows(query, key_of(path))

    def heard(self, path: str) -> list[str]:
        """Return the texts of what the engine said of each span, in order."""
        query = """SELECT h.segments FROM transcripts_hypothesis h JOIN transcripts_span s ON s.id = h.span_id
            WHERE s.recording_id = ? ORDER BY s.position"""
        rows = self.archive.rows(query, key_of(path))
        return [segment["text"] for (segments,) in rows for segment in json.loads(segments)]

    def keep_sending(self, kind: str, url: str, reference: Reference) -> None:
        sender = self.user.at(url)
        while not self.is_over.is_set():
            sent = self.send(kind, sender, reference)
            self.sent.append(sent)
            if not sent.is_same or not sent.is_whole or sent.found.state != "done":
                print(
                    f"  {kind}: {sent.found.state} {sent.found.message} "
                    f"same: {sent.is_same}, whole: {sent.is_whole}, "
                    f"words missing {sent.missing}, extra {sent.extra}",
                    flush=True,
                )

    def kill(self, count: int) -> None:
        """Kill so many, each at a random moment, and those that are away are left alone."""
        with ThreadPoolExecutor(len(PARTS)) as pool:
            away: dict[str, Future[None]] = {}
            for number in range(count):
                time.sleep(self.random.expovariate(1 / KILL_SECONDS))
                while not (present := [p for p in PARTS if p not in away or away[p].done()]):
                    time.sleep(0.1)
                part = self.random.choice(present)
                away[part] = pool.submit(self.kill_one, part)
                if number % 20 == 19:
                    print(f"{number + 1} kills, {len(self.sent)} recordings", flush=True)
        for future in away.values():
            future.result()

    def kill_one(self, part: str) -> None:
        pid = self.find(part)
        while pid is None:
            time.sleep(0.05)
            pid = self.find(part)
        held = self.held(part)
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        while not self.is_back(part, pid, held):
            if time.monotonic() - began > DONE_SECONDS:
                print(f"  {part} never came back to {held}", flush=True)
                break
            time.sleep(0.05)
        self.kills.append(Kill(part, len(held), time.monotonic() - began))

    def find(self, part: str) -> int | None:
        found = processes(self.product.data_dir).items()
        return next((pid for pid, command in found if re.search(PARTS[part], command)), None)

    def held(self, part: str) -> set[tuple]:
        return set(self.archive.rows(HELD[part])) if part in HELD else set()

    def is_back(self, part: str, killed: int, held: set[tuple]) -> bool:
        if self.find(part) in (None, killed):
            return False
        if part == "web":
            return answers(f"{self.product.url}/accounts/login/")
        return not held & {(kind, key, fence) for kind, key, fence in self.unfinished()}

    def unfinished(self) -> list[tuple]:
        """Return what is not done, as it was last claimed: a row that was taken up has another fence."""
        spans = "SELECT 'span', id, fence FROM transcripts_hypothesis WHERE state = 'ready'"
        recordings = """SELECT 'recording', id, fence FROM transcripts_recording
            WHERE state IN ('receiving', 'preparing', 'finishing')"""
        return self.archive.rows(f"{spans} UNION ALL {recordings}")


def difference(expected: list[str], words: list[str]) -> tuple[int, int]:
    """Return how many words are missing, and how many there are besides."""
    if not expected or expected == words:
        return 0, 0
    matcher = SequenceMatcher(a=expected, b=words, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    return len(expected) - same, len(words) - same


def show_sent(kind: str, sent: list[Sent]) -> None:
    if not sent:
        return
    figures: list[object] = [
        len(sent),
        sum(s.found.state == "done" for s in sent),
        sum(s.is_same for s in sent),
        sum(s.is_whole for s in sent),
        sum(len(words_of(s.found)) for s in sent),
        sum(s.missing for s in sent),
        sum(s.extra for s in sent),
        f"{median(s.seconds for s in sent):.1f}–{max(s.seconds for s in sent):.1f} s",
    ]
    print(f"{kind:10}" + "".join(f"{figure:>13}" for figure in figures))


def show(run: Run, proxy: Proxy) -> None:
    by_part: dict[str, list[Kill]] = defaultdict(list)
    for kill in run.kills:
        by_part[kill.part].append(kill)
    print(f"\n{'killed':12}{'times':>6}{'at work':>9}{'back after: median':>20}{'longest':>9}")
    for part, kills in sorted(by_part.items()):
        times = [kill.seconds for kill in kills]
        at_work = sum(kill.held > 0 for kill in kills)
        print(f"{part:12}{len(kills):6}{at_work:9}{median(times):18.1f} s{max(times):7.1f} s")
    columns = ("times", "done", "SHA-256 same", "whole, once", "words", "missing", "extra", "end → done")
    print(f"\n{'sent':10}" + "".join(f"{column:>13}" for column in columns))
    for kind in ("spoken", "uploaded"):
        show_sent(kind, [sent for sent in run.sent if sent.kind == kind])
    for kind in ("spoken", "uploaded"):
        size = sum(s.size for s in run.sent if s.kind == kind)
        twice = sum(s.bytes_sent - s.size for s in run.sent if s.kind == kind)
        if size:
            print(f"{kind}: {size / 1e6:.1f} MB, sent twice {twice / 1e6:.2f} MB = {twice / size:.2%}")
    print(f"The line was cut {proxy.cuts} times.")


def main() -> None:
    values = [int(value) for value in sys.argv[1:]]
    count, seed = values + [KILLS, 1][len(values) :]
    product = start_product()
    try:
        product.wait()
        run = Run(product, seed)
        speech, file = spoken(), uploaded()
        run.refer("spoken", speech)
        run.refer("uploaded", file)
        port = int(product.url.rpartition(":")[2])
        began = time.monotonic()
        with (
            Proxy(port, seed, mean_bytes=MEAN_BYTES_BETWEEN_CUTS) as proxy,
            ThreadPoolExecutor(SPEAKERS + 1) as pool,
        ):
            senders = [pool.submit(run.keep_sending, "spoken", proxy.url, speech) for _ in range(SPEAKERS)]
            senders.append(pool.submit(run.keep_sending, "uploaded", proxy.url, file))
            try:
                run.kill(count)
            finally:
                run.is_over.set()
            for sender in senders:
                sender.result()
            show(run, proxy)
        print(f"{time.monotonic() - began:.0f} s")
    finally:
        product.stop()


if __name__ == "__main__":
    main()
