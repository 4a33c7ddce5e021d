"""Runs over recordings whose workers die, are replaced, or have to wait for what is more important."""

from datetime import timedelta

import django_rq
import pytest
from django.utils import timezone

from tests.pipeline import transcribe
from tests.test_reruns import call, note
from transcripts import jobs, reruns, transcription
from transcripts.models import Recording, Rerun
from transcripts.models.lease import MAX_ATTEMPTS
from transcripts.reconcile import reconcile
from transcripts.recutting import Recutting, blocks_of
from transcripts.reruns import Wishes

__all__ = ("call", "note")

pytestmark = pytest.mark.django_db

State = Rerun.State


def test_recut_that_died_goes_on_where_it_was(call, alice):
    rerun = reruns.start(call, alice, Wishes())
    dead = reruns.claim(rerun.pk, State.CUTTING)
    cutting = Recutting(dead)
    blocks = blocks_of(call)
    while not transcription.claimable(call).exists():
        cutting.push(next(blocks))
    blocks.close()
    transcription.transcribe(call.pk)
    Rerun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    django_rq.get_connection("prepare").flushdb()
    reconcile()
    (job,) = django_rq.get_queue("prepare").jobs
    assert job.func_name == "transcripts.jobs.recut"
    jobs.recut(*job.args)
    assert rerun.transcript.hypotheses.count() == call.spans.count()
    transcribe(call)
    django_rq.get_connection("prepare").flushdb()
    reconcile()
    (job,) = django_rq.get_queue("finish").jobs
    jobs.merge(*job.args)
    rerun.refresh_from_db()
    assert rerun.state == State.DONE


def test_whoever_was_replaced_writes_nothing(note, alice):
    rerun = reruns.start(note, alice, Wishes())
    paused = Recutting(reruns.claim(rerun.pk, State.CUTTING))
    Rerun.objects.update(lease_until=None)
    reruns.cut(rerun.pk)
    transcribe(note)
    with pytest.raises(reruns.Superseded):
        paused.run()


def test_run_on_which_every_worker_died_is_given_up(note, alice):
    rerun = reruns.start(note, alice, Wishes())
    Rerun.objects.update(attempt=MAX_ATTEMPTS)
    reruns.cut(rerun.pk)
    rerun.refresh_from_db()
    assert (rerun.state, rerun.message) == (State.FAILED, f"Transcribing again failed. {reruns.GAVE_UP}")


def test_runs_are_behind_what_was_never_heard(note, alice):
    Recording.objects.update(source=Recording.Source.MICROPHONE)
    note.refresh_from_db()
    django_rq.get_connection("prepare").flushdb()
    rerun = reruns.start(note, alice, Wishes())
    reruns.cut(rerun.pk)
    assert len(django_rq.get_queue("transcribe").jobs) == 1
    assert django_rq.get_queue("transcribe_live").jobs == []
