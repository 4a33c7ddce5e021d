"""Runs a recording again, as a whole or a stretch of it, while its text stays and can be corrected.

The engine's words gather in a transcript of their own. When all are there, what no person wrote is replaced
in one revision: it can be compared, and undone.
"""

import logging
import shutil
from dataclasses import dataclass
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import events, leases, queues, revisions, speech, undoing
from transcripts.engine.errors import AudioError, EngineError
from transcripts.engine.languages import LANGUAGES
from transcripts.failpoints import failpoint
from transcripts.labels import clean_label
from transcripts.merging import merge
from transcripts.models import Event, Hypothesis, Recording, Rerun, Revision, Transcript
from transcripts.models.lease import MAX_ATTEMPTS
from transcripts.preparation import Superseded
from transcripts.recutting import Recutting
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

State = Rerun.State

PROMPT_LENGTH = 1000
GAVE_UP = "It was tried several times and the worker stopped each time. The text is as it was: try again."
CANCELLED = "Transcribing again was cancelled. The text is as it was."


@dataclass(frozen=True)
class Wishes:
    """What is to be run, and how."""

    language: str = ""  # empty is automatic
    task: str = Recording.Task.TRANSCRIBE
    model: str = ""  # empty is the one that serves
    prompt: str = ""
    # Seconds; None for the whole.
    start: float | None = None
    end: float | None = None

    def check(self) -> None:
        if self.language and self.language not in LANGUAGES:
            raise Refused("This is not a language that Whisper knows.")
        if self.task not in Recording.Task.values:
            raise Refused("The task must be “transcribe” or “translate”.")
        if len(self.prompt) > PROMPT_LENGTH:
            raise Refused(f"Names and terms may have at most {PROMPT_LENGTH} characters.")
        if self.start is None and self.end is None:
            return
        if self.start is None or self.end is None or not 0 <= self.start < self.end < float("inf"):
            raise Refused("Give a stretch whose end comes after its beginning.")

    def serving(self) -> speech.Serving:
        try:
            model = speech.chosen(self.model, self.task)
        except EngineError as error:
            raise Refused(str(error)) from error
        if self.task == Recording.Task.TRANSLATE and not model.can_translate:
            raise Refused(f"The model “{model.label}” cannot translate: choose another one.")
        return model


def start(recording: Recording, author: User, wishes: Wishes) -> Rerun:
    """Begin a run over a recording that is done.

    Raises: Refused: it is under way already, there is nothing to run, or a wish cannot be met.
    """
    wishes.check()
    model = wishes.serving()
    base = recording.transcript
    if recording.state != Recording.State.DONE or base is None:
        raise Refused("It can be transcribed again once it is done.", 409)
    stretch = whole_segments(base, wishes)
    try:
        with transaction.atomic():
            transcript = recording.transcripts.create(
                base=base,
                language=wishes.language,
                task=wishes.task,
                model=model.name,
                prompt=clean_label(wishes.prompt, PROMPT_LENGTH),
                selection_start=stretch and stretch[0],
                selection_end=stretch and stretch[1],
            )
            rerun = Rerun.objects.create(transcript=transcript, recording=recording, author=author)
            if not rerun.spans.exists():
                raise Refused("No speech was found there, so there is nothing to transcribe again.")
            events.publish(recording.pk, Event.Kind.PROGRESS)
            transaction.on_commit(partial(advance, rerun))
    except IntegrityError:
        raise Refused("It is being transcribed again already: wait for that, or cancel it.", 409) from None
    return rerun


def whole_segments(base: Transcript, wishes: Wishes) -> tuple[float, float] | None:
    """Return the stretch, widened to the segments that it touches; None for the whole."""
    if wishes.start is None or wishes.end is None:
        return None
    touched = base.segments.filter(start__lt=wishes.end, end__gt=wishes.start, is_edited=False)
    bounds = list(touched.values_list("start", "end"))
    return min([wishes.start, *(s for s, _ in bounds)]), max([wishes.end, *(e for _, e in bounds)])


def advance(rerun: Rerun) -> None:
    """Enqueue what comes next: spans to be cut, or once none waits to be heard any more, the merging."""
    waiting = Hypothesis.objects.open().filter(transcript=rerun.transcript_id)
    if rerun.state == State.CUTTING:
        queues.enqueue(queues.preparation_queue(rerun.recording), rerun.pk, stage="recut")
    elif rerun.state == State.TRANSCRIBING and not waiting.exists():
        queues.enqueue("finish", rerun.pk, stage="merge")


def claim(pk: int, state: str) -> Rerun | None:
    """Take a run for one stage of work; None where there is nothing to do."""
    rows = Rerun.objects.filter(pk=pk, state=state)
    if not rows.claim():
        return None
    rerun = rows.select_related("recording", "transcript__recording", "author").get()
    if rerun.attempt <= MAX_ATTEMPTS:
        return rerun
    fail(rerun, GAVE_UP)
    return None


def cut(pk: int) -> None:
    """Cut the spans of a run; the rest is the transcribing worker's."""
    rerun = claim(pk, State.CUTTING)
    if rerun is None:
        return
    failpoint("rerun-claimed")
    held = Rerun.objects.filter(pk=pk, fence=rerun.fence)
    try:
        with leases.renewing(held):
            Recutting(rerun).run()
    except Superseded:
        logger.info("Cutting for run %s ended early", pk)
        return
    except BaseException as error:
        if isinstance(error, AudioError) and error.permanent:
            fail(rerun, str(error))
            return
        held.update(lease_until=None)
        raise
    held.filter(state=State.CUTTING).update(state=State.TRANSCRIBING, attempt=0, lease_until=None)
    failpoint("rerun-cut")
    rerun.refresh_from_db()
    advance(rerun)


def cut_again(rerun: Rerun) -> None:
    """Have the spans cut whose audio is gone. Whoever cuts them now is past them, and has to begin anew."""
    open_rows = Rerun.objects.open().filter(pk=rerun.pk)
    if open_rows.update(state=State.CUTTING, fence=F("fence") + 1, attempt=0, lease_until=None):
        rerun.refresh_from_db()
        advance(rerun)


def conclude(pk: int) -> None:
    """Merge what a run heard into the text, once."""
    if Hypothesis.objects.open().filter(transcript__rerun=pk).exists():
        return
    rerun = claim(pk, State.TRANSCRIBING)
    if rerun is None:
        return
    failpoint("rerun-heard")
    held = Rerun.objects.filter(pk=pk, fence=rerun.fence)
    try:
        with leases.renewing(held), transaction.atomic():
            if held.filter(state=State.TRANSCRIBING).update(state=State.DONE):
                merged = merge(rerun)
                failpoint("rerun-merged")
                end(rerun, State.DONE, merged.message, merged.revision)
    except EngineError as error:
        fail(rerun, str(error))
    except BaseException:
        held.update(lease_until=None)
        raise
    failpoint("rerun-done")


def undo(rerun: Rerun, author: User) -> None:
    """Take back what a run changed, whatever was done elsewhere in the text since.

    Raises: Conflict: part of it was changed again; Refused: there is nothing to take back.
    """
    base, revision = rerun.transcript.base, rerun.revision
    if base is None or revision is None or revision.undone_by_id is not None:
        raise Refused("There is nothing to undo: it changed nothing, or was undone already.", 409)
    with revisions.record(base, author, Revision.Kind.UNDO) as act:
        # Where it was redone, that is how it stands now.
        undoing.revert(act, base.revisions.filter(reverts=revision).last() or revision, revision)
    events.publish(rerun.recording_id, Event.Kind.PROGRESS)


def cancel(rerun: Rerun) -> bool:
    return end(rerun, State.CANCELLED, CANCELLED)


def fail(rerun: Rerun, message: str) -> bool:
    return end(rerun, State.FAILED, f"Transcribing again failed. {message}")


@transaction.atomic
def end(rerun: Rerun, state: str, message: str, revision: object = None) -> bool:
    """End a run and tell the readers; False where it has ended already."""
    ours = Rerun.objects.filter(pk=rerun.pk)
    if state != State.DONE:
        ours = ours.open()
    changes = {"state": state, "message": message, "revision": revision}
    if not ours.update(**changes, lease_until=None, finished_at=timezone.now()):
        return False
    events.publish(rerun.recording_id, Event.Kind.PROGRESS)
    transaction.on_commit(partial(shutil.rmtree, rerun.folder, ignore_errors=True))
    logger.info("Run %s over recording %s is %s", rerun.pk, rerun.recording_id, state)
    return True
