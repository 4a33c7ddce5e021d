"""Acts of the editor on a transcript as a whole; `segments.py` has corrections of single segments."""

from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from sttweb.accounts.models import User
from transcripts import access, live_page, speakers, structure, undoing
from transcripts.history import sentence_of
from transcripts.models import Recording, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act, Conflict
from transcripts.views.answers import error, parsed

# JavaScript knows no greater whole numbers, and databases hardly.
GREATEST = 2**53

Edit = Callable[[Transcript, User], Act]


@require_POST
@login_required
def edits(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Do one act, `{"act": …}`; 409 says what stands where somebody else was first."""
    recording = access.recording_write(request.user, pk)
    edit = parse(request.body)
    if edit is None:
        return error("Send JSON with an act, and what it needs.", 400)
    return answer(request, recording, edit)


def answer(request: HttpRequest, recording: Recording, edit: Edit) -> HttpResponse:
    """Do it, and answer what a page must change to show it."""
    transcript, author = recording.transcript, cast(User, request.user)
    if transcript is None:
        return error("There is no text yet: wait until some has come.", 409)
    try:
        act = edit(transcript, author)
    except Refused as refused:
        return error(str(refused), refused.status)
    except Conflict as conflict:
        return error(str(conflict), 409, **standing(transcript, author, conflict))
    return JsonResponse(outcome(act, author))


def outcome(act: Act, author: User) -> dict[str, Any]:
    revision = act.revision
    return {
        "revision": act.transcript.revision_count,
        "kind": revision.kind if revision else act.kind,
        "sentence": sentence_of(revision) if revision else "Nothing was changed",
        "created": act.created,
        **shown(act.transcript, author, {s.pk for s in act.segments} | act.moved, act.removed),
    }


def standing(transcript: Transcript, author: User, conflict: Conflict) -> dict[str, Any]:
    """Return what there is now of what somebody else changed."""
    concerned = {segment.pk for segment in conflict.segments}
    return shown(transcript, author, concerned, conflict.removed)


def shown(transcript: Transcript, author: User, pks: set[int], removed: list[int]) -> dict[str, Any]:
    return {
        "segments": live_page.shown(transcript.segments.filter(pk__in=pks)),
        "removed": removed,
        "speakers": live_page.speakers_of(transcript),
        **undoing.state_of(transcript, author),
    }


def parse(body: bytes) -> Edit | None:
    """Return what is to be done to a transcript by an author, or None where that is not said."""
    edit = parsed(body)
    return _edit(edit) if isinstance(edit, dict) and _is_sane(edit) else None


def _edit(edit: dict[str, Any]) -> Edit | None:
    match edit:
        case {"act": "undo"}:
            return undoing.undo
        case {"act": "redo"}:
            return undoing.redo
    return _structural(edit) or _of_speakers(edit)


def _structural(edit: dict[str, Any]) -> Edit | None:
    match edit:
        case {"act": "split", "segment": int(pk), "version": int(version), "at": int(at)}:
            return partial(structure.split, pk=pk, version=version, at=at)
        case {"act": "merge", "segment": int(pk), "version": int(version)}:
            return partial(structure.merge, pk=pk, version=version)
        case {
            "act": "boundary",
            "segment": int(pk),
            "version": int(version),
            "start": int() | float() as start,
            "end": int() | float() as end,
        }:
            return partial(structure.move, pk=pk, version=version, start=start, end=end)
        case {
            "act": "insert",
            "after": int() | None as after,
            "start": int() | float() as start,
            "end": int() | float() as end,
            "text": str(text),
        }:
            return partial(structure.insert, after=after, start=start, end=end, text=text)
        case {"act": "delete", "segments": [int(), *_] as pks}:
            versions = dict(zip(pks, edit.get("versions", []), strict=False))
            return partial(structure.delete, pks=pks, versions=versions)
    return None


def _of_speakers(edit: dict[str, Any]) -> Edit | None:
    name = edit.get("name")
    match edit:
        case {"act": "assign", "segments": [int(), *_] as pks, "speaker": "new"}:
            return partial(speakers.assign, pks=pks, number=None, name=name, is_new=True)
        case {"act": "assign", "segments": [int(), *_] as pks, "speaker": int() | None as number}:
            return partial(speakers.assign, pks=pks, number=number, name=name)
        case {"act": "rename_speaker", "speaker": int(number), "name": str(name)}:
            return partial(speakers.rename, number=number, name=name)
        case {"act": "merge_speakers", "speaker": int(number), "into": int(into)}:
            return partial(speakers.merge, number=number, into=into)
    return None


def _is_sane(edit: dict[str, Any]) -> bool:
    """Whether numbers are within reason, and lists are of keys."""
    lists = [edit.get("segments", []), edit.get("versions", [])]
    numbers = [value for value in edit.values() if isinstance(value, int | float)]
    if not all(isinstance(pks, list) and all(type(pk) is int for pk in pks) for pks in lists):
        return False
    return isinstance(edit.get("name", ""), str | None) and all(
        abs(number) <= GREATEST for number in chain(numbers, *lists)
    )
