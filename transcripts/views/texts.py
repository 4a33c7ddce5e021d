"""Text that was worked on elsewhere, coming in."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from sttweb.accounts.models import User
from transcripts import access, text_import
from transcripts.refusals import Refused
from transcripts.views.answers import error, wants_json

NO_FILE = "Choose a file first: SRT, VTT, JSON or TXT."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_alone(request: HttpRequest) -> HttpResponse:
    """Make a recording without sound of the file sent as `file`."""
    if request.method != "POST":
        return render(request, "transcripts/import_text.html")
    try:
        name, content = _file(request)
        title = request.POST.get("title", "")
        recording = text_import.import_alone(cast(User, request.user), name, content, title)
    except Refused as refused:
        if wants_json(request):
            return error(str(refused), refused.status)
        context = {"error": str(refused), "title": request.POST.get("title", "")}
        return render(request, "transcripts/import_text.html", context, status=refused.status)
    if wants_json(request):
        return JsonResponse({"url": recording.get_absolute_url()}, status=201)
    return redirect(recording)


@require_POST
@login_required
def import_onto(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace the text of a recording by that of the file sent as `file`."""
    recording = access.recording_write(request.user, pk)
    try:
        revision = text_import.import_onto(recording, cast(User, request.user), *_file(request))
    except Refused as refused:
        if wants_json(request):
            return error(str(refused), refused.status)
        messages.error(request, str(refused))
        return redirect("takeaway", pk)
    if wants_json(request):
        return JsonResponse({"revision": revision.number if revision else None})
    messages.success(request, "The text was imported. Undo brings back what was here before.")
    return redirect(recording)


def _file(request: HttpRequest) -> tuple[str, bytes]:
    sent = request.FILES.get("file")
    if sent is None:
        raise Refused(NO_FILE, 400)
    return sent.name or "", sent.read()
