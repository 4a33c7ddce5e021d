"""Acts of the editor on a transcript of three hours: 776 segments, 26,000 words, 2,000 revisions behind it.

    .venv/bin/python -m bench.edits
    scripts/postgres .venv/bin/python -m bench.edits

Times are those of whole answers in one process, the changed segments rendered.
"""

# ruff: noqa: E402 (Django reads its settings from the environment when it is set up)

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

FOLDER = tempfile.TemporaryDirectory(prefix="sttweb-bench-")
os.environ["STT_DATA_DIR"] = FOLDER.name
os.environ["DJANGO_SETTINGS_MODULE"] = "sttweb.settings"

import django

django.setup()

from django.core.management import call_command
from django.test import Client

from sttweb.accounts.models import User
from transcripts import events
from transcripts.models import Recording, Segment, Transcript
from transcripts.models.transcript import POSITION_STEP, POSITIONS_PER_SPAN

SEGMENTS, WORDS_A_SEGMENT, SECONDS = 776, 34, 14.0
REVISIONS = 2_000
REPEATS = 40


def generate(owner: User) -> Transcript:
    recording = Recording.objects.create(owner=owner, title="Three hours", state="done", duration=10_900)
    transcript = recording.transcripts.create(language="en")
    step = SECONDS / WORDS_A_SEGMENT
    Segment.objects.bulk_create(
        Segment(
            transcript=transcript,
            position=number // 2 * POSITIONS_PER_SPAN + number % 2 * POSITION_STEP,
            start=number * SECONDS,
            end=(number + 1) * SECONDS,
            text=" ".join(f"word{index}" for index in range(WORDS_A_SEGMENT)),
            words=[
                [
                    f" word{i}",
                    round(number * SECONDS + i * step, 3),
                    round(number * SECONDS + i * step + 0.3, 3),
                    0.9,
                ]
                for i in range(WORDS_A_SEGMENT)
            ],
        )
        for number in range(SEGMENTS)
    )
    return transcript


class Editor:
    def __init__(self, transcript: Transcript, owner: User) -> None:
        self.transcript, self.chance = transcript, random.Random(1)
        self.client = Client(HTTP_HOST="localhost")
        self.client.force_login(owner)
        self.url = f"/recordings/{transcript.recording_id}/"

    def post(self, url: str, **body: Any) -> None:
        answer = self.client.post(url, body, content_type="application/json")
        assert answer.status_code == 200, answer.content

    def act(self, act: str, **edit: Any) -> None:
        self.post(f"{self.url}edits/", act=act, **edit)

    def any_segment(self) -> Segment:
        return self.transcript.segments.filter(text__contains=" ").order_by("?")[0]

    def correct(self) -> None:
        segment = self.any_segment()
        words = segment.text.split()
        words[self.chance.randrange(len(words))] = f"other{self.chance.random():.6f}"
        self.timed(
            "correct",
            lambda: self.post(f"/segments/{segment.pk}/", text=" ".join(words), version=segment.version),
        )

    def split(self) -> None:
        segment = self.any_segment()
        at = len(segment.text) // 2
        self.timed("split", lambda: self.act("split", segment=segment.pk, version=segment.version, at=at))
        self.timed("undo a split", lambda: self.act("undo"))

    def everything(self) -> None:
        pks = list(self.transcript.segments.values_list("pk", flat=True))
        self.timed("give all segments a speaker", lambda: self.act("assign", segments=pks, speaker="new"))
        self.timed("undo that", lambda: self.act("undo"))
        self.timed("delete all segments", lambda: self.act("delete", segments=pks))
        self.timed("undo that too", lambda: self.act("undo"))

    def read(self) -> None:
        self.timed("history page", lambda: self.client.get(f"{self.url}history/"))

    def restore(self) -> None:
        json = {"headers": {"Accept": "application/json"}}
        self.timed(
            "restore the first text", lambda: self.client.post(f"{self.url}history/0/restore/", **json)
        )

    times: dict[str, list[float]] = {}

    def timed(self, name: str, act: Callable[[], object]) -> None:
        begin = time.perf_counter()
        act()
        self.times.setdefault(name, []).append(time.perf_counter() - begin)


def main() -> None:
    events.poke = lambda recording_id: None  # nobody listens, and no queue's server runs
    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("owner@example.org", None)
    editor = Editor(generate(owner), owner)
    for _ in range(REVISIONS):
        editor.correct()
    editor.times.clear()
    for _ in range(REPEATS):
        editor.correct()
        editor.split()
        editor.read()
    for _ in range(3):
        editor.everything()
    editor.restore()
    for name, times in editor.times.items():
        times.sort()
        worst = times[int(0.95 * len(times))]
        print(f"{name}: median {statistics.median(times) * 1000:.0f} ms, p95 {worst * 1000:.0f} ms")


if __name__ == "__main__":
    main()
