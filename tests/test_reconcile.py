"""What waits without a job gets one, whatever Redis forgot."""

import io
import subprocess
from datetime import timedelta

import django_rq
import pytest
from django.utils import timezone

from tests.pipeline import AUDIO, receive
from transcripts import ingest, preparation, speech, storage, transcription
from transcripts.models import Hypothesis, Recording, SpeechModel
from transcripts.models.lease import machine
from transcripts.reconcile import end_abandoned, reconcile
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db


def jobs(queue: str) -> list[tuple[str, str]]:
    return [(job.func_name, *job.args) for job in django_rq.get_queue(queue).jobs]


def forget_jobs() -> None:
    django_rq.get_connection("prepare").flushdb()


@pytest.fixture
def queued(alice) -> Recording:
    return receive(alice, AUDIO / "note.wav")


@pytest.fixture
def prepared(queued) -> Recording:
    preparation.prepare(queued.pk)
    forget_jobs()
    return queued


def test_queued_recording_gets_its_job_back(queued):
    reconcile()
    assert jobs("prepare") == [("transcripts.jobs.prepare", str(queued.pk))]


def test_waiting_job_is_not_doubled(queued):
    reconcile()
    reconcile()
    assert len(jobs("prepare")) == 1


def test_large_recording_waits_on_a_queue_of_its_own(queued):
    Recording.objects.update(bytes_received=10**9)
    reconcile()
    assert (len(jobs("prepare")), len(jobs("prepare_long"))) == (0, 1)


def test_preparation_under_way_is_left_alone(queued):
    assert queued.claim(Recording.State.PREPARING)
    reconcile()
    assert jobs("prepare") == []


def test_preparation_whose_worker_died_is_done_again(queued):
    queued.claim(Recording.State.PREPARING)
    Recording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    reconcile()
    assert len(jobs("prepare")) == 1


def test_spans_without_a_job_get_one(prepared):
    reconcile()
    assert jobs("transcribe") == [("transcripts.jobs.transcribe", str(prepared.pk))]


def test_spans_wait_while_the_model_does_not_load(prepared):
    later = timezone.now() + timedelta(seconds=30)
    serving = speech.serving("transcribe").name
    SpeechModel.objects.create(name=serving, state="unusable", next_attempt_at=later)
    reconcile()
    assert jobs("transcribe") == []


def test_span_whose_worker_died_is_given_out_again(prepared):
    transcription.claim_batch(prepared)
    reconcile()
    assert jobs("transcribe") == []
    Hypothesis.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    reconcile()
    assert len(jobs("transcribe")) == 1


def test_span_is_given_out_again_at_once_when_its_worker_is_gone_from_this_machine(prepared):
    transcription.claim_batch(prepared)
    gone = subprocess.Popen(["true"])
    gone.wait()
    Hypothesis.objects.update(holder=f"{machine()}:{gone.pid}")
    reconcile()
    assert len(jobs("transcribe")) == 1


def test_span_stays_with_its_worker_on_another_machine(prepared):
    transcription.claim_batch(prepared)
    gone = subprocess.Popen(["true"])
    gone.wait()
    Hypothesis.objects.update(holder=f"elsewhere:{gone.pid}")
    reconcile()
    assert jobs("transcribe") == []


def test_recording_whose_last_step_was_lost_goes_on(prepared):
    Hypothesis.objects.update(state=Hypothesis.State.DONE)
    reconcile()
    prepared.refresh_from_db()
    assert prepared.state == Recording.State.FINISHING


def test_recording_left_without_stop_is_finished_as_what_it_holds(queued):
    ago = timezone.now() - timedelta(hours=2)
    Recording.objects.update(state="receiving", is_live=True, received_at=ago)
    reconcile()
    queued.refresh_from_db()
    assert queued.state == Recording.State.QUEUED


def test_upload_under_way_is_left_alone(queued):
    Recording.objects.update(state="receiving", received_at=timezone.now() - timedelta(hours=2))
    reconcile()
    queued.refresh_from_db()
    assert queued.state == Recording.State.RECEIVING


def left(recording: Recording, source: str, ago: timedelta, **changes: object) -> Recording:
    """Make a recording one that nobody has continued for so long; go one round."""
    received_at = timezone.now() - ago
    changes.setdefault("is_live", source == "microphone")
    Recording.objects.update(state="receiving", source=source, received_at=received_at, **changes)
    reconcile()
    return Recording.objects.get(pk=recording.pk)


@pytest.mark.parametrize(
    ("source", "minutes", "state"),
    [
        ("microphone", 9, "receiving"),
        ("microphone", 11, "queued"),
        ("upload", 23 * 60, "receiving"),
        ("upload", 25 * 60, "queued"),
    ],
)
def test_what_nobody_continues_is_taken_after_its_time(queued, source, minutes, state):
    assert left(queued, source, timedelta(minutes=minutes)).state == state


def test_time_until_it_is_taken_is_a_setting(queued, settings):
    settings.STT_RECORDING_IDLE = timedelta(hours=3)
    assert left(queued, "microphone", timedelta(hours=2)).state == Recording.State.RECEIVING


def test_upload_that_lacks_bytes_is_taken_as_cut_short(queued):
    recording = left(queued, "upload", timedelta(days=2), size=queued.bytes_received + 1)
    assert recording.is_cut_short


def test_upload_that_only_lacked_its_finish_is_whole(queued):
    assert not left(queued, "upload", timedelta(days=2)).is_cut_short


@pytest.mark.parametrize("source", ["microphone", "upload"])
def test_empty_upload_is_removed_when_its_time_is_over(queued, source):
    with pytest.raises(Recording.DoesNotExist):
        left(queued, source, timedelta(days=2), bytes_received=0)
    assert not queued.folder.exists()


def test_upload_that_is_being_written_to_is_left_alone(queued):
    with storage.locked(queued.source_path):
        assert left(queued, "upload", timedelta(days=2)).state == Recording.State.RECEIVING


def test_upload_that_is_continued_just_before_it_is_removed_stays(alice):
    recording = ingest.begin(alice, Wishes(), None)
    seen = Recording.objects.get()
    ingest.append(recording, 0, io.BytesIO(b"speech"), 6)
    end_abandoned(seen)
    assert Recording.objects.get().bytes_received == 6
    assert recording.source_path.read_bytes() == b"speech"


def test_row_that_fails_keeps_no_other_waiting(alice, prepared, caplog):
    Recording.objects.filter(pk=prepared.pk).update(created_at=timezone.now() - timedelta(days=1))
    broken = ingest.begin(alice, Wishes(), None)
    ingest.append(broken, 0, io.BytesIO(b"speech"), 6)
    # Nothing can be opened under a name that is too long for the disk.
    broken.source_path.unlink()
    broken.source_path.symlink_to("x" * 300)
    ago = timezone.now() - timedelta(days=2)
    Recording.objects.filter(pk=broken.pk).update(received_at=ago)
    other = ingest.begin(alice, Wishes(), None)
    ingest.append(other, 0, io.BytesIO(b"sound"), 5)
    Recording.objects.filter(pk=other.pk).update(received_at=ago, created_at=ago)
    trashed = ingest.begin(alice, Wishes(), None)
    Recording.objects.filter(pk=trashed.pk).update(deleted_at=timezone.now() - timedelta(days=1000))
    reconcile()
    broken.source_path.unlink()
    assert str(broken.pk) in caplog.text
    other.refresh_from_db()
    assert other.state == Recording.State.QUEUED
    assert not Recording.objects.filter(pk=trashed.pk).exists()
