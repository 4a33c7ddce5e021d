"""Tags of the owner's recordings."""

from typing import Annotated
from uuid import UUID

from django.db.models import Count, Q
from django.http import HttpResponse
from ninja import Router
from pydantic import Field, Strict

from transcripts import access, tagging
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.documents import refusals
from transcripts.api.own.fields import Given, Shown, Text
from transcripts.models import Recording, Tag

router = Router(tags=["Tags"], auth=reads)


class TagShown(Shown):
    name: str
    recordings: int


class Tags(Shown):
    items: list[TagShown]


class Tagging(Given):
    name: Text = Field(min_length=1, max_length=tagging.NAME_LENGTH)
    recordings: list[Annotated[UUID, Strict(False)]] = Field(min_length=1, max_length=500)


@router.get("/tags", response=Tags)
def list_tags(request: Call) -> Tags:
    there = Count("recordings", filter=Q(recordings__deleted_at=None))
    rows = Tag.objects.filter(owner=request.auth.user).annotate(count=there)
    return Tags(items=[TagShown(name=name, recordings=n) for name, n in rows.values_list("name", "count")])


@router.post("/tags/add", response={204: None}, auth=manages, openapi_extra=refusals(400, 404))
def add_tag(request: Call, given: Tagging) -> HttpResponse:
    """Give several recordings a tag."""
    tagging.add(request.auth.user, chosen(request, given), given.name)
    return HttpResponse(status=204)


@router.post("/tags/remove", response={204: None}, auth=manages, openapi_extra=refusals(404))
def remove_tag(request: Call, given: Tagging) -> HttpResponse:
    """Take a tag off several recordings; one that none bears any more is forgotten."""
    tagging.remove(request.auth.user, chosen(request, given), given.name)
    return HttpResponse(status=204)


def chosen(request: Call, given: Tagging) -> list[Recording]:
    return [access.recording_own(request.auth.user, pk) for pk in dict.fromkeys(given.recordings)]
