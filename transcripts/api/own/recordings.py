"""Recordings as a whole."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import Field

from transcripts import access, editing, ingest, lifecycle, tagging, trash
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads, transcribes
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.documents import body_of, joined, refusals
from transcripts.api.own.etags import IF_MATCH, alone, require_match, tag_of, tagged
from transcripts.api.own.fields import Given, Language, Paging, Text
from transcripts.api.own.listing import Filters, Recordings, page_of
from transcripts.api.own.recording_shapes import PASSING, RecordingShown, shown
from transcripts.api.own.taking import FileWishes, Form, Link, take
from transcripts.engine.languages import LANGUAGES
from transcripts.models import Recording

router = Router(tags=["Recordings"], auth=reads)

Act = TypeVar("Act", bound=Callable[..., Any])
BODIES = body_of(json=Link, form=Form, file="*/*")


class RecordingChanges(Given):
    """What is left out stays as it is."""

    title: Text = Field("", min_length=1, max_length=200)
    language: Language = Field("", description="Only while it is being recorded.")
    tags: list[Annotated[Text, Field(min_length=1, max_length=50)]] = Field(
        [], max_length=50, description="All that it shall have."
    )


def answer(request: Call, recording: Recording, status: int = 200) -> HttpResponse:
    body = shown(recording, request.auth.user)
    return tagged(request, body, tag_of(body, *PASSING), status)


def address(recording: Recording) -> str:
    return f"/api/v1/recordings/{recording.pk}"


@router.get("/recordings", response=Recordings, openapi_extra=refusals(400))
def list_recordings(request: Call, filters: Query[Filters], paging: Query[Paging]) -> Recordings:
    """The recordings that the key's owner sees in the library, page by page."""
    return page_of(request.auth.user, filters.wish(), paging)


@router.post(
    "/recordings",
    response={201: RecordingShown},
    auth=transcribes,
    openapi_extra=joined(BODIES, IDEMPOTENCY_KEY, refusals(400, 413, 429, 507)),
)
@creates
def create_recording(request: Call, wishes: Query[FileWishes]) -> Made:
    """Take in a recording.

    Send JSON with the `url` of a file, a form with a `file`, or the file itself as the body. What the query
    says counts for the last of these only. Large files are better sent as uploads, which can be resumed.
    """
    recording = take(request, wishes)
    return Made(shown(recording, request.auth.user), address(recording))


@router.get("/recordings/{uuid:recording_id}", response=RecordingShown)
def get_recording(request: Call, recording_id: UUID) -> HttpResponse:
    return answer(request, access.recording_read(request.auth.user, recording_id))


@router.patch(
    "/recordings/{uuid:recording_id}",
    response=RecordingShown,
    auth=manages,
    openapi_extra=joined(IF_MATCH, refusals(400, 409)),
)
def change_recording(request: Call, recording_id: UUID, changes: RecordingChanges) -> HttpResponse:
    """Give it another title, other tags, or while it is being recorded another language."""
    user, given = request.auth.user, changes.model_fields_set
    find = access.recording_own if given & {"language", "tags"} else access.recording_write
    with alone(find(user, recording_id)):
        recording = find(user, recording_id)
        body = seen(request, recording)
        if "language" in given:
            set_language(recording, changes.language)
        if "title" in given:
            editing.rename(recording, changes.title)
        if "tags" in given:
            set_tags(recording, body.tags, changes.tags)
    return answer(request, access.recording_read(user, recording_id))


def seen(request: Call, recording: Recording) -> RecordingShown:
    """Return what the caller has seen, where it still stands."""
    body = shown(recording, request.auth.user)
    require_match(request, tag_of(body, *PASSING))
    return body


def set_language(recording: Recording, code: str) -> None:
    if code and code not in LANGUAGES:
        raise ApiError("This is not a language that Whisper knows.", 400, param="language")
    if not lifecycle.set_language(recording, code):
        raise ApiError("The recording has ended: its language is set already.", 409)


def set_tags(recording: Recording, old: list[str], new: list[str]) -> None:
    kept = {name.casefold() for name in new}
    for name in new:
        tagging.add(recording.owner, [recording], name)
    for name in old:
        if name.casefold() not in kept:
            tagging.remove(recording.owner, [recording], name)


@router.delete(
    "/recordings/{uuid:recording_id}", response={204: None}, auth=manages, openapi_extra=joined(IF_MATCH)
)
def delete_recording(request: Call, recording_id: UUID) -> HttpResponse:
    """Put it into the trash, from which it can be restored."""
    user = request.auth.user
    with alone(access.recording_own(user, recording_id)):
        recording = access.recording_own(user, recording_id)
        seen(request, recording)
        trash.discard([recording])
    return HttpResponse(status=204)


@router.post("/recordings/{uuid:recording_id}/restore", response=RecordingShown, auth=manages)
def restore_recording(request: Call, recording_id: UUID) -> HttpResponse:
    """Take it back out of the trash."""
    trashed = access.recordings_trashed(request.auth.user)
    trash.restore([get_object_or_404(trashed, pk=recording_id)])
    return answer(request, access.recording_own(request.auth.user, recording_id))


def acts(name: str, *statuses: int) -> Callable[[Act], Act]:
    """Make a view of what its owner does with a recording, by the last word of its address."""
    return router.post(
        f"/recordings/{{uuid:recording_id}}/{name}",
        response=RecordingShown,
        auth=manages,
        openapi_extra=refusals(*statuses),
    )


def done(
    request: Call, recording_id: UUID, act: Callable[[Recording], bool], impossible: str
) -> HttpResponse:
    recording = access.recording_own(request.auth.user, recording_id)
    if not act(recording):
        raise ApiError(impossible, 409)
    return answer(request, recording)


@acts("cancel", 409)
def cancel_recording(request: Call, recording_id: UUID) -> HttpResponse:
    """Stop the work on it."""
    impossible = "It could not be cancelled: it has ended already, or is still being sent."
    return done(request, recording_id, lifecycle.cancel, impossible)


@acts("retry", 409)
def retry_recording(request: Call, recording_id: UUID) -> HttpResponse:
    """Do what is missing of one that failed or was cancelled."""
    return done(request, recording_id, lifecycle.retry, "There is nothing to try again.")


@acts("finish", 400, 404, 460)
def finish_recording(request: Call, recording_id: UUID) -> HttpResponse:
    """Take an upload that nobody continues as what it holds."""
    recording = ingest.finish(access.recording_own(request.auth.user, recording_id))
    return answer(request, recording)
