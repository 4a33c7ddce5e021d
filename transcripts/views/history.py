"""The history of a transcript, and the ways back in it."""

from functools import partial
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sttweb.accounts.models import User
from transcripts import access, history, restoring, undoing
from transcripts.models import Revision, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act, Conflict
from transcripts.views.answers import error, parsed, wants_json
from transcripts.views.edits import Edit, answer

PAGE_SIZE = 20
# Changes of one revision in the list; the rest is shown when asked for.
FIRST_CHANGES = 3
MOST_CHANGES = 20_000
# Recordings that a sentence names.
MOST_NAMED = 3


@require_safe
@login_required
def revisions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The revisions of a transcript, or with `?segment=` of one segment, the last one first."""
    recording = access.recording_read(request.user, pk)
    transcript = recording.transcript
    segment_id = whole_number(request.GET.get("segment", ""))
    context = {"recording": recording, "transcript": transcript, "segment_id": segment_id}
    if transcript is not None:
        found = history.revisions_of(transcript, segment_id)
        page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
        context |= {
            "page": page,
            "entries": history.entries(transcript, page, FIRST_CHANGES, segment_id),
            "can_write": access.role_of(request.user, recording).can_write,
        }
    return render(request, "transcripts/history.html", context)


@require_safe
@login_required
def revision(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """One revision with all that it changed."""
    recording = access.recording_read(request.user, pk)
    transcript = recording.transcript
    found = history.revisions_of(transcript).filter(number=number) if transcript else None
    if transcript is None or not found:
        raise Http404
    [entry] = history.entries(transcript, found, MOST_CHANGES)
    can_write = access.role_of(request.user, recording).can_write
    context = {"recording": recording, "entry": entry, "can_write": can_write}
    return render(request, "transcripts/revision.html", context)


@require_POST
@login_required
def restore(request: HttpRequest, pk: UUID, number: int) -> HttpResponse:
    """Put the whole transcript as it stood after a revision; 0 is as it was transcribed."""
    recording = access.recording_write(request.user, pk)
    edit = partial(restoring.restore, number=number)
    if wants_json(request):
        return answer(request, recording, edit)
    return _done(request, recording.transcript, edit, "The transcript stands as it did then.")


@require_POST
@login_required
def restore_segment(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a segment the text that it had after `{"revision"}`."""
    segment = access.segment_write(request.user, pk)
    number = _number(request)
    if number is None:
        return error("Say the number of the revision whose text you want.", 400)

    def edit(transcript: Transcript, author: User) -> Act:
        return restoring.restore_segment(segment, author, number)

    if wants_json(request) or request.content_type == "application/json":
        return answer(request, segment.transcript.recording, edit)
    return _done(request, segment.transcript, edit, "The segment has that text again.", f"#segment-{pk}")


@require_POST
@login_required
def undo_group(request: HttpRequest, group: UUID) -> HttpResponse:
    """Take back what the user did to several transcripts at once. Open pages are told as of any change."""
    acts, kept = undoing.undo_group(access.revisions_own(request.user, group))
    sentence = taken_back(acts, kept)
    if wants_json(request):
        return JsonResponse({"sentence": sentence})
    messages.success(request, sentence)
    return redirect(kept[0].transcript.recording if kept else acts[0].transcript.recording)


def taken_back(acts: list[Act], kept: list[Revision]) -> str:
    """Say in how many recordings something was taken back, and in which it stays."""
    sentence = f"Taken back in {counted(len(acts))}." if acts else "Nothing was taken back."
    if not kept:
        return sentence
    titles = ", ".join(f"“{revision.transcript.recording.title}”" for revision in kept[:MOST_NAMED])
    more = f" and {len(kept) - MOST_NAMED} more" if len(kept) > MOST_NAMED else ""
    return f"{sentence} It stays where the same was changed again since: {titles}{more}."


def counted(recordings: int) -> str:
    return "1 recording" if recordings == 1 else f"{recordings:,} recordings"


def _done(
    request: HttpRequest, transcript: Transcript | None, edit: Edit, sentence: str, anchor: str = ""
) -> HttpResponse:
    """Do it for a form, and go to the transcript."""
    if transcript is None:
        raise Http404
    try:
        edit(transcript, cast(User, request.user))
    except (Refused, Conflict) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{sentence} Undo takes that back.")
    return redirect(transcript.recording.get_absolute_url() + anchor)


def whole_number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _number(request: HttpRequest) -> int | None:
    if request.content_type != "application/json":
        return whole_number(request.POST.get("revision", ""))
    match parsed(request.body):
        case {"revision": int(number)}:
            return number
    return None
