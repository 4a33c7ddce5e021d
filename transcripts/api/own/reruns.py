"""Running a recording, or a stretch of it, again."""

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from transcripts import access, reruns
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads, transcribes
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.fields import Given, Language, PathNumber, Seconds, Shown, Text
from transcripts.api.own.recording_shapes import ProgressShown, Task
from transcripts.models import Rerun
from transcripts.progress import Progress, rerun_progress

router = Router(tags=["Reruns"], auth=reads)

# Runs that are listed.
MOST = 100


class RerunShown(Shown):
    id: int
    recording: UUID
    state: str = Field(description="`cutting`, `transcribing`, `done`, `failed` or `cancelled`.")
    message: str = Field(description="What came of it, or why nothing did.")
    language: str
    task: str
    model: str
    start: float | None
    end: float | None
    revision: int | None = Field(description="Which holds what it changed; null where that is nothing.")
    progress: ProgressShown
    created_at: datetime
    finished_at: datetime | None


class Reruns(Shown):
    items: list[RerunShown]


class NewRerun(Given):
    """What is left out is as the recording was asked for."""

    language: Language | None = None
    task: Task | None = None
    model: Text = Field("", max_length=200, description="One of `/models`; the configured one where empty.")
    prompt: Text = Field("", max_length=reruns.PROMPT_LENGTH)
    start: Seconds | None = Field(None, description="Only from here; null for the whole.")
    end: Seconds | None = None


def rerun_shown(rerun: Rerun) -> RerunShown:
    transcript = rerun.transcript
    progress = rerun_progress(rerun) if rerun.is_open else Progress()
    return RerunShown(
        id=rerun.pk,
        recording=rerun.recording_id,
        state=rerun.state,
        message=rerun.message,
        language=transcript.language,
        task=transcript.task,
        model=transcript.model,
        start=transcript.selection_start,
        end=transcript.selection_end,
        revision=rerun.revision.number if rerun.revision else None,
        progress=ProgressShown(
            percent=progress.percent, seconds_left=progress.seconds_left, queue_position=None
        ),
        created_at=rerun.created_at,
        finished_at=rerun.finished_at,
    )


@router.get("/recordings/{uuid:recording_id}/reruns", response=Reruns)
def list_reruns(request: Call, recording_id: UUID) -> Reruns:
    """The last runs, the newest first."""
    recording = access.recording_own(request.auth.user, recording_id)
    runs = recording.reruns.select_related("transcript__recording", "revision", "recording")[:MOST]
    return Reruns(items=[rerun_shown(run) for run in runs])


@router.post(
    "/recordings/{uuid:recording_id}/reruns",
    response={201: RerunShown},
    auth=transcribes,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def start_rerun(request: Call, recording_id: UUID, given: NewRerun) -> Made:
    """Begin a run. What no person wrote is replaced when all is heard, as one revision."""
    recording = access.recording_own(request.auth.user, recording_id)
    wishes = reruns.Wishes(
        language=recording.language if given.language is None else given.language,
        task=given.task or recording.task,
        model=given.model,
        prompt=given.prompt,
        start=given.start,
        end=given.end,
    )
    run = reruns.start(recording, request.auth.user, wishes)
    return Made(rerun_shown(run), f"/api/v1/reruns/{run.pk}")


@router.get("/reruns/{int:rerun_id}", response=RerunShown)
def get_rerun(request: Call, rerun_id: PathNumber) -> RerunShown:
    return rerun_shown(access.rerun_own(request.auth.user, rerun_id))


@router.post("/reruns/{int:rerun_id}/cancel", response=RerunShown, auth=manages, openapi_extra=refusals(409))
def cancel_rerun(request: Call, rerun_id: PathNumber) -> RerunShown:
    rerun = access.rerun_own(request.auth.user, rerun_id)
    if not reruns.cancel(rerun):
        raise ApiError("It could not be cancelled: it has ended already.", 409)
    return rerun_shown(access.rerun_own(request.auth.user, rerun_id))


@router.post("/reruns/{int:rerun_id}/undo", response={204: None}, auth=manages, openapi_extra=refusals(409))
def undo_rerun(request: Call, rerun_id: PathNumber) -> HttpResponse:
    """Take back what it changed."""
    reruns.undo(access.rerun_own(request.auth.user, rerun_id), request.auth.user)
    return HttpResponse(status=204)
