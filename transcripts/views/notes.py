"""Notes and highlights."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from sttweb.accounts.models import User
from transcripts import access, notes
from transcripts.models import Recording, Transcript
from transcripts.refusals import Refused
from transcripts.views.answers import error, parsed

MALFORMED = "Send JSON with the text, the start and the end in seconds."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def of_recording(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The panel with all notes; or by POST of `{"start", "end", "text"}` one more."""
    if request.method == "POST":
        return _add(request, access.recording_write(request.user, pk))
    recording = access.recording_read(request.user, pk)
    context = _context(request, recording, recording.transcript)
    return render(request, "transcripts/_notes.html", context)


def _add(request: HttpRequest, recording: Recording) -> HttpResponse:
    transcript = recording.transcript
    match parsed(request.body):
        case {"start": int() | float() as start, "end": int() | float() as end, "text": str(text)}:
            pass
        case _:
            return error(MALFORMED, 400)
    if transcript is None:
        return error("Nothing was transcribed yet: note it once there is text.", 409)
    try:
        note = notes.add(transcript, cast(User, request.user), start, end, text)
    except Refused as refused:
        return error(str(refused), refused.status)
    return JsonResponse({"id": note.pk, **_shown(request, recording, transcript)}, status=201)


@require_POST
@login_required
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a note the `{"text"}`."""
    note = access.note_write(request.user, pk)
    match parsed(request.body):
        case {"text": str(text)}:
            pass
        case _:
            return error("Send JSON with the text.", 400)
    try:
        notes.change(note, text)
    except Refused as refused:
        return error(str(refused), refused.status)
    return JsonResponse(_shown(request, note.transcript.recording, note.transcript))


@require_POST
@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    note = access.note_write(request.user, pk)
    notes.remove(note)
    return JsonResponse(_shown(request, note.transcript.recording, note.transcript))


def _shown(request: HttpRequest, recording: Recording, transcript: Transcript) -> dict[str, Any]:
    """Return the list as it is now, and what is to be marked."""
    context = _context(request, recording, transcript)
    return {
        "html": render_to_string("transcripts/_note_list.html", context, request),
        "marks": notes.marks_of(transcript),
    }


def _context(request: HttpRequest, recording: Recording, transcript: Transcript | None) -> dict[str, Any]:
    return {
        "recording": recording,
        "notes": notes.shown(transcript) if transcript else [],
        "can_write": access.role_of(request.user, recording).can_write,
    }
