"""Segments: what is said, when, and by whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from transcripts import access, editing, restoring, revisions, speakers, structure
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.cursors import decoded, encoded
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.etags import CHANGED, IF_MATCH, alone, tagged, version_seen, version_tag
from transcripts.api.own.fields import (
    GREATEST,
    Given,
    Number,
    Numbers,
    Paging,
    PathNumber,
    Seconds,
    Shown,
    Text,
)
from transcripts.api.own.segment_shapes import EditShown, SegmentShown, edit_shown, segment_shown
from transcripts.api.own.transcripts import transcript_of
from transcripts.models import Segment, Transcript

router = Router(tags=["Segments"], auth=reads)

MOST = 1000
SegmentText = Annotated[Text, Field(max_length=editing.TEXT_LENGTH)]
Version = Annotated[
    int | None, Field(ge=0, le=GREATEST, description="The version that is changed, in place of If-Match.")
]
VERSIONED = joined(IF_MATCH, refusals(400, 409, 428))


class Segments(Shown):
    items: list[SegmentShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")


class SegmentsAsked(Paging):
    limit: int = Field(200, ge=1, le=MOST, description="How many at most.")
    words: bool = Field(False, description="Say of each word when it is heard.")


class SegmentChanges(Given):
    """What is left out stays as it is."""

    version: Version = None
    text: SegmentText = ""
    start: Seconds = 0.0
    end: Seconds = 0.0
    speaker: Annotated[int, Field(ge=1, le=speakers.MOST)] | None = Field(
        None, description="The number of a speaker that there is; null for nobody."
    )


class Split(Given):
    version: Version = None
    at: int = Field(ge=0, le=GREATEST, description="Characters (UTF-16) before the cut.")


class Merge(Given):
    version: Version = None


class NewSegment(Given):
    after: Number | None = Field(
        None, description="The segment that it comes behind; null for the beginning."
    )
    start: Seconds
    end: Seconds
    text: SegmentText


class Chosen(Given):
    segments: Numbers


class Restored(Given):
    revision: int = Field(ge=0, le=GREATEST, description="0 is before the first change.")


@contextmanager
def seen_before() -> Iterator[None]:
    """Somebody may have been quicker, after the version was looked at."""
    try:
        yield
    except revisions.Conflict:
        raise ApiError(CHANGED, 412, code="changed_meanwhile") from None


@router.get("/recordings/{uuid:recording_id}/segments", response=Segments, openapi_extra=refusals(400, 409))
def list_segments(
    request: Call,
    recording_id: UUID,
    asked: Query[SegmentsAsked],
) -> Segments:
    """The text in its order, page by page."""
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    rows = transcript.segments.select_related("speaker").order_by("position")
    limit = asked.limit
    if asked.cursor:
        rows = rows.filter(position__gt=decoded(asked.cursor, position)[0])
    found = list(rows[: limit + 1])
    return Segments(
        items=[segment_shown(segment, with_words=asked.words) for segment in found[:limit]],
        next=encoded(found[limit - 1].position) if len(found) > limit else None,
    )


def position(value: object) -> int:
    """Positions go beyond what other numbers may."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError
    return value


@router.post(
    "/recordings/{uuid:recording_id}/segments",
    response={201: EditShown},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def insert_segment(request: Call, recording_id: UUID, segment: NewSegment) -> Made:
    """Put a new segment behind another one."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    act = structure.insert(transcript, user, segment.after, segment.start, segment.end, segment.text)
    return Made(edit_shown(act, user), f"/api/v1/segments/{act.segments[0].pk}" if act.segments else "")


@router.post(
    "/recordings/{uuid:recording_id}/segments/delete",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def delete_segments(request: Call, recording_id: UUID, chosen: Chosen) -> EditShown:
    """Remove several segments as one act; those that are gone already do not matter."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    return edit_shown(structure.delete(transcript, user, own(transcript, chosen.segments)), user)


def own(transcript: Transcript, pks: list[int]) -> list[int]:
    return list(Segment.objects.filter(transcript=transcript, pk__in=pks).values_list("pk", flat=True))


@router.get("/segments/{int:segment_id}", response=SegmentShown)
def get_segment(request: Call, segment_id: PathNumber) -> HttpResponse:
    segment = access.segment_read(request.auth.user, segment_id)
    return answer(request, segment)


def answer(request: Call, segment: Segment) -> HttpResponse:
    return tagged(request, segment_shown(segment, with_words=True), version_tag(segment.version))


@router.patch("/segments/{int:segment_id}", response=SegmentShown, auth=manages, openapi_extra=VERSIONED)
def change_segment(request: Call, segment_id: PathNumber, changes: SegmentChanges) -> HttpResponse:
    """Correct its text, move its bounds, or say who speaks: only in the version that the caller has seen."""
    user = request.auth.user
    with seen_before(), alone(access.segment_write(user, segment_id).transcript.recording):
        segment = access.segment_write(user, segment_id)
        version_seen(request, changes.version, segment.version)
        for change in (_text, _bounds, _speaker):
            change(request, segment, changes)
            segment = access.segment_write(user, segment_id)
    return answer(request, segment)


def _text(request: Call, segment: Segment, changes: SegmentChanges) -> None:
    if "text" in changes.model_fields_set:
        editing.correct(segment, changes.text, segment.version, request.auth.user)


def _bounds(request: Call, segment: Segment, changes: SegmentChanges) -> None:
    given = changes.model_fields_set
    if not given & {"start", "end"}:
        return
    start = changes.start if "start" in given else segment.start
    end = changes.end if "end" in given else segment.end
    user = request.auth.user
    structure.move(segment.transcript, user, segment.pk, segment.version, start, end)


def _speaker(request: Call, segment: Segment, changes: SegmentChanges) -> None:
    if "speaker" in changes.model_fields_set:
        speakers.assign(segment.transcript, request.auth.user, [segment.pk], changes.speaker)


@router.delete(
    "/segments/{int:segment_id}",
    response=EditShown,
    auth=manages,
    openapi_extra=joined(IF_MATCH, refusals(409)),
)
def delete_segment(request: Call, segment_id: PathNumber) -> EditShown:
    user = request.auth.user
    with alone(access.segment_write(user, segment_id).transcript.recording):
        segment = access.segment_write(user, segment_id)
        version_seen(request, segment.version, segment.version)
        act = structure.delete(segment.transcript, user, [segment.pk])
    return edit_shown(act, user)


@router.post("/segments/{int:segment_id}/split", response=EditShown, auth=manages, openapi_extra=VERSIONED)
def split_segment(request: Call, segment_id: PathNumber, split: Split) -> EditShown:
    """Cut it in two between the words that are nearest."""
    user = request.auth.user
    segment = access.segment_write(user, segment_id)
    version = version_seen(request, split.version, segment.version)
    with seen_before():
        act = structure.split(segment.transcript, user, pk=segment.pk, version=version, at=split.at)
    return edit_shown(act, user)


@router.post("/segments/{int:segment_id}/merge", response=EditShown, auth=manages, openapi_extra=VERSIONED)
def merge_segment(request: Call, segment_id: PathNumber, merge: Merge) -> EditShown:
    """Join it to the one before it."""
    user = request.auth.user
    segment = access.segment_write(user, segment_id)
    version = version_seen(request, merge.version, segment.version)
    with seen_before():
        act = structure.merge(segment.transcript, user, pk=segment.pk, version=version)
    return edit_shown(act, user)


@router.post(
    "/segments/{int:segment_id}/restore",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def restore_segment(request: Call, segment_id: PathNumber, restored: Restored) -> EditShown:
    """Give it the text that it had after a revision."""
    user = request.auth.user
    segment = access.segment_write(user, segment_id)
    return edit_shown(restoring.restore_segment(segment, user, restored.revision), user)
