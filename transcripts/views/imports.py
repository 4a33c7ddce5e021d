"""Recordings from a link."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from sttweb.accounts.models import User
from transcripts import url_import
from transcripts.ingest import Refused
from transcripts.models import Recording
from transcripts.views.answers import error, wants_json
from transcripts.wishes import Wishes


@require_POST
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Fetch the recording at `url`, treated as `language`, `task` and `prompt` say."""
    wishes = Wishes(
        language=request.POST.get("language", ""),
        task=request.POST.get("task", Recording.Task.TRANSCRIBE),
        prompt=request.POST.get("prompt", ""),
    )
    try:
        recording = url_import.begin(cast(User, request.user), request.POST.get("url", ""), wishes)
    except Refused as refused:
        if wants_json(request):
            return error(str(refused), refused.status)
        messages.error(request, str(refused))
        return redirect("home")
    if wants_json(request):
        return JsonResponse({"url": recording.get_absolute_url()}, status=201)
    return redirect(recording)
