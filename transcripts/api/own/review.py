"""Checking a text: words that the engine was not sure of, and what was left out."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from transcripts import access, doubts, dropped
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.cursors import decoded, encoded, whole
from transcripts.api.own.documents import refusals
from transcripts.api.own.fields import GREATEST, Given, Number, Paging, Shown, Text
from transcripts.api.own.segment_shapes import EditShown, edit_shown
from transcripts.api.own.transcripts import transcript_of

router = Router(tags=["Review"], auth=reads)

Count = Annotated[int, Field(ge=0, le=GREATEST)]


class DoubtShown(Shown):
    segment: int
    word: int = Field(description="Which word of the segment, from 0.")
    term: str = Field(description="The word without case and punctuation.")
    text: str
    before: str
    after: str
    start: float
    end: float
    said: int = Field(description="How often the term is said at all.")


class Doubts(Shown):
    items: list[DoubtShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")
    count: int


class Verdict(Given):
    """Whether a word is right, or what it should be."""

    segment: Number
    word: Count
    term: Text = Field(max_length=1000)
    text: Annotated[Text, Field(max_length=doubts.CORRECTION_LENGTH)] | None = Field(
        None, description="What it should be; null where it is right."
    )
    everywhere: bool = Field(False, description="Wherever the term is said.")


class DroppedShown(Shown):
    hypothesis: int
    number: int
    start: float
    end: float
    text: str
    reason: str


class Dropped(Shown):
    items: list[DroppedShown]


class PutBack(Given):
    hypothesis: Number
    number: Count


@router.get("/recordings/{uuid:recording_id}/doubts", response=Doubts, openapi_extra=refusals(400, 409))
def list_doubts(request: Call, recording_id: UUID, paging: Query[Paging]) -> Doubts:
    """Words that the engine was not sure of, those of one term together."""
    walk = doubts.walk(transcript_of(access.recording_read(request.auth.user, recording_id)))
    [start] = decoded(paging.cursor, whole) if paging.cursor else [0]
    end = start + paging.limit
    return Doubts(
        items=[_doubt(walk, doubt) for doubt in walk.doubts[start:end]],
        next=encoded(end) if len(walk.doubts) > end else None,
        count=len(walk.doubts),
    )


def _doubt(walk: doubts.Walk, doubt: doubts.Doubt) -> DoubtShown:
    return DoubtShown(
        segment=doubt.segment.pk,
        word=doubt.word,
        term=doubt.term,
        text=doubt.shown,
        before=doubt.before,
        after=doubt.after,
        start=doubt.start,
        end=doubt.end,
        said=walk.totals[doubt.term],
    )


@router.post(
    "/recordings/{uuid:recording_id}/doubts",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def settle_doubt(request: Call, recording_id: UUID, given: Verdict) -> EditShown:
    """Accept or correct a word."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    verdict = doubts.Verdict(
        given.segment, given.word, given.term, given.text is None, given.text or "", given.everywhere
    )
    return edit_shown(doubts.settle(transcript, user, verdict)[0], user)


@router.get("/recordings/{uuid:recording_id}/dropped", response=Dropped, openapi_extra=refusals(409))
def list_dropped(request: Call, recording_id: UUID) -> Dropped:
    """What was taken for invented, and left out."""
    found = dropped.dropped_of(transcript_of(access.recording_read(request.auth.user, recording_id)))
    return Dropped(
        items=[
            DroppedShown(
                hypothesis=entry.hypothesis_id,
                number=entry.number,
                start=entry.start,
                end=entry.end,
                text=entry.text,
                reason=entry.reason,
            )
            for entry in found
        ]
    )


@router.post(
    "/recordings/{uuid:recording_id}/dropped",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def put_back(request: Call, recording_id: UUID, given: PutBack) -> EditShown:
    """Make a segment of what was left out."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    return edit_shown(dropped.put_back(transcript, user, given.hypothesis, given.number), user)
