"""How long finding, replacing and checking take, on a transcript of three hours and over many of them.

    python -m bench.checking [RECORDINGS]

Requests through Django's own client, so without the network and the page: a temporary SQLite database, one
transcript of 26,000 words, and RECORDINGS (1,000) others of 100 segments.
"""

import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

SEGMENTS, WORDS = 776, 34
OTHER_SEGMENTS = 100
RUNS = 15
TRUTH = Path(__file__).parent.parent / "tests" / "audio" / "meeting.json"


def main(others: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(DJANGO_SETTINGS_MODULE="sttweb.settings", STT_DATA_DIR=folder, DATABASE_URL="")
        os.environ["STT_ALLOWED_HOSTS"] = "testserver"

        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(others)


def measure(others: int) -> None:
    from django.test import Client

    from sttweb.accounts.models import User

    user = User.objects.create_user("bench@example.org")
    long = write(user, "Three hours", SEGMENTS)
    for number in range(others):
        write(user, f"Recording {number}", OTHER_SEGMENTS)
    client = Client()
    client.force_login(user)
    root = f"/recordings/{long.pk}/"

    def post(path: str, **wish: object) -> Callable[[], object]:
        return lambda: client.post(root + path, json.dumps(wish), content_type="application/json")

    show("find a word", post("find/", text="river", word=True))
    show("find by expression", post("find/", text=r"(a+)+\b|[aeiou]{2,}n", regex=True))
    show("find in all, a word", post("find/", text="zebra", everywhere=True), 3)
    show("find in all, by expression", post("find/", text=r"zebr[ae]\d", regex=True, everywhere=True), 3)
    words = iter(f"river{number}" for number in range(RUNS + 1))
    replace = partial(post, "replace/", text=r"\briver\w*", regex=True)
    show("replace a word in every segment", lambda: replace(replacement=next(words))())
    show("check: the panel", lambda: client.get(root + "review/"))
    show("check: the next doubtful word", lambda: client.get(root + "doubts/?at=100"))
    show("check: places to underline", lambda: client.get(root + "doubts/marks/"))
    show("first said beside", lambda: client.get(root + "original/?show=all"))


def write(user: object, title: str, segments: int) -> object:
    from transcripts.models import Hypothesis, Recording, Segment

    recording = Recording.objects.create(owner=user, title=title, state="done", duration=segments * 14)
    transcript = recording.transcripts.create(language="en")
    rows = [segment(transcript, number) for number in range(segments)]
    Segment.objects.bulk_create(rows)
    if segments == SEGMENTS:
        for number, row in enumerate(rows):
            span = recording.spans.create(position=number, start=row.start, end=row.end, pieces=[])
            said = [{"text": row.text, "words": row.words}]
            transcript.hypotheses.create(span=span, state=Hypothesis.State.DONE, segments=said)
    return recording


def segment(transcript: object, number: int) -> object:
    from transcripts.models import Segment
    from transcripts.models.transcript import POSITIONS_PER_SPAN

    chance = random.Random(number)
    tokens = ["river", *chance.choices(vocabulary(), k=WORDS - 1)]
    start = number * 14.0
    words = [
        [f" {token}", start + i * 0.4, start + i * 0.4 + 0.3, round(chance.betavariate(6, 1), 3)]
        for i, token in enumerate(tokens)
    ]
    position = number * POSITIONS_PER_SPAN
    text = " ".join(tokens)
    return Segment(
        transcript=transcript, position=position, start=start, end=start + 13.9, text=text, words=words
    )


@cache
def vocabulary() -> list[str]:
    return [word for turn in json.loads(TRUTH.read_text())["turns"] for word in turn["text"].split()]


def show(what: str, act: Callable[[], object], runs: int = RUNS) -> None:
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        answer = act()
        times.append(1000 * (time.perf_counter() - started))
        assert answer.status_code == 200, answer.content
    times = times[1:]
    print(f"{what}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
