"""Finds work that waits without a job, and gives it one.

The database is the truth. Whatever Redis forgot, or a worker left behind when it died, is found here within
one round: rows that are ready, and rows whose lease ran out.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection
from django.db.models import Model

from transcripts import (
    account_deletion,
    api_files,
    batches,
    ingest,
    leases,
    lifecycle,
    outbox,
    queues,
    reruns,
    retention,
    search_schema,
    speech,
    storage,
    trash,
)
from transcripts.models import Hypothesis, Recording, Rerun, Transcript, UrlImport

logger = logging.getLogger(__name__)

State = Recording.State
Row = TypeVar("Row", bound=Model)
# Seconds between two looks through all folders.
ORPHANS_SECONDS = 3600.0


def reconcile() -> None:
    """One round; called every few seconds. What fails is logged, and keeps nothing else from being done."""
    for step in (
        leases.end_orphaned,
        delete_accounts,
        wake_imports,
        wake_preparation,
        wake_finishing,
        wake_transcription,
        advance_reruns,
        advance_recordings,
        wake_deliveries,
        finish_abandoned,
        storage.sweep,
        discard_orphans,
        outbox.forget_ended,
        batches.begin_all_waiting,
        batches.remove_expired,
        trash.empty_expired,
        api_files.delete_expired,
        retention.delete_expired,
        search_schema.merge,
    ):
        with apart(step.__name__):
            step()


@contextmanager
def apart(name: str) -> Iterator[None]:
    """Log what fails, unless it is that the database has gone, without which nothing can be done."""
    try:
        yield
    except Exception:
        if connection.connection is None or not connection.is_usable():
            raise
        logger.exception("Reconciling failed at %s", name)


def each(act: Callable[[Row], None], rows: Iterable[Row]) -> None:
    for row in rows:
        with apart(f"{row._meta.verbose_name} {row.pk}"):
            act(row)


def delete_accounts() -> None:
    each(account_deletion.go_on, account_deletion.begun())


def wake_imports() -> None:
    for waiting in UrlImport.objects.free().filter(recording__state=State.RECEIVING):
        queues.enqueue("fetch", waiting.pk)


def wake_preparation() -> None:
    for recording in Recording.objects.free().filter(state__in=[State.QUEUED, State.PREPARING]):
        queues.enqueue(queues.preparation_queue(recording), recording.pk)


def wake_finishing() -> None:
    for recording in Recording.objects.free().filter(state=State.FINISHING):
        queues.enqueue("finish", recording.pk)


def wake_transcription() -> None:
    resting = speech.resting()
    waiting = Hypothesis.objects.waiting().free().values("transcript")
    for transcript in Transcript.objects.filter(pk__in=waiting).select_related("recording"):
        if not resting.holds_up(transcript.asked_model, transcript.task):
            recording = transcript.recording
            queues.enqueue(queues.transcription_queue(recording), recording.pk)


def advance_reruns() -> None:
    each(reruns.advance, Rerun.objects.open().free().select_related("recording"))


def advance_recordings() -> None:
    each(lifecycle.advance, Recording.objects.filter(state=State.TRANSCRIBING))


def wake_deliveries() -> None:
    for delivery in outbox.due():
        queues.enqueue("deliver", delivery.pk)


def finish_abandoned() -> None:
    each(end_abandoned, Recording.objects.abandoned())


def end_abandoned(recording: Recording) -> None:
    logger.info("Recording %s was left at byte %d", recording.pk, recording.bytes_received)
    try:
        ingest.end_abandoned(recording)
    except ingest.Refused as refused:
        logger.info("Recording %s stays as it is: %s", recording.pk, refused)


_orphans_due_at = 0.0


def discard_orphans() -> None:
    """Look for folders that are nobody's, once in a while."""
    global _orphans_due_at
    if time.monotonic() >= _orphans_due_at:
        _orphans_due_at = time.monotonic() + ORPHANS_SECONDS
        storage.discard_orphans()
