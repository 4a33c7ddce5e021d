"""A recording's way through its states, and the jobs that each state asks for."""

import logging
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transcripts import events, outbox, queues
from transcripts.models import Event, Hypothesis, Recording, Transcript, UrlImport
from transcripts.models.lease import MAX_ATTEMPTS

logger = logging.getLogger(__name__)

State = Recording.State

GAVE_UP = "It was tried several times and the worker stopped each time. The recording is kept: try again."


@transaction.atomic
def move(recording: Recording, state: str, *, fence: int | None = None, **changes: object) -> bool:
    """Change the state, tell the readers, and enqueue what comes next. False where another was first."""
    if state in Recording.TERMINAL_STATES:
        changes.setdefault("finished_at", timezone.now())
    if state == State.QUEUED:
        changes.setdefault("attempt", 0)
    if not recording.move(state, fence=fence, **changes):
        return False
    _tell(recording)
    return True


@transaction.atomic
def claim(recording: Recording, state: Recording.State) -> int | None:
    """Take the recording for a stage of work; return the fence, or None where there is nothing to do.

    To be finished it may be taken however many died on it: that is for the taker to know.
    """
    before = recording.state
    fence = recording.claim(state)
    if fence is None:
        return None
    if recording.attempt > MAX_ATTEMPTS and state != State.FINISHING:
        give_up(recording, fence)
        return None
    if before != state:
        _tell(recording)
    return fence


def give_up(recording: Recording, fence: int) -> None:
    """Every worker died on it. What still grows is received on, and tried again as a whole."""
    if recording.state == State.RECEIVING:
        Recording.objects.filter(pk=recording.pk, fence=fence).update(can_stream=False, lease_until=None)
        return
    fail(recording, GAVE_UP, fence=fence)


def _tell(recording: Recording) -> None:
    logger.info("Recording %s is %s", recording.pk, recording.state)
    events.publish(recording.pk, Event.Kind.STATE, {"state": recording.state})
    outbox.tell(recording)
    transaction.on_commit(partial(queues.wake, recording))


def advance(recording: Recording) -> None:
    """Go on to finishing once all spans exist and none waits."""
    waiting = Hypothesis.objects.open().of(recording)
    if recording.state == State.TRANSCRIBING and not waiting.exists():
        move(recording, State.FINISHING, attempt=0, lease_until=None)


def fail(recording: Recording, message: str, *, fence: int | None = None) -> bool:
    """End with one sentence for the owner. What was transcribed stays."""
    return move(recording, State.FAILED, fence=fence, message=message, lease_until=None)


@transaction.atomic
def fail_if_complete(recording: Recording, message: str) -> bool:
    """Fail a recording that has all its bytes. One that has not is received on: they are nowhere else.

    Its owner is told already, and may choose another language.
    """
    rows = Recording.objects.select_for_update().filter(pk=recording.pk)
    if rows.values_list("state", flat=True).first() != State.RECEIVING:
        return fail(recording, message)
    if rows.exclude(message=message).update(message=message):
        events.publish(recording.pk, Event.Kind.STATE, {"state": State.RECEIVING})
    return False


@transaction.atomic
def cut_again(recording: Recording) -> None:
    """Have the spans cut whose audio is gone. Whoever cuts it now is past them, and has to begin anew."""
    row = Recording.objects.select_for_update().filter(pk=recording.pk).first()
    if row is None:
        return
    if row.state == State.TRANSCRIBING:
        move(row, State.QUEUED)
    cutting = Recording.objects.filter(pk=row.pk, state__in=[State.RECEIVING, State.PREPARING])
    cutting.update(fence=F("fence") + 1, attempt=0, lease_until=None)


def cancel(recording: Recording) -> bool:
    if recording.state == State.RECEIVING and not hasattr(recording, "url_import"):
        return False  # its sender ends it
    return move(recording, State.CANCELLED, lease_until=None, message="")


@transaction.atomic
def set_language(recording: Recording, code: str) -> bool:
    """Set the language of what is still to be heard of a recording under way; empty detects it anew."""
    growing = Recording.objects.filter(pk=recording.pk, state=State.RECEIVING)
    if not growing.update(language=code, message=""):
        return False
    Transcript.objects.filter(recording=recording).update(language=code, language_probability=None)
    return True


@transaction.atomic
def retry(recording: Recording) -> bool:
    """Do again what is missing. Spans that are done stay done."""
    undone = Hypothesis.objects.of(recording).exclude(state=Hypothesis.State.DONE)
    if not recording.sha256:
        # Its bytes never came as a whole.
        return fetch_again(recording)
    if not move(recording, State.QUEUED, attempt=0, lease_until=None, message="", finished_at=None):
        return False
    undone.update(state=Hypothesis.State.READY, attempt=0, lease_until=None)
    return True


def fetch_again(recording: Recording) -> bool:
    """Ask the link for what is missing."""
    waiting = UrlImport.objects.filter(recording=recording)
    if not waiting.update(attempt=0, lease_until=None, asked_at=timezone.now()):
        return False
    return move(recording, State.RECEIVING, message="", finished_at=None)
