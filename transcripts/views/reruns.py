"""Running a recording, or a stretch of it, again."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sttweb.accounts.models import User
from transcripts import access, reruns, speech
from transcripts.engine.languages import by_name
from transcripts.models import Recording, Rerun
from transcripts.refusals import Refused
from transcripts.revisions import Conflict
from transcripts.views.answers import error, wants_json

# Runs that the panel lists.
MOST_RUNS = 10


@require_safe
@login_required
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What can be chosen for a run, and what became of earlier ones."""
    recording = access.recording_own(request.user, pk)
    runs = list(recording.reruns.select_related("transcript", "revision")[:MOST_RUNS])
    is_running = any(run.is_open for run in runs)
    context = {
        "recording": recording,
        "transcript": recording.transcript,
        "languages": by_name(),
        "models": speech.choices(),
        "serving": speech.serving(Recording.Task.TRANSCRIBE),
        "runs": runs,
        "is_running": is_running,
        "can_start": recording.state == Recording.State.DONE and not is_running,
    }
    return render(request, "transcripts/_rerun.html", context)


@require_POST
@login_required
def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Begin a run; without fields over the whole, as the recording was asked for."""
    recording = access.recording_own(request.user, pk)
    try:
        rerun = reruns.start(recording, cast(User, request.user), _wishes(recording, request.POST))
    except Refused as refused:
        return _refuse(request, recording, str(refused), refused.status)
    return JsonResponse({"rerun": rerun.pk}, status=201) if wants_json(request) else redirect(recording)


@require_POST
@login_required
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = access.recording_own(request.user, pk)
    rerun = Rerun.objects.open().filter(recording=recording).select_related("transcript__recording").first()
    if rerun is None or not reruns.cancel(rerun):
        return _refuse(request, recording, "It could not be cancelled: it has ended already.", 409)
    return JsonResponse({"state": rerun.state}) if wants_json(request) else redirect(recording)


@require_POST
@login_required
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what a run changed."""
    rerun = access.rerun_own(request.user, pk)
    try:
        reruns.undo(rerun, cast(User, request.user))
    except Refused as refused:
        return _refuse(request, rerun.recording, str(refused), refused.status)
    except Conflict as conflict:
        return _refuse(request, rerun.recording, str(conflict), 409)
    return JsonResponse({"sentence": "Undone"}) if wants_json(request) else redirect(rerun.recording)


def _wishes(recording: Recording, fields: QueryDict) -> reruns.Wishes:
    """Return what the fields ask for.

    Raises: Refused: a time is no number.
    """
    try:
        given = [str(fields.get(name, "")) for name in ("start", "end")]
        start, end = (float(text) if text else None for text in given)
    except ValueError:
        raise Refused("Give the beginning and the end in seconds.") from None
    return reruns.Wishes(
        language=fields.get("language", recording.language),
        task=fields.get("task", recording.task),
        model=fields.get("model", ""),
        prompt=fields.get("prompt", ""),
        start=start,
        end=end,
    )


def _refuse(request: HttpRequest, recording: Recording, sentence: str, status: int) -> HttpResponse:
    if wants_json(request):
        return error(sentence, status)
    messages.error(request, sentence)
    return redirect(recording)
