"""What was deleted, and can still be taken back."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import Field

from transcripts import access, trash
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.cursors import decoded, encoded, whole
from transcripts.api.own.documents import refusals
from transcripts.api.own.fields import Paging, Shown
from transcripts.api.own.recording_shapes import RecordingShown, all_shown

router = Router(tags=["Trash"], auth=reads)


class Trash(Shown):
    items: list[RecordingShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")
    bytes: int = Field(description="What all of it takes of the quota.")


class Emptied(Shown):
    deleted: int


@router.get("/trash", response=Trash, openapi_extra=refusals(400))
def list_trash(request: Call, paging: Query[Paging]) -> Trash:
    """What was deleted, the last first."""
    user, limit = request.auth.user, paging.limit
    [start] = decoded(paging.cursor, whole) if paging.cursor else [0]
    rows = access.recordings_trashed(user).order_by("-deleted_at", "-pk").select_related("owner")
    found = list(rows[start : start + limit + 1])
    return Trash(
        items=all_shown(found[:limit], user),
        next=encoded(start + limit) if len(found) > limit else None,
        bytes=trash.bytes_held(user),
    )


@router.delete("/trash", response=Emptied, auth=manages)
def empty_trash(request: Call) -> Emptied:
    """Delete all of it for good."""
    return Emptied(deleted=trash.delete_for_good(access.recordings_trashed(request.auth.user)))


@router.delete("/trash/{uuid:recording_id}", response={204: None}, auth=manages)
def delete_for_good(request: Call, recording_id: UUID) -> HttpResponse:
    trash.delete_for_good([get_object_or_404(access.recordings_trashed(request.auth.user), pk=recording_id)])
    return HttpResponse(status=204)
