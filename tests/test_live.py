"""Recordings that are prepared while they grow."""

import io
import os
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse
from django.utils import timezone

from tests.engine.media import FRAGMENTED, RECIPES, RECORDER, make, note_samples, samples_of, truth
from tests.pipeline import AUDIO, text_of, transcribe
from transcripts import (
    access,
    events,
    finishing,
    ingest,
    lifecycle,
    live,
    live_page,
    preparation,
    previews,
)
from transcripts.engine.base import SAMPLE_RATE
from transcripts.live import Follower
from transcripts.live_page import update_since
from transcripts.models import Event, Recording, Segment
from transcripts.preparation import FULL_SCALE
from transcripts.rows import row_of
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
# What of the meeting, in seconds, the engine hears without a doubt.
STRETCHES = [(13.4, 23.0), (26.2, 40.0)]
# For what hangs: a busy machine takes its time to start the processes that decode.
PATIENCE_SECONDS = 90
State = Recording.State


@pytest.fixture
def follower(monkeypatch) -> Iterator[Follower]:
    # The test's transaction hangs on the connection.
    monkeypatch.setattr(live, "close_old_connections", lambda: None)
    follower = Follower()
    yield follower
    for pk in list(follower.followed):
        follower.drop(pk)


@cache
def long_samples() -> np.ndarray:
    """Speech for more than one span of a file. Of what repeats the engine is in doubt, and hears it anew."""
    meeting = (samples_of(AUDIO / "meeting.flac")[None] * FULL_SCALE).astype("<i2")
    parts = [meeting[:, round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)] for start, end in STRETCHES]
    return np.concatenate([note_samples(), *parts], axis=1)


def long_text() -> str:
    """What is said in them."""
    turns = truth("meeting")["turns"]
    said = [turn["text"] for start, end in STRETCHES for turn in turns if start < turn["start"] < end]
    return " ".join([NOTE, *said])


def begin(owner, path, source=Recording.Source.MICROPHONE) -> Recording:
    return ingest.begin(owner, Wishes(file_name=path.name, source=source), None)


def send(recording: Recording, data: bytes) -> None:
    ingest.append(recording, recording.bytes_received, io.BytesIO(data), len(data))


def look(follower: Follower, until) -> None:
    """Let the follower work until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not until():
        assert time.monotonic() < deadline
        if not follower.look():
            time.sleep(0.02)


def decoder_of(follower: Follower, recording: Recording) -> int:
    return follower.followed[recording.pk].audio._child.pid


def stop_decoding(follower: Follower, recording: Recording) -> None:
    """Let nothing more be decoded, and take what was."""
    os.kill(decoder_of(follower, recording), signal.SIGSTOP)
    look(follower, lambda: follower.look() is False)


def end(recording: Recording) -> None:
    ingest.announce(recording, recording.bytes_received)
    ingest.finish(recording)


@pytest.fixture(scope="module")
def note_webm(tmp_path_factory) -> Path:
    """The note as a browser records it: no length, no index."""
    return make(tmp_path_factory.mktemp("media") / "note.webm", RECORDER)


def test_text_comes_while_somebody_speaks_and_is_whole_in_the_end(alice, follower, note_webm):
    data = note_webm.read_bytes()
    recording = begin(alice, note_webm)
    send(recording, data[: len(data) * 2 // 3])
    look(follower, lambda: recording.spans.exists())
    recording.refresh_from_db()
    assert recording.state == State.RECEIVING
    transcribe(recording)
    assert text_of(recording).startswith("This is a test of the recording.")
    send(recording, data[len(data) * 2 // 3 :])
    end(recording)
    look(follower, lambda: not follower.followed)
    transcribe(recording)
    finishing.finish(recording.pk)
    recording.refresh_from_db()
    assert recording.state == State.DONE
    assert text_of(recording) == NOTE


@pytest.mark.parametrize("kind", ["mp3", "wav", "ogg", "flac", "fragmented"])
def test_upload_is_prepared_while_it_is_sent(alice, follower, tmp_path, kind):
    recipe = FRAGMENTED if kind == "fragmented" else RECIPES[kind]
    path = make(tmp_path / "long", recipe, long_samples())
    data = path.read_bytes()
    recording = begin(alice, path, Recording.Source.UPLOAD)
    send(recording, data[: len(data) * 9 // 10])
    look(follower, lambda: recording.spans.exists())
    send(recording, data[len(data) * 9 // 10 :])
    end(recording)
    look(follower, lambda: not follower.followed)
    recording.refresh_from_db()
    assert recording.state == State.TRANSCRIBING
    assert recording.duration == pytest.approx(long_samples().shape[1] / SAMPLE_RATE, abs=0.2)
    transcribe(recording)
    # What a codec leaves out may cost a word, but on another processor another one.
    assert text_of(recording).startswith(NOTE)
    if kind in ("wav", "flac"):
        assert text_of(recording) == long_text()


def test_file_with_its_index_at_the_end_is_prepared_when_it_is_complete(alice, follower, tmp_path):
    path = make(tmp_path / "note.mp4", RECIPES["mp4"])
    data = path.read_bytes()
    recording = begin(alice, path, Recording.Source.UPLOAD)
    send(recording, data[: len(data) // 2])
    look(follower, lambda: bool(follower.followed))
    send(recording, data[len(data) // 2 :])
    end(recording)
    look(follower, lambda: not follower.followed)
    preparation.prepare(recording.pk)
    transcribe(recording)
    assert text_of(recording) == NOTE


def test_follower_that_died_is_replaced_and_nothing_comes_twice(alice, follower, note_webm):
    data = note_webm.read_bytes()
    recording = begin(alice, note_webm)
    send(recording, data[: len(data) * 2 // 3])
    look(follower, lambda: recording.spans.exists())
    transcribe(recording)
    before = list(recording.spans.values_list("pk", flat=True))
    Recording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    second = Follower()
    send(Recording.objects.get(pk=recording.pk), data[len(data) * 2 // 3 :])
    end(Recording.objects.get(pk=recording.pk))
    follower.look()
    Recording.objects.update(lease_until=None)
    preparation.prepare(recording.pk)
    transcribe(recording)
    assert list(recording.spans.values_list("pk", flat=True))[: len(before)] == before
    assert text_of(recording) == NOTE
    assert not second.followed


def test_cancelled_upload_is_followed_no_more(alice, follower, note_webm):
    recording = begin(alice, note_webm)
    send(recording, note_webm.read_bytes()[:20_000])
    look(follower, lambda: bool(follower.followed))
    ingest.delete(recording)
    look(follower, lambda: not follower.followed)


def test_span_that_grew_is_heard_again(alice, note_webm):
    """Bytes that come after a recording was taken as cut short make its last span longer."""
    data = note_webm.read_bytes()
    recording = begin(alice, note_webm)
    send(recording, data[: len(data) // 2])
    Recording.objects.update(can_stream=True)
    ingest.finish(Recording.objects.get())
    preparation.prepare(recording.pk)
    transcribe(recording)
    first = text_of(recording)
    assert first != NOTE
    recording.refresh_from_db()
    send(recording, data[len(data) // 2 :])
    end(recording)
    preparation.prepare(recording.pk)
    transcribe(recording)
    assert text_of(recording) == NOTE


def test_words_being_spoken_are_shown_before_they_are_settled(alice, follower, note_webm, monkeypatch):
    shown = []
    monkeypatch.setattr(previews, "KEPT_SECONDS", 600)
    monkeypatch.setattr(events, "preview", lambda *args: shown.append(args[1:]))
    data = note_webm.read_bytes()
    recording = begin(alice, note_webm)

    def is_shown(words: str, *, is_agreed: bool) -> bool:
        # Offers are of what is decoded by then, and the first may hold less than these words.
        previews.show(recording.pk)
        _, agreed, open_ = shown[-1] if shown else (0, "", "")
        return (agreed if is_agreed else f"{agreed} {open_}".strip()).startswith(words)

    send(recording, data[: len(data) // 6])
    look(follower, lambda: is_shown("This is", is_agreed=False))
    assert shown[0][:2] == (0, "")
    send(recording, data[len(data) // 6 : len(data) // 5])
    look(follower, lambda: is_shown("This is", is_agreed=True))
    assert not Segment.objects.exists()


def test_language_can_be_set_while_somebody_speaks(alice_client, alice, follower, note_webm):
    recording = begin(alice, note_webm)
    url = reverse("language", args=[recording.pk])
    send(recording, note_webm.read_bytes()[:-20_000])
    look(follower, lambda: recording.spans.exists())
    assert alice_client.post(url, {"language": "de"}).json() == {"language": "de"}
    recording.refresh_from_db()
    assert (recording.language, recording.transcript.language) == ("de", "de")
    assert alice_client.post(url, {"language": "xx"}).status_code == 400
    end(recording)
    assert alice_client.post(url, {"language": "en"}).status_code == 409


def test_text_that_lags_is_told_in_seconds(alice, follower, note_webm):
    recording = begin(alice, note_webm)
    send(recording, note_webm.read_bytes()[:-20_000])
    look(follower, lambda: recording.spans.exists())
    Recording.objects.update(prepared_until=25.0)
    recording.refresh_from_db()
    assert row_of(recording).progress.seconds_behind == pytest.approx(25.0, abs=0.6)
    transcribe(recording)
    assert row_of(recording).progress.seconds_behind is None


def test_pages_are_told_of_a_growing_lag_while_no_worker_brings_text(alice, follower, note_webm, monkeypatch):
    monkeypatch.setattr(live, "LAG_SECONDS", 0.0)
    recording = begin(alice, note_webm)
    send(recording, note_webm.read_bytes()[:-20_000])
    look(follower, lambda: recording.spans.exists())
    # How far it is would be said anew with whatever it still gives.
    stop_decoding(follower, recording)
    before = Recording.objects.get().event_count
    follower.look()
    assert update_since(alice, recording.pk, before) == {}
    Recording.objects.update(prepared_until=25.0)
    follower.look()
    assert "behind by 2" in update_since(alice, recording.pk, before)["status"]["html"]


def test_garbage_and_used_up_hours_keep_no_other_recording_waiting(alice, bob, follower, note_webm, settings):
    garbage, poor, good = (begin(owner, note_webm) for owner in (alice, bob, alice))
    send(garbage, np.random.default_rng(1).bytes(100_000))
    send(poor, note_webm.read_bytes())
    send(good, note_webm.read_bytes())
    settings.STT_QUOTA_SECONDS = 3600
    Recording.objects.create(owner=bob, title="Long", state=State.DONE, duration=3600.0)
    look(follower, lambda: poor.pk not in follower.followed and good.spans.exists())
    for recording, sentence in ((garbage, "can be read"), (poor, "Your hours are used up")):
        ingest.finish(recording)
        look(follower, lambda pk=recording.pk: pk not in follower.followed)
        preparation.prepare(recording.pk)
        recording.refresh_from_db()
        assert recording.state == State.FAILED
        assert sentence in recording.message
    assert good.pk in follower.followed
    end(good)
    look(follower, lambda: not follower.followed)
    transcribe(good)
    assert text_of(good) == NOTE


def test_recording_that_pauses_long_is_let_go_of_until_more_comes(alice, follower, note_webm, monkeypatch):
    data = note_webm.read_bytes()
    recording = begin(alice, note_webm)
    send(recording, data[: len(data) * 2 // 3])
    look(follower, lambda: recording.spans.exists())
    monkeypatch.setattr(live, "IDLE_SECONDS", -1.0)
    look(follower, lambda: not follower.followed)
    monkeypatch.undo()
    follower.look()
    assert not follower.followed
    send(recording, data[len(data) * 2 // 3 :])
    look(follower, lambda: bool(follower.followed))
    end(recording)
    look(follower, lambda: not follower.followed)
    transcribe(recording)
    assert text_of(recording) == NOTE


def test_page_reads_of_the_end_with_the_last_words_and_not_before(alice, note_webm, monkeypatch):
    recording = begin(alice, note_webm)
    Recording.objects.update(state="transcribing")
    transcript = recording.transcripts.create()
    events.publish(recording.pk, Event.Kind.PROGRESS)
    recording.refresh_from_db()
    seen = access.recording_seen

    def seen_and_done(*args):
        found = seen(*args)
        monkeypatch.undo()
        segment = transcript.segments.create(position=0, start=0.0, end=1.0, text="The last words.", words=[])
        events.publish(recording.pk, Event.Kind.SEGMENTS, {"segments": [segment.pk]})
        for state in (State.FINISHING, State.DONE):
            assert lifecycle.move(recording, state)
        return found

    monkeypatch.setattr(access, "recording_seen", seen_and_done)
    first = update_since(alice, recording.pk, 0)
    assert first["status"]["state"] == "transcribing"
    rest = update_since(alice, recording.pk, first["number"])
    assert "The last words." in rest["segments"][0]["html"]
    assert rest["status"]["state"] == "done"


def test_page_that_was_long_away_is_brought_up_to_date_in_parts_and_reads_of_the_state_last(
    alice, note_webm, monkeypatch
):
    monkeypatch.setattr(live_page, "MAX_EVENTS", 3)
    recording = begin(alice, note_webm)
    for _ in range(4):
        events.publish(recording.pk, Event.Kind.PROGRESS)
    recording.refresh_from_db()
    first = update_since(alice, recording.pk, recording.event_count - 4)
    assert (first["number"], first["has_more"], first["status"]) == (recording.event_count - 1, True, None)
    rest = update_since(alice, recording.pk, first["number"])
    assert (rest["number"], rest["has_more"]) == (recording.event_count, False)
    assert rest["status"]["state"] == "receiving"
