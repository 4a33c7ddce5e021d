"""Where recordings stand in the queue, and when they will be done."""

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from transcripts import speech, speeds
from transcripts.models import Hypothesis, Recording
from transcripts.progress import progress_of
from transcripts.rows import row_of

pytestmark = pytest.mark.django_db


def waiting(owner, duration, state="queued", *, done_until=None):
    recording = Recording.objects.create(owner=owner, title="Talk", state=state, duration=duration)
    transcript = recording.transcripts.create(started_at=timezone.now() if done_until is not None else None)
    if done_until:
        for position, (start, end, what) in enumerate(
            [(0, done_until, "done"), (done_until, duration, "ready")]
        ):
            span = recording.spans.create(position=position, start=start, end=end, pieces=[])
            Hypothesis.objects.create(transcript=transcript, span=span, state=what)
    return recording


def know_speed(sound, work):
    speeds.note(speech.serving(Recording.Task.TRANSCRIBE).name, sound, work)


def state_of(recording) -> str:
    return " ".join(render_to_string("transcripts/_state.html", {"row": row_of(recording)}).split())


def test_nothing_is_promised_before_the_speed_is_known(alice):
    recording = waiting(alice, 600)
    know_speed(sound=40, work=4)
    assert progress_of([recording])[recording.pk].seconds_left is None
    assert "Queued, next </span>" in state_of(recording)


def test_recordings_share_the_machine(alice, bob):
    know_speed(sound=100, work=10)
    long = waiting(alice, 1000, "transcribing", done_until=400)
    short, middle = waiting(bob, 100), waiting(alice, 300)
    progress = progress_of([long, short, middle])
    assert [progress[row.pk].queue_position for row in (long, short, middle)] == [None, 1, 2]
    # At ten times real time: each waits for what the others do until then.
    assert progress[short.pk].seconds_left == pytest.approx((100 + 100 + 100) / 10)
    assert progress[middle.pk].seconds_left == pytest.approx((300 + 100 + 300) / 10)
    assert progress[long.pk].seconds_left == pytest.approx((600 + 100 + 300) / 10)
    assert progress[long.pk].percent == 40
    assert "Queued, 2nd in the queue, done in about 1 min </span>" in state_of(middle)


def test_unknown_length_of_another_leaves_the_end_open(alice):
    know_speed(sound=100, work=10)
    recording, _ = waiting(alice, 100), waiting(alice, None)
    assert progress_of([recording])[recording.pk].seconds_left is None


def test_latest_work_weighs_most(alice):
    know_speed(sound=10_000, work=1000)
    assert speeds.speed_of(speech.serving(Recording.Task.TRANSCRIBE).name) == pytest.approx(10)
    for _ in range(10):
        know_speed(sound=300, work=300)
    assert speeds.speed_of(speech.serving(Recording.Task.TRANSCRIBE).name) < 2.5


def test_trashed_and_cancelled_recordings_hold_no_place(alice):
    Recording.objects.filter(pk=waiting(alice, 100).pk).update(deleted_at=timezone.now())
    waiting(alice, 100, "cancelled")
    recording = waiting(alice, 100)
    assert progress_of([recording])[recording.pk].queue_position == 1
