"""Transcripts: the text as a whole, and its history."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from transcripts import access, history, original, restoring, undoing
from transcripts.accuracy import accuracy_of
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.cursors import decoded, encoded, whole
from transcripts.api.own.documents import refusals
from transcripts.api.own.etags import tagged
from transcripts.api.own.fields import GREATEST, Number, Paging, PathNumber, Shown
from transcripts.api.own.segment_shapes import EditShown, SpeakerShown, edit_shown, speakers_of
from transcripts.models import Recording, Revision, Transcript

router = Router(tags=["Transcripts"], auth=reads)

# Changes of one revision in the list; the revision alone has all.
FIRST_CHANGES = 3
MOST_CHANGES = 20_000
NOTHING_YET = "There is no text yet: wait until some has come."


class TranscriptShown(Shown):
    language: str
    task: str
    model: str
    is_demo: bool = Field(description="Made with the demonstration model, which knows only the samples.")
    revision: int = Field(description="How often people have changed it.")
    segment_count: int
    text: str
    speakers: list[SpeakerShown]
    accuracy: float | None = Field(
        description="0 to 1, as the engine estimates; null where there are no words."
    )
    word_count: int
    can_undo: bool
    can_redo: bool


class StretchShown(Shown):
    kind: str = Field(description="`equal`, `delete` for what was, `insert` for what came.")
    text: str


class PairShown(Shown):
    start: float
    is_changed: bool
    words: list[StretchShown]


class Original(Shown):
    items: list[PairShown]


class ChangeShown(Shown):
    segment: int
    at: float | None
    words: list[StretchShown]
    notes: list[str]


class RevisionShown(Shown):
    number: int
    kind: str
    sentence: str
    author: str
    created_at: datetime
    is_undone: bool
    notes: list[str]
    changes: list[ChangeShown]
    change_count: int


class RevisionsAsked(Paging):
    segment: Number | None = Field(None, description="Only what changed this one.")


class Revisions(Shown):
    items: list[RevisionShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")


def transcript_of(recording: Recording) -> Transcript:
    """Raises: ApiError: there is no text yet."""
    transcript = recording.transcript
    if transcript is None:
        raise ApiError(NOTHING_YET, 409, code="no_text_yet")
    return transcript


@router.get(
    "/recordings/{uuid:recording_id}/transcript", response=TranscriptShown, openapi_extra=refusals(409)
)
def get_transcript(request: Call, recording_id: UUID) -> HttpResponse:
    """The text in one piece, and what is known of it; `/segments` has its times."""
    recording = access.recording_read(request.auth.user, recording_id)
    transcript = transcript_of(recording)
    texts = list(transcript.segments.values_list("text", flat=True))
    accuracy = accuracy_of(transcript)
    body = TranscriptShown(
        language=transcript.text_language,
        task=transcript.task,
        model=transcript.model,
        is_demo=transcript.is_demo,
        revision=transcript.revision_count,
        segment_count=len(texts),
        text=" ".join(texts),
        speakers=speakers_of(transcript),
        accuracy=accuracy.share if accuracy else None,
        word_count=accuracy.words if accuracy else 0,
        **undoing.state_of(transcript, request.auth.user),
    )
    return tagged(request, body, f'"{transcript.pk}-{recording.event_count}"')


@router.get("/recordings/{uuid:recording_id}/original", response=Original, openapi_extra=refusals(409))
def get_original(request: Call, recording_id: UUID) -> Original:
    """What the engine first said, beside the text as it stands."""
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    found = original.pairs(transcript)
    return Original(
        items=[PairShown(start=p.start, is_changed=p.is_changed, words=_stretches(p.words)) for p in found]
    )


def _stretches(stretches: list[history.Stretch]) -> list[StretchShown]:
    return [StretchShown(kind=stretch.kind, text=stretch.text) for stretch in stretches]


@router.get("/recordings/{uuid:recording_id}/revisions", response=Revisions, openapi_extra=refusals(400, 409))
def list_revisions(
    request: Call,
    recording_id: UUID,
    asked: Query[RevisionsAsked],
) -> Revisions:
    """What people changed, the last first."""
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    limit, segment = asked.limit, asked.segment
    rows = history.revisions_of(transcript, segment)
    if asked.cursor:
        rows = rows.filter(number__lt=decoded(asked.cursor, whole)[0])
    found = list(rows[: limit + 1])
    return Revisions(
        items=_entries(transcript, found[:limit], FIRST_CHANGES, segment),
        next=encoded(found[limit - 1].number) if len(found) > limit else None,
    )


@router.get(
    "/recordings/{uuid:recording_id}/revisions/{int:number}",
    response=RevisionShown,
    openapi_extra=refusals(409),
)
def get_revision(request: Call, recording_id: UUID, number: PathNumber) -> RevisionShown:
    """One revision with all that it changed."""
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    found = history.revisions_of(transcript).filter(number=number)
    if not found:
        raise Http404
    return _entries(transcript, found, MOST_CHANGES)[0]


def _entries(
    transcript: Transcript,
    revisions: QuerySet[Revision] | list[Revision],
    most: int,
    segment: int | None = None,
) -> list[RevisionShown]:
    return [_entry(entry) for entry in history.entries(transcript, revisions, most, segment)]


def _entry(entry: history.Entry) -> RevisionShown:
    revision = entry.revision
    return RevisionShown(
        number=revision.number,
        kind=revision.kind,
        sentence=entry.sentence,
        author=entry.author,
        created_at=revision.created_at,
        is_undone=revision.undone_by_id is not None,
        notes=entry.notes,
        changes=[
            ChangeShown(segment=c.segment_id, at=c.at, words=_stretches(c.words), notes=c.notes)
            for c in entry.changes
        ],
        change_count=entry.count,
    )


@router.post(
    "/recordings/{uuid:recording_id}/revisions/{int:number}/restore",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def restore_revision(
    request: Call, recording_id: UUID, number: Path[Annotated[int, Field(ge=0, le=GREATEST)]]
) -> EditShown:
    """Put the text as it stood after a revision, 0 being as it was transcribed, by a revision of its own."""
    transcript = transcript_of(access.recording_write(request.auth.user, recording_id))
    act = restoring.restore(transcript, request.auth.user, number)
    return edit_shown(act, request.auth.user)


@router.post(
    "/recordings/{uuid:recording_id}/undo", response=EditShown, auth=manages, openapi_extra=refusals(409)
)
def undo(request: Call, recording_id: UUID) -> EditShown:
    """Take back the key owner's last change that stands."""
    transcript = transcript_of(access.recording_write(request.auth.user, recording_id))
    return edit_shown(undoing.undo(transcript, request.auth.user), request.auth.user)


@router.post(
    "/recordings/{uuid:recording_id}/redo", response=EditShown, auth=manages, openapi_extra=refusals(409)
)
def redo(request: Call, recording_id: UUID) -> EditShown:
    """Make again what was undone last."""
    transcript = transcript_of(access.recording_write(request.auth.user, recording_id))
    return edit_shown(undoing.redo(transcript, request.auth.user), request.auth.user)
