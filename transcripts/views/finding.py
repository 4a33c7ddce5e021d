"""Find and replace: the panel, what is found, and the replacing."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from sttweb.accounts.models import User
from transcripts import access, replacing, vocabulary
from transcripts.finding import Finder, Query
from transcripts.models import Recording
from transcripts.refusals import Refused
from transcripts.replacing import TranscriptHits
from transcripts.revisions import Act
from transcripts.views.answers import error, parsed
from transcripts.views.edits import outcome

# Hits that are listed with their context; the rest are counted.
MOST_SHOWN = 200
MALFORMED = "Send JSON with what to find as “text”."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def find(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The panel; what is found is asked for by POST, for words belong in no log of addresses."""
    recording = access.recording_read(request.user, pk)
    if request.method != "POST":
        context = {"recording": recording, "can_write": access.role_of(request.user, recording).can_write}
        return render(request, "transcripts/_find.html", context)
    wish = _parse(request.body)
    if wish is None:
        return error(MALFORMED, 400)
    try:
        found = _find(request, recording, wish)
    except Refused as refused:
        return error(str(refused), refused.status)
    return JsonResponse(_shown(found, recording))


def _find(request: HttpRequest, recording: Recording, wish: dict[str, Any]) -> list[TranscriptHits]:
    finder = Finder(_query(wish))
    if wish.get("everywhere") is True:
        return replacing.find(finder, replacing.current_transcripts(cast(User, request.user)))
    return replacing.find(finder, [recording.transcript] if recording.transcript else [])


def _shown(found: list[TranscriptHits], recording: Recording) -> dict[str, Any]:
    groups, room = [], MOST_SHOWN
    for hits in found:
        if places := hits.places(room):
            groups.append({"recording": hits.recording, "count": hits.count, "places": places})
        room -= len(places)
    count = sum(hits.count for hits in found)
    here = [hits for hits in found if hits.recording == recording]
    context = {"groups": groups, "here": recording, "left_out": count - MOST_SHOWN}
    return {
        "count": count,
        "recordings": len(found),
        "hits": [[place.segment_id, place.start, place.end] for hits in here for place in hits.places(count)],
        "html": render_to_string("transcripts/_found.html", context),
    }


@require_POST
@login_required
def replace(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace one hit, all of a transcript, or all of the user's: one revision a transcript."""
    recording = access.recording_write(request.user, pk)
    wish = _parse(request.body)
    if wish is None:
        return error(MALFORMED, 400)
    user = cast(User, request.user)
    try:
        done = _replace(user, recording, wish)
    except Refused as refused:
        return error(str(refused), refused.status)
    count = sum(count for _, count in done)
    here = next((act for act, _ in done if act.transcript.recording_id == recording.pk), None)
    shown = outcome(here, user) if here else {}
    return JsonResponse(
        {**shown, "count": count, "sentence": said(count, len(done)), "undo": _undo_url(done)}
    )


def _undo_url(done: list[tuple[Act, int]]) -> str | None:
    """Return where all of them are taken back at once; None where there is but one."""
    for act, _ in done:
        if act.group and act.revision:
            return reverse("undo_group", args=[act.group])
    return None


def _replace(user: User, recording: Recording, wish: dict[str, Any]) -> list[tuple[Act, int]]:
    query = _query(wish)
    finder = Finder(query)  # first, so that nothing is remembered for a query that cannot be understood
    if wish.get("remember") is True:
        vocabulary.remember(user, [query.replacement])
    if wish.get("everywhere") is True:
        return replacing.replace_everywhere(query, user)
    if not recording.transcript:
        return []
    return [replacing.replace(finder, recording.transcript, user, only=_only(wish))]


def _only(wish: dict[str, Any]) -> tuple[int, int] | None:
    match wish.get("only"):
        case {"segment": int(segment), "start": int(start)}:
            return segment, start
    return None


def said(count: int, recordings: int) -> str:
    if not count:
        return "Nothing was replaced: it is not there any more."
    places = "1 place was" if count == 1 else f"{count:,} places were"
    if recordings < 2:
        return f"{places} replaced. Undo takes it back."
    return f"{places} replaced in {recordings:,} recordings."


def _parse(body: bytes) -> dict[str, Any] | None:
    data = parsed(body)
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return None
    return data if isinstance(data.get("replacement", ""), str) else None


def _query(wish: dict[str, Any]) -> Query:
    return Query(
        text=_writable(wish["text"]),
        replacement=_writable(wish.get("replacement", "")),
        match_case=wish.get("case") is True,
        whole_word=wish.get("word") is True,
        is_regex=wish.get("regex") is True,
    )


def _writable(text: str) -> str:
    """Leave out what no database keeps: NUL, and halves of letters, which JSON can spell."""
    return text.replace("\0", "").encode(errors="ignore").decode()
