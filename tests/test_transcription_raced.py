"""Workers that were taken for dead, audio that is gone, and recordings that are deleted under the work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.engine.media import RECORDER, make
from tests.pipeline import AUDIO, receive, text_of, work
from tests.test_live import begin, end, follower, look, send, transcribe
from transcripts import ingest, lifecycle, preparation, recutting, reruns, transcription
from transcripts.live_page import update_since
from transcripts.models import Hypothesis, Recording, Rerun, Segment
from transcripts.models.lease import MAX_ATTEMPTS

__all__ = ("follower",)

pytestmark = pytest.mark.django_db

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
State = Recording.State


@pytest.fixture
def prepared(alice) -> Recording:
    """A note that is cut into spans, none of them transcribed."""
    recording = receive(alice, AUDIO / "note.wav")
    preparation.prepare(recording.pk)
    recording.refresh_from_db()
    return recording


def expire_leases() -> None:
    Hypothesis.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_worker_taken_for_dead_leaves_the_audio_to_the_next(prepared, django_capture_on_commit_callbacks):
    dead = transcription.claim_batch(prepared)
    outcomes = transcription.run(dead)
    expire_leases()
    second = transcription.claim_batch(prepared)
    events = Recording.objects.get().event_count
    with django_capture_on_commit_callbacks(execute=True):
        transcription.write(dead, outcomes)
    assert Recording.objects.get().event_count == events
    with django_capture_on_commit_callbacks(execute=True):
        transcription.write(second, transcription.run(second))
    assert text_of(prepared) == NOTE
    assert list(prepared.spans_folder.glob("*")) == []


def lose_audio(recording: Recording) -> None:
    for path in recording.spans_folder.glob("*.wav"):
        path.unlink()


def test_span_whose_audio_is_gone_is_cut_again(prepared):
    lose_audio(prepared)
    transcription.transcribe(prepared.pk)
    prepared.refresh_from_db()
    assert prepared.state == State.QUEUED
    assert not transcription.claimable(prepared).exists()
    recording = work(prepared)
    assert (recording.state, recording.message, text_of(recording)) == (State.DONE, "", NOTE)


def test_span_whose_audio_is_always_gone_is_given_up(prepared):
    for _ in range(MAX_ATTEMPTS):
        lose_audio(prepared)
        transcription.transcribe(prepared.pk)
        preparation.prepare(prepared.pk)
    recording = work(prepared)
    assert recording.state == State.FAILED
    assert "0:00–0:0" in recording.message


def test_worker_that_comes_late_to_heard_audio_changes_nothing(prepared):
    late = transcription.claim_batch(prepared)
    expire_leases()
    transcription.transcribe(prepared.pk)
    lose_audio(prepared)
    with pytest.raises(transcription.AudioGone):
        transcription.run(late)
    transcription.have_cut_again(late, Hypothesis.objects.filter(pk=late[0].pk, fence=late[0].fence))
    prepared.refresh_from_db()
    assert (prepared.state, text_of(prepared)) == (State.FINISHING, NOTE)


def test_span_that_lost_its_audio_while_it_grows_is_cut_again(alice, follower, tmp_path):
    path = make(tmp_path / "note.webm", RECORDER)
    recording = begin(alice, path)
    send(recording, path.read_bytes()[:-20_000])
    look(follower, lambda: recording.spans.exists())
    lose_audio(recording)
    transcription.transcribe(recording.pk)
    assert not transcription.claimable(recording).exists()
    look(follower, lambda: transcription.claimable(recording).exists())
    transcribe(recording)
    assert text_of(recording).startswith("This is a test of the recording.")


def test_span_of_a_run_that_lost_its_audio_is_cut_again(alice):
    recording = work(receive(alice, AUDIO / "note.wav"))
    rerun = reruns.start(recording, alice, reruns.Wishes())
    reruns.cut(rerun.pk)
    for path in rerun.folder.glob("*.wav"):
        path.unlink()
    transcription.transcribe(recording.pk)
    rerun.refresh_from_db()
    assert rerun.state == Rerun.State.CUTTING
    reruns.cut(rerun.pk)
    transcription.transcribe(recording.pk)
    reruns.conclude(rerun.pk)
    rerun.refresh_from_db()
    assert rerun.state == Rerun.State.DONE


@pytest.mark.parametrize("moment", ["batch-claimed", "batch-heard", "batch-done"])
def test_recording_that_is_deleted_while_it_is_heard_ends_quietly(prepared, monkeypatch, moment):
    def delete_at(name: str) -> None:
        if name == moment:
            ingest.delete(prepared)

    monkeypatch.setattr(transcription, "failpoint", delete_at)
    transcription.transcribe(prepared.pk)
    assert not Segment.objects.exists()


def test_model_that_is_missing_does_not_end_what_still_comes(alice, follower, tmp_path, monkeypatch):
    monkeypatch.setattr(transcription, "PAUSE_SECONDS", 600.0)
    path = make(tmp_path / "note.webm", RECORDER)
    data = path.read_bytes()
    recording = begin(alice, path)
    Recording.objects.update(model="removed")
    send(recording, data[:-20_000])
    look(follower, lambda: recording.spans.exists())
    transcription.transcribe(recording.pk)
    assert "not installed any more" in update_since(alice, recording.pk, 0)["status"]["html"]
    # Not tried over and over while more comes.
    assert not transcription.claimable(recording).exists()
    assert not Hypothesis.objects.exclude(attempt=0).exists()
    send(recording, data[-20_000:])
    end(recording)
    look(follower, lambda: not follower.followed)
    Hypothesis.objects.update(lease_until=None)
    transcription.transcribe(recording.pk)
    recording.refresh_from_db()
    assert recording.state == State.FAILED
    assert "not installed any more" in recording.message
    Recording.objects.update(model="")
    recording.refresh_from_db()
    assert lifecycle.retry(recording)
    assert text_of(work(recording)) == NOTE


@pytest.mark.parametrize("is_rerun", [False, True])
def test_recording_that_is_deleted_while_it_is_cut_leaves_no_speech_behind(alice, monkeypatch, is_rerun):
    recording = receive(alice, AUDIO / "note.wav")
    if is_rerun:
        rerun = reruns.start(work(recording), alice, reruns.Wishes())
    folder = recording.folder
    write_wav = preparation.write_wav

    def delete_and_write(*args):
        ingest.delete(recording)
        write_wav(*args)

    monkeypatch.setattr(preparation, "write_wav", delete_and_write)
    monkeypatch.setattr(recutting, "write_wav", delete_and_write)
    if is_rerun:
        reruns.cut(rerun.pk)
    else:
        preparation.prepare(recording.pk)
    assert not folder.exists()
