"""The pipeline on real parts: the demonstration model hears real recordings."""

import shutil
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from tests.pipeline import AUDIO, receive, text_of, work
from transcripts import finishing, lifecycle, preparation, speech, transcription
from transcripts.engine.errors import ModelUnavailable
from transcripts.engine.models import DEMO_MODEL
from transcripts.models import Event, Hypothesis, Recording, Segment, SpeechModel
from transcripts.models.lease import MAX_ATTEMPTS

pytestmark = pytest.mark.django_db

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
State = Recording.State


@pytest.fixture
def prepared(alice):
    """A note that is cut into spans, none of them transcribed."""
    recording = receive(alice, AUDIO / "note.wav")
    preparation.prepare(recording.pk)
    recording.refresh_from_db()
    return recording


def test_note_becomes_text(alice):
    recording = work(receive(alice, AUDIO / "note.wav"))
    assert text_of(recording) == NOTE
    assert (recording.state, recording.message) == (State.DONE, "")
    assert recording.duration == pytest.approx(7.294, abs=0.05)
    assert recording.transcript.language == "en"
    assert recording.transcript.is_demo


def test_spanish_is_detected(alice):
    recording = work(receive(alice, AUDIO / "spanish.flac"))
    assert recording.transcript.language == "es"


def test_german_is_translated(alice):
    recording = work(receive(alice, AUDIO / "german.flac", task="translate"))
    assert "The meeting is on Monday." in text_of(recording)
    assert recording.transcript.text_language == "en"


def test_given_language_is_not_detected(alice):
    recording = work(receive(alice, AUDIO / "spanish.flac", language="es"))
    assert recording.transcript.language_probability is None


@pytest.mark.parametrize("name", ["silence.wav", "noise.wav"])
def test_no_speech_is_a_finished_state(alice, name):
    recording = work(receive(alice, AUDIO / name))
    assert (recording.state, recording.message) == (State.DONE, finishing.NO_SPEECH)
    assert recording.transcript.segments.count() == 0


def test_words_lie_within_their_segments(alice):
    recording = work(receive(alice, AUDIO / "meeting.flac"))
    segments = list(recording.transcript.segments.all())
    assert len(segments) > 40
    for before, after in pairwise(segments):
        assert before.start <= after.start
    for segment in segments:
        assert segment.start == segment.words[0][1]
        assert segment.end >= segment.words[-1][2] - 0.001


def test_unreadable_file_fails_in_one_sentence(alice, tmp_path):
    path = tmp_path / "essay.wav"
    path.write_text("This is not a recording at all.\n" * 50)
    recording = work(receive(alice, path))
    assert recording.state == State.FAILED
    assert "not an audio or video file" in recording.message


def test_preparation_made_again_gives_the_same_spans(alice):
    recording = receive(alice, AUDIO / "meeting.flac")
    preparation.prepare(recording.pk)
    spans = list(recording.spans.values_list("position", "start", "end", "pieces"))
    Recording.objects.update(state=State.PREPARING)
    preparation.prepare(recording.pk)
    assert list(recording.spans.values_list("position", "start", "end", "pieces")) == spans


def test_dead_worker_s_span_is_done_once_by_the_next(prepared):
    dead = transcription.claim_batch(prepared)
    assert transcription.claim_batch(prepared) == []
    outcome = transcription.run(dead)
    Hypothesis.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    transcription.transcribe(prepared.pk)
    assert text_of(prepared) == NOTE
    count = Segment.objects.count()
    # The one taken for dead wakes up and delivers: too late.
    transcription.write(dead, outcome)
    assert Segment.objects.count() == count


def test_span_that_kills_every_worker_is_given_up(prepared):
    Hypothesis.objects.update(attempt=MAX_ATTEMPTS)
    transcription.transcribe(prepared.pk)
    finishing.finish(prepared.pk)
    prepared.refresh_from_db()
    assert prepared.state == State.FAILED
    assert "0:00–0:0" in prepared.message


def test_span_that_killed_a_worker_is_tried_alone(alice):
    recording = receive(alice, AUDIO / "meeting.flac")
    preparation.prepare(recording.pk)
    Hypothesis.objects.update(attempt=1)
    assert len(transcription.claim_batch(recording)) == 1


def test_model_that_does_not_load_leaves_the_recording_waiting(prepared, settings, tmp_path):
    broken = shutil.copytree(DEMO_MODEL, tmp_path / "broken")
    (broken / "model.bin").write_bytes(b"not a model")
    settings.STT_MODEL = str(broken)
    transcription.transcribe(prepared.pk)
    prepared.refresh_from_db()
    assert prepared.state == State.TRANSCRIBING
    assert Hypothesis.objects.get().attempt == 0
    assert SpeechModel.objects.get().state == SpeechModel.State.UNUSABLE
    assert speech.resting().names
    settings.STT_MODEL = ""
    SpeechModel.objects.all().delete()
    transcription.transcribe(prepared.pk)
    assert text_of(prepared) == NOTE


def test_model_that_does_not_load_raises_for_the_caller(settings, tmp_path):
    with pytest.raises(ModelUnavailable):
        speech.engine(speech.Serving("broken", tmp_path))


def test_cancelled_recording_is_left_alone(prepared):
    assert lifecycle.cancel(prepared)
    transcription.transcribe(prepared.pk)
    assert Segment.objects.count() == 0
    prepared.refresh_from_db()
    assert prepared.state == State.CANCELLED


def test_cancelled_recording_can_be_tried_again(prepared):
    lifecycle.cancel(prepared)
    assert lifecycle.retry(prepared)
    assert text_of(work(prepared)) == NOTE


def test_finished_recording_cannot_be_cancelled(alice):
    recording = work(receive(alice, AUDIO / "note.wav"))
    assert not lifecycle.cancel(recording)


def test_deleted_recording_is_nothing_to_work_on(prepared):
    pk = prepared.pk
    prepared.delete()
    preparation.prepare(pk)
    transcription.transcribe(pk)
    finishing.finish(pk)


def test_events_are_numbered_without_gaps(alice):
    work(receive(alice, AUDIO / "note.wav"))
    numbers = list(Event.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_audio_of_finished_spans_is_not_kept(alice):
    recording = work(receive(alice, AUDIO / "note.wav"))
    assert list(recording.spans_folder.glob("*")) == []
