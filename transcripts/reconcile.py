"""Finds work that waits without a job, and gives it one.

The database is the truth. Whatever Redis forgot, or a worker left behind when it died, is found here within
one round: rows that are ready, and rows whose lease ran out.
"""

import logging

from transcripts import (
    api_files,
    batches,
    ingest,
    leases,
    lifecycle,
    outbox,
    queues,
    reruns,
    retention,
    speech,
    storage,
    trash,
)
from transcripts.models import Hypothesis, Recording, Rerun, Transcript, UrlImport

logger = logging.getLogger(__name__)

State = Recording.State


def reconcile() -> None:
    """One round; called every few seconds."""
    leases.end_orphaned()
    free = Recording.objects.free()
    for waiting in UrlImport.objects.free().filter(recording__state=State.RECEIVING):
        queues.enqueue("fetch", waiting.pk)
    for recording in free.filter(state__in=[State.QUEUED, State.PREPARING]):
        queues.enqueue(queues.preparation_queue(recording), recording.pk)
    for recording in free.filter(state=State.FINISHING):
        queues.enqueue("finish", recording.pk)
    wake_transcription()
    for rerun in Rerun.objects.open().free().select_related("recording"):
        reruns.advance(rerun)
    for recording in Recording.objects.filter(state=State.TRANSCRIBING):
        lifecycle.advance(recording)
    for delivery in outbox.due():
        queues.enqueue("deliver", delivery.pk)
    finish_abandoned()
    outbox.forget_ended()
    batches.begin_all_waiting()
    batches.remove_expired()
    trash.empty_expired()
    api_files.delete_expired()
    retention.delete_expired()


def wake_transcription() -> None:
    resting = speech.resting()
    waiting = Hypothesis.objects.waiting().free().values("transcript")
    for transcript in Transcript.objects.filter(pk__in=waiting).select_related("recording"):
        if not resting.holds_up(transcript.asked_model, transcript.task):
            recording = transcript.recording
            queues.enqueue(queues.transcription_queue(recording), recording.pk)


def finish_abandoned() -> None:
    """Take what nobody continues as what it holds; what holds nothing is removed."""
    for recording in Recording.objects.abandoned():
        logger.info("Recording %s was left at byte %d", recording.pk, recording.bytes_received)
        try:
            if recording.bytes_received:
                ingest.finish(recording)
            else:
                ingest.delete(recording)
        except ingest.Refused as refused:
            logger.info("Recording %s stays as it is: %s", recording.pk, refused)
    storage.sweep()
