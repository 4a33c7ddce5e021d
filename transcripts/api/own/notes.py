"""Notes and highlights."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from transcripts import access, notes
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.etags import IF_MATCH, alone, require_match, tag_of, tagged
from transcripts.api.own.fields import Given, PathNumber, Seconds, Shown, Text
from transcripts.api.own.transcripts import transcript_of
from transcripts.models import Note

router = Router(tags=["Notes"], auth=reads)

NoteText = Annotated[Text, Field(max_length=notes.TEXT_LENGTH, description="Empty for a highlight.")]


class NoteShown(Shown):
    id: int
    start: float
    end: float
    text: str
    author: str
    created_at: datetime


class NoteInPlace(NoteShown):
    excerpt: str = Field(description="What was said there.")


class Notes(Shown):
    items: list[NoteInPlace]


class NewNote(Given):
    start: Seconds
    end: Seconds
    text: NoteText = ""


class NoteChanges(Given):
    text: NoteText


def note_shown(note: Note) -> NoteShown:
    return NoteShown(**_facts(note))


def _facts(note: Note) -> dict[str, Any]:
    return {
        "id": note.pk,
        "start": note.start,
        "end": note.end,
        "text": note.text,
        "author": note.written_by,
        "created_at": note.created_at,
    }


def answer(request: Call, note: Note) -> HttpResponse:
    body = note_shown(note)
    return tagged(request, body, tag_of(body))


@router.get("/recordings/{uuid:recording_id}/notes", response=Notes, openapi_extra=refusals(409))
def list_notes(request: Call, recording_id: UUID) -> Notes:
    """All notes in the order of time."""
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    return Notes(
        items=[NoteInPlace(**_facts(shown.note), excerpt=shown.excerpt) for shown in notes.shown(transcript)]
    )


@router.post(
    "/recordings/{uuid:recording_id}/notes",
    response={201: NoteShown},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def create_note(request: Call, recording_id: UUID, note: NewNote) -> Made:
    """Note something about a stretch."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    made = notes.add(transcript, user, note.start, note.end, note.text)
    return Made(note_shown(made), f"/api/v1/notes/{made.pk}")


@contextmanager
def seen(request: Call, note_id: int) -> Iterator[Note]:
    """Give the note, to be changed as the caller has seen it."""
    user = request.auth.user
    with alone(access.note_write(user, note_id).transcript.recording):
        note = access.note_write(user, note_id)
        require_match(request, tag_of(note_shown(note)))
        yield note


@router.get("/notes/{int:note_id}", response=NoteShown)
def get_note(request: Call, note_id: PathNumber) -> HttpResponse:
    return answer(request, access.note_read(request.auth.user, note_id))


@router.patch(
    "/notes/{int:note_id}",
    response=NoteShown,
    auth=manages,
    openapi_extra=joined(IF_MATCH, refusals(400)),
)
def change_note(request: Call, note_id: PathNumber, changes: NoteChanges) -> HttpResponse:
    with seen(request, note_id) as note:
        notes.change(note, changes.text)
    return answer(request, note)


@router.delete("/notes/{int:note_id}", response={204: None}, auth=manages, openapi_extra=joined(IF_MATCH))
def delete_note(request: Call, note_id: PathNumber) -> HttpResponse:
    with seen(request, note_id) as note:
        notes.remove(note)
    return HttpResponse(status=204)
