"""The last step of a recording, when it does not go as it should."""

import io

import pytest

from tests.pipeline import AUDIO, receive, text_of
from transcripts import finishing, ingest, lifecycle, preparation, transcription
from transcripts.models import Hypothesis, Recording
from transcripts.models.lease import MAX_ATTEMPTS

pytestmark = pytest.mark.django_db

State = Recording.State
NOTE = (AUDIO / "note.wav").read_bytes()


@pytest.fixture
def heard(alice) -> Recording:
    """A note of which all text is here."""
    recording = receive(alice, AUDIO / "note.wav")
    preparation.prepare(recording.pk)
    transcription.transcribe(recording.pk)
    recording.refresh_from_db()
    assert recording.state == State.FINISHING
    return recording


def test_recording_whose_copy_kills_every_worker_is_done_without_one(heard):
    Recording.objects.update(attempt=MAX_ATTEMPTS)
    finishing.finish(heard.pk)
    heard.refresh_from_db()
    assert (heard.state, heard.message, heard.playback_type) == (State.DONE, "", "")
    assert text_of(heard)


def test_recording_whose_copy_kills_every_worker_still_tells_what_was_not_heard(heard):
    Recording.objects.update(attempt=MAX_ATTEMPTS)
    Hypothesis.objects.update(state=Hypothesis.State.FAILED)
    finishing.finish(heard.pk)
    heard.refresh_from_db()
    assert heard.state == State.FAILED
    assert "could not be transcribed" in heard.message


def test_audio_of_spans_that_are_cut_just_after_the_end_stays(heard, monkeypatch):
    Recording.objects.update(is_cut_short=True, size=len(NOTE) + 1)

    def go_on(name: str) -> None:
        if name == "recording-concluded":
            recording = Recording.objects.get()
            ingest.append(recording, len(NOTE), io.BytesIO(b"\0"), 1)
            ingest.finish(recording)
            preparation.prepare(recording.pk)

    monkeypatch.setattr(finishing, "failpoint", go_on)
    finishing.finish(heard.pk)
    transcription.transcribe(heard.pk)
    heard.refresh_from_db()
    assert heard.state == State.FINISHING
    assert lifecycle.move(heard, State.DONE)
    assert text_of(heard)
