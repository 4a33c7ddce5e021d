"""The last step: a copy that plays everywhere, and what the owner should know."""

import logging
import shutil
from functools import partial
from uuid import UUID

from django.db import transaction

from transcripts import leases, lifecycle
from transcripts.clocks import clock
from transcripts.engine.audio import make_playable
from transcripts.engine.errors import AudioError
from transcripts.failpoints import failpoint
from transcripts.models import Hypothesis, Recording, Segment
from transcripts.models.lease import MAX_ATTEMPTS

logger = logging.getLogger(__name__)

NO_SPEECH = "No speech was found."


def finish(recording_id: UUID) -> None:
    recording = Recording.objects.filter(pk=recording_id).first()
    if recording is None:
        return
    fence = lifecycle.claim(recording, Recording.State.FINISHING)
    if fence is None:
        return
    failpoint("finishing-claimed")
    held = Recording.objects.filter(pk=recording_id, fence=fence)
    try:
        with leases.renewing(held):
            # Workers that die on the copy take nothing from the text, which is complete.
            playback_type = "" if recording.attempt > MAX_ATTEMPTS else playable(recording)
    except BaseException:
        held.update(lease_until=None)
        raise
    failpoint("playback-made")
    conclude(recording, fence, playback_type)


def playable(recording: Recording) -> str:
    """Make the copy for browsers where one is needed; return its media type, or "" where the source plays."""
    try:
        return make_playable(recording.source_path, recording.playback_path) or ""
    except AudioError as error:
        if not error.permanent:
            raise
        # The text is complete all the same.
        logger.warning("Recording %s has no playable copy: %s", recording.pk, error)
        return ""


def conclude(recording: Recording, fence: int, playback_type: str) -> None:
    failed = failed_times(recording)
    end = partial(lifecycle.move, recording, fence=fence, playback_type=playback_type, lease_until=None)
    if failed:
        message = f"These parts could not be transcribed: {failed}. The rest is here; try again for them."
        end(state=Recording.State.FAILED, message=message)
        return
    has_text = Segment.objects.filter(transcript__recording=recording).exists()
    message = note_of(recording) if has_text else NO_SPEECH
    # In one: whoever reopens the recording writes to the folder, and does so after it was removed.
    with transaction.atomic():
        if end(state=Recording.State.DONE, message=message):
            shutil.rmtree(recording.spans_folder, ignore_errors=True)
    failpoint("recording-concluded")


def note_of(recording: Recording) -> str:
    """Return what the owner should know of a finished recording, or ""."""
    if not recording.is_cut_short:
        return recording.message
    held = clock(recording.duration or 0.0)
    if recording.is_live:
        return f"This recording ended without Stop: {held} was saved."
    return f"This upload was never completed: the {held} that came was transcribed."


def failed_times(recording: Recording) -> str:
    rows = Hypothesis.objects.of(recording).filter(state=Hypothesis.State.FAILED)
    spans = rows.values_list("span__start", "span__end").order_by("span__position")
    return ", ".join(f"{clock(start)}–{clock(end)}" for start, end in spans[:5])
