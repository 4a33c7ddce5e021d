"""Corrections of single segments."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from sttweb.accounts.models import User
from transcripts import access, editing, revisions, undoing
from transcripts.refusals import Refused
from transcripts.views.answers import error, parsed


@require_POST
@login_required
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Save `{"text", "version"}`; 409 carries the text that somebody else saved over that version."""
    segment = access.segment_write(request.user, pk)
    edit = _parse(request.body)
    if edit is None:
        return error("Send JSON with the text and the version that it was written over.", 400)
    author = cast(User, request.user)
    try:
        corrected = editing.correct(segment, *edit, author)
    except Refused as refused:
        return error(str(refused), refused.status)
    except editing.Conflict as conflict:
        return error(str(conflict), 409, **conflict.segment.as_dict())
    except revisions.Conflict as conflict:
        return error(str(conflict), 409, removed=conflict.removed)
    return JsonResponse(corrected.as_dict() | undoing.state_of(segment.transcript, author))


def _parse(body: bytes) -> tuple[str, int] | None:
    match parsed(body):
        case {"text": str(text), "version": int(version)}:
            return text, version
    return None
