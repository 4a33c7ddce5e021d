"""Write a three-hour conversation in every format: `python -m bench.exports [KEY …]`.

Each format is made in a process of its own, so that its peak memory is its own.
"""

import multiprocessing
import random
import resource
import sys
import time
from datetime import UTC, datetime

from transcripts.exports import FORMATS, PRESETS, Document, Options, Segment, Word
from transcripts.exports.cues import cues_of
from transcripts.exports.violations import violations

WORDS = 26_000
VOCABULARY = [
    "the",
    "a",
    "meeting",
    "project",
    "with",
    "and",
    "budget",
    "of",
    "we",
    "they",
    "customer",
    "report,",
    "because",
    "question",
    "about",
    "next",
    "year.",
    "time",
    "people",
    "in",
    "plan",
    "for",
    "an",
    "agreement",
    "that",
    "nobody",
    "could",
    "have",
    "foreseen,",
    "would",
    "be",
]


def conversation() -> Document:
    draw = random.Random(1)
    at = 0.0
    segments: list[Segment] = []
    while sum(len(segment.words) for segment in segments) < WORDS:
        words = []
        for _ in range(draw.randint(20, 46)):
            text = draw.choice(VOCABULARY)
            length = 0.12 + 0.05 * len(text)
            words.append(Word(f" {text}", round(at, 3), round(at + length, 3), 0.9))
            at += length
        text = "".join(word.text for word in words).strip()
        speaker = f"Speaker {len(segments) // 7 % 4 + 1}"
        segments.append(Segment(words[0].start, words[-1].end, text, tuple(words), speaker))
        at += draw.choice([0.1, 0.2, 1.0, 4.0])
    now = datetime.now(UTC)
    return Document("Conversation", "en", "transcribe", "none", at, now, tuple(segments))


def measure(key: str) -> None:
    document = conversation()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    size = len(FORMATS[key].render(document, Options(times=True, paragraphs=True)))
    seconds = time.process_time() - started
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{key:7} {size / 1000:8.0f} kB {seconds:6.2f} s of CPU {more:5} MB more", flush=True)


def check() -> None:
    document = conversation()
    for profile in PRESETS.values():
        started = time.process_time()
        cues = cues_of(document, Options(profile=profile), is_labelled=True)
        found = violations(cues, profile)
        seconds = time.process_time() - started
        print(f"{profile.name}: {len(cues)} subtitles, {len(found)} violations, {seconds:.2f} s of CPU")


def main() -> None:
    for key in sys.argv[1:] or FORMATS:
        process = multiprocessing.Process(target=measure, args=(key,))
        process.start()
        process.join()
    check()


if __name__ == "__main__":
    main()
