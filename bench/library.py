"""A library of 10,000 recordings with 1,000,000 segments: how long its first page and its searches take.

    .venv/bin/python -m bench.library [recordings [segments]]
    scripts/postgres .venv/bin/python -m bench.library

The words are drawn as languages have them: few make up most of a text (Zipf's law). Times are those of whole
answers, rendered, in one process.
"""

# ruff: noqa: E402 (Django reads its settings from the environment when it is set up)

import os
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from uuid import uuid4

FOLDER = tempfile.TemporaryDirectory(prefix="sttweb-bench-")
os.environ["STT_DATA_DIR"] = FOLDER.name
os.environ["DJANGO_SETTINGS_MODULE"] = "sttweb.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import search_schema
from transcripts.models import Recording, Segment, Transcript

WORDS_A_SEGMENT = 12
VOCABULARY = 50_000
REPEATS = 7
SYLLABLES = [c + v for c in "bcdfghjklmnprstvwz" for v in ("a", "e", "i", "o", "u", "ai", "or", "en")]


def vocabulary(chance: random.Random) -> list[str]:
    words = {"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(2 * VOCABULARY)}
    return sorted(words, key=lambda word: (len(word), word))[:VOCABULARY]


def fill(recordings: int, segments: int) -> tuple[User, list[str]]:
    """Make the library of one user, who shares the installation with another of a tenth of the size."""
    chance = random.Random(7)
    words = vocabulary(chance)
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    user = User.objects.create_user("reader@example.org", "x")
    other = User.objects.create_user("other@example.org", "x")
    for owner, share in ((user, 1.0), (other, 0.1)):
        fill_for(owner, int(recordings * share), segments // recordings, words, weights, chance)
    tidy()
    return user, words


def tidy() -> None:
    """Leave the database as its housekeeping does within a day."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        return
    times = []
    while True:
        began = time.perf_counter()
        if not search_schema.merge_piece():
            break
        times.append(1000 * (time.perf_counter() - began))
    each = f"p50 {statistics.median(times):.0f}, at most {max(times):.0f} ms"
    print(f"index merged in {len(times)} pieces, {each}")


def fill_for(owner, recordings, each, words, weights, chance) -> None:
    now = timezone.now()
    tags = [owner.tags.create(name=f"Tag {number}") for number in range(20)]
    for first in range(0, recordings, 500):
        count = min(500, recordings - first)
        rows = [
            Recording(
                id=uuid4(),
                owner=owner,
                title=" ".join(chance.choices(words, weights, k=4)).capitalize(),
                state="done",
                duration=chance.uniform(30, 9000),
                finished_at=now,
            )
            for _ in range(count)
        ]
        with transaction.atomic():
            Recording.objects.bulk_create(rows)
            for number, row in enumerate(rows):
                row.created_at = now - timedelta(minutes=10 * (first + number))
            Recording.objects.bulk_update(rows, ["created_at"], batch_size=100)
            Recording.tags.through.objects.bulk_create(
                Recording.tags.through(recording=row, tag=chance.choice(tags)) for row in rows
            )
            transcripts = Transcript.objects.bulk_create(
                Transcript(recording=row, language=chance.choice(["en", "de", "fr"])) for row in rows
            )
            drawn = iter(chance.choices(words, weights, k=count * each * WORDS_A_SEGMENT))
            Segment.objects.bulk_create(
                (
                    Segment(
                        transcript=transcript,
                        position=place * 1000,
                        start=place * 5.0,
                        end=place * 5.0 + 5,
                        text=" ".join(next(drawn) for _ in range(WORDS_A_SEGMENT)).capitalize() + ".",
                    )
                    for transcript in transcripts
                    for place in range(each)
                ),
                batch_size=2000,
            )
        print(f"\r{first + count} recordings", end="", flush=True)
    print()


def queries(words: list[str]) -> list[str]:
    """Return what people type, letter by letter: common and rare words, beginnings, two words, phrases."""
    common, usual, rare = words[0], words[300], words[-2000]
    typed = [usual[:length] for length in range(1, len(usual) + 1)]
    typed += [rare[:length] for length in range(1, len(rare) + 1)]
    several = [f"{common} {words[1]}", f"{common} {usual}", f"{usual} {words[400]}", f"{rare} {common}"]
    phrases = [f'"{common} {words[2]}"', f'"{usual} {common}"', f'"{words[5]} {words[9]} {words[3]}"']
    return [*typed, common, *several, *phrases, "nothing at all"]


def measure(client: Client, path: str, query: dict[str, str]) -> list[tuple[float, float]]:
    """Return the milliseconds of each answer, and those that this process computed."""
    times = []
    for _ in range(REPEATS):
        began, computed = time.perf_counter(), time.process_time()
        answer = client.get(path, query)
        times.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - computed)))
        assert answer.status_code == 200
    # The first try warms caches up.
    return times[1:]


def report(name: str, times: list[tuple[float, float]]) -> None:
    print(f"{name:<34}", end="")
    for label, values in zip(("answer", "computing"), zip(*times, strict=True), strict=True):
        ordered = sorted(values)
        p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
        print(f"   {label} p50 {statistics.median(ordered):6.1f} p95 {p95:6.1f} ms", end="")
    print(flush=True)


def main() -> None:
    recordings, segments = (int(number) for number in [*sys.argv[1:], "10000", "1000000"][:2])
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    user, words = fill(recordings, segments)
    print(f"{connection.vendor}: filled in {time.monotonic() - began:.0f} s")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    report("first page", measure(client, "/library/", {}))
    report("page 400", measure(client, "/library/", {"page": "400"}))
    report("filtered by tag and length", measure(client, "/library/", {"tag": "Tag 3", "length": "long"}))
    whole: list[tuple[float, float]] = []
    for query in queries(words):
        times = measure(client, "/library/found/", {"q": query})
        report(f"search {query[:26]}", times)
        whole += times
    report("all searches", whole)
    narrowed = {"q": words[0], "tag": "Tag 3", "order": "title"}
    report("common word, tag, by title", measure(client, "/library/found/", narrowed))


if __name__ == "__main__":
    main()
