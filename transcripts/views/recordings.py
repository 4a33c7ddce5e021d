"""What is done to a recording as a whole."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from sttweb.accounts.models import User
from transcripts import access, editing, ingest, lifecycle
from transcripts.engine.languages import LANGUAGES
from transcripts.models import Recording
from transcripts.samples import SAMPLES
from transcripts.views import library
from transcripts.views.answers import error, wants_json
from transcripts.wishes import Wishes


@require_POST
@login_required
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = access.recording_write(request.user, pk)
    title = editing.rename(recording, request.POST.get("title", ""))
    return JsonResponse({"title": title}) if wants_json(request) else redirect(recording)


@require_POST
@login_required
def language(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say, while it is being recorded, which language is spoken; empty for automatic."""
    recording = access.recording_own(request.user, pk)
    code = request.POST.get("language", "")
    if code and code not in LANGUAGES:
        return error("This is not a language that Whisper knows.", 400)
    if not lifecycle.set_language(recording, code):
        return error("The recording has ended: its language is set already.", 409)
    return JsonResponse({"language": code})


@require_POST
@login_required
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = access.recording_own(request.user, pk)
    library.discard(request, [recording])
    return redirect("home")


@require_POST
@login_required
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _after(request, pk, lifecycle.cancel, "It could not be cancelled: it has ended already.")


@require_POST
@login_required
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _after(request, pk, lifecycle.retry, "There is nothing to try again.")


@require_POST
@login_required
def finish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an upload or recording whose page went away as what it holds."""
    recording = access.recording_own(request.user, pk)
    try:
        recording = ingest.finish(recording)
    except ingest.Refused as refused:
        messages.error(request, str(refused))
        return redirect("home")
    return redirect(recording)


def _after(request: HttpRequest, pk: UUID, act, refusal: str) -> HttpResponse:
    """Do `act` and go back to the recording; where it was not possible, say why."""
    recording = access.recording_own(request.user, pk)
    if act(recording):
        return JsonResponse({"state": recording.state}) if wants_json(request) else redirect(recording)
    if wants_json(request):
        return error(refusal, 409)
    messages.error(request, refusal)
    return redirect(recording)


@require_POST
@login_required
def sample(request: HttpRequest, name: str) -> HttpResponse:
    """Transcribe one of the recordings that ship with the product."""
    if name not in SAMPLES:
        raise Http404
    chosen = SAMPLES[name]
    wishes = Wishes(title=chosen.title, file_name=chosen.file_name, source=Recording.Source.SAMPLE)
    try:
        return redirect(ingest.take_file(cast(User, request.user), wishes, chosen.path))
    except ingest.Refused as refused:
        messages.error(request, str(refused))
        return redirect("home")
