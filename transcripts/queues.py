"""Hands work to RQ. A lost job is no harm: `reconcile` finds every row that waits without one."""

from functools import partial

import django_rq

from transcripts import hints
from transcripts.failpoints import failpoint
from transcripts.models import Recording

# Bytes. Larger recordings are prepared on a queue of their own, so that a note is never behind one.
LONG_BYTES = 20_000_000
# Seconds that a job is taken to be on its way; it forgets itself when it starts. One whose worker died
# between taking it and starting is missed for so long; one that waits longer is doubled without harm.
WAKE_SECONDS = 20


def queue_for(recording: Recording) -> str | None:
    """Return the queue whose worker can take the recording one step further."""
    match recording.state:
        case Recording.State.RECEIVING if recording.comes_from_link:
            return "fetch"
        case Recording.State.QUEUED:
            return preparation_queue(recording)
        case Recording.State.PREPARING | Recording.State.TRANSCRIBING:
            return transcription_queue(recording)
        case Recording.State.FINISHING:
            return "finish"
    return None


def preparation_queue(recording: Recording) -> str:
    return "prepare_long" if recording.bytes_received > LONG_BYTES else "prepare"


def transcription_queue(recording: Recording) -> str:
    """What somebody is speaking, or has just spoken, goes before what is already a file or done."""
    is_live = recording.is_live and recording.is_active
    return "transcribe_live" if is_live else "transcribe"


def wake(recording: Recording) -> None:
    queue = queue_for(recording)
    if queue:
        enqueue(queue, recording.pk)


def enqueue(queue: str, pk: object, *, stage: str = "") -> None:
    """Put a job for the recording on the queue, unless one waits there already.

    Args: stage: what to do, where it is not what the queue is named after.
    """
    hints.give(partial(_put, queue, stage or queue.partition("_")[0], pk), f"No job for recording {pk} yet")


def _put(queue: str, stage: str, pk: object) -> None:
    rq = django_rq.get_queue(queue, connection=hints.connection())
    if rq.connection.set(_wake_key(stage, pk), "1", nx=True, ex=WAKE_SECONDS):
        failpoint("job-promised")
        rq.enqueue(f"transcripts.jobs.{stage}", str(pk), result_ttl=0, failure_ttl=3600)


def awake(stage: str, pk: object) -> None:
    """A job calls this before it looks for work: what becomes ready from here on needs a new job."""
    key = _wake_key(stage, pk)
    hints.give(lambda: hints.connection().delete(key), f"The mark {key} stays for now")


def _wake_key(stage: str, pk: object) -> str:
    return f"stt:wake:{stage}:{pk}"
