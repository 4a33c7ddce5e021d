"""Checking a text: what the engine was not sure of, what was left out, and what was first said."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sttweb.accounts.models import User
from transcripts import access, doubts, dropped, original, vocabulary
from transcripts.accuracy import accuracy_of
from transcripts.finding import utf16
from transcripts.models import Recording, Transcript
from transcripts.refusals import Refused
from transcripts.views.answers import error, parsed
from transcripts.views.edits import outcome

PAIRS_PER_PAGE = 100


@require_safe
@login_required
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The panel with all of it."""
    recording = access.recording_read(request.user, pk)
    transcript = _transcript(recording)
    context = {
        **_doubt(request, recording, transcript, 0),
        "accuracy": accuracy_of(transcript),
        "dropped": dropped.dropped_of(transcript),
    }
    return render(request, "transcripts/_review.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def doubt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The doubtful word at a place of the walk; or, posted, what a person says of one, and the next."""
    if request.method == "POST":
        return _settle(request, access.recording_write(request.user, pk))
    recording = access.recording_read(request.user, pk)
    at = request.GET.get("at", "")
    context = _doubt(request, recording, _transcript(recording), int(at) if _is_number(at) else 0)
    return render(request, "transcripts/_doubt.html", context)


def _settle(request: HttpRequest, recording: Recording) -> HttpResponse:
    transcript = _transcript(recording)
    match parsed(request.body):
        case {"segment": int(segment), "word": int(word), "term": str(term), "at": int(at), **rest}:
            text = rest.get("text")
        case _:
            return error("Send JSON with the segment, the word, its term and the place in the walk.", 400)
    verdict = doubts.Verdict(
        segment, word, term, text is None, str(text or ""), everywhere=rest.get("everywhere") is True
    )
    user = cast(User, request.user)
    try:
        if rest.get("remember") is True:
            vocabulary.remember(user, [verdict.text])
        act, count = doubts.settle(transcript, user, verdict)
    except Refused as refused:
        return error(str(refused), refused.status)
    context = _doubt(request, recording, transcript, at)
    facts = {"accuracy": accuracy_of(transcript)}
    return JsonResponse(
        {
            **outcome(act, user),
            "sentence": said(verdict, count),
            "doubt": render_to_string("transcripts/_doubt.html", context, request),
            "accuracy": render_to_string("transcripts/_accuracy.html", facts, request),
        }
    )


def said(verdict: doubts.Verdict, count: int) -> str:
    done = "accepted" if verdict.is_right else "corrected"
    return f"1 word was {done}." if count == 1 else f"{count:,} words were {done}."


def _doubt(request: HttpRequest, recording: Recording, transcript: Transcript, at: int) -> dict[str, Any]:
    """Return what shows the doubtful word at a place, counted round, or that there is none."""
    walk = doubts.walk(transcript)
    count = len(walk.doubts)
    context: dict[str, Any] = {
        "recording": recording,
        "left": count,
        "can_write": access.role_of(request.user, recording).can_write,
    }
    if not count:
        return context
    at %= count
    here = walk.doubts[at]
    text = here.segment.text
    return context | {
        "doubt": here,
        "at": at,
        "from": walk.group_start(at),
        "total": walk.totals[here.term],
        "first": utf16(text, here.first),
        "last": utf16(text, here.last),
        "terms": len({doubt.term for doubt in walk.doubts}),
    }


@require_safe
@login_required
def marks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where doubtful words stand, by segment: its version, and their places as browsers count."""
    transcript = _transcript(access.recording_read(request.user, pk))
    found: dict[int, list[Any]] = {}
    for doubt in doubts.walk(transcript).doubts:
        text = doubt.segment.text
        places = found.setdefault(doubt.segment.pk, [doubt.segment.version, []])[1]
        places.append([utf16(text, doubt.first), utf16(text, doubt.last)])
    return JsonResponse({"segments": found})


@require_POST
@login_required
def put_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a segment of what a guard left out."""
    recording = access.recording_write(request.user, pk)
    match parsed(request.body):
        case {"hypothesis": int(hypothesis), "number": int(number)}:
            transcript = _transcript(recording)
        case _:
            return error("Send JSON with the hypothesis and the number of what was left out.", 400)
    user = cast(User, request.user)
    try:
        act = dropped.put_back(transcript, user, hypothesis, number)
    except Refused as refused:
        return error(str(refused), refused.status)
    context = {"dropped": dropped.dropped_of(transcript), "recording": recording, "can_write": True}
    html = render_to_string("transcripts/_dropped.html", context, request)
    sentence = "It is back in the text. Undo takes it out again."
    return JsonResponse({**outcome(act, user), "sentence": sentence, "html": html})


@require_safe
@login_required
def first_said(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The engine's words beside the text as it stands."""
    recording = access.recording_read(request.user, pk)
    transcript = _transcript(recording)
    pairs = original.pairs(transcript)
    changed = [pair for pair in pairs if pair.is_changed]
    shows_all = request.GET.get("show") == "all"
    page = Paginator(pairs if shows_all else changed, PAIRS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "recording": recording,
        "transcript": transcript,
        "page": page,
        "count": len(pairs),
        "changed": len(changed),
        "shows_all": shows_all,
    }
    return render(request, "transcripts/original.html", context)


def _transcript(recording: Recording) -> Transcript:
    if recording.transcript is None:
        raise Http404
    return recording.transcript


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
