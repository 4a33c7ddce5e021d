"""A recording as files to take away."""

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from transcripts import access
from transcripts.archives import zip_name, zip_of
from transcripts.export_options import options_of, profiles_of
from transcripts.exporting import SOUNDS, File, UnknownFormat, file_of, sounds_of
from transcripts.exports import FORMATS
from transcripts.refusals import Refused

FAMILIES = (
    ("Text", ("txt", "md")),
    ("Documents", ("docx", "odt", "pdf", "html")),
    ("Subtitles", ("srt", "vtt", "ttml", "lrc")),
    ("Data", ("json", "csv", "tsv", "labels")),
)


@require_safe
@login_required
def export(request: HttpRequest, pk: UUID, key: str) -> HttpResponseBase:
    recording = access.recording_read(request.user, pk)
    try:
        file = file_of(recording, key, options_of(request.GET, request.user))
    except UnknownFormat:
        raise Http404 from None
    except Refused as refused:
        return refusal(refused)
    return download(file)


@require_safe
@login_required
def export_many(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """Answer the formats that `key` names: one as it is, several as a ZIP."""
    recording = access.recording_read(request.user, pk)
    keys = [key for key in [*FORMATS, *SOUNDS] if key in request.GET.getlist("key")]
    try:
        if not keys:
            raise Refused("Choose at least one format to take away.", 400)
        options = options_of(request.GET, request.user)
        if len(keys) == 1:
            return download(file_of(recording, keys[0], options))
    except UnknownFormat:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("takeaway", pk)
    pieces = zip_of([recording], keys, options)
    return download(File(zip_name([recording]), "application/zip", pieces, is_compressed=True))


@require_safe
@login_required
def takeaway(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All formats and options; and the way back in, for text that was worked on elsewhere."""
    recording = access.recording_read(request.user, pk)
    context = {
        "recording": recording,
        **choices_of(request.user, sounds_of(recording)),
        "can_write": access.role_of(request.user, recording).can_write,
    }
    return render(request, "transcripts/takeaway.html", context)


def choices_of(user: Any, sounds: Iterable[str]) -> dict[str, Any]:
    """Return what a form offers to choose from."""
    return {
        "families": [(name, [(key, FORMATS[key].name) for key in keys]) for name, keys in FAMILIES],
        "sounds": [(key, SOUNDS[key]) for key in sounds],
        "profiles": profiles_of(user),
    }


def refusal(refused: Refused) -> HttpResponse:
    return HttpResponse(f"{refused}\n", status=refused.status, content_type="text/plain; charset=utf-8")


def download(file: File) -> HttpResponseBase:
    """Return the answer that a browser saves; what may be large is read while it is sent."""
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=file.name) or "",
        # A page made of people's words must not act in our name, even where a browser shows it.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
    }
    if file.is_compressed:
        return StreamingHttpResponse(_soon(file.pieces), content_type=file.media_type, headers=headers)
    return HttpResponse(b"".join(file.pieces), content_type=file.media_type, headers=headers)


async def _soon(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Return the pieces without holding up others while each is made."""
    take = sync_to_async(lambda: next(pieces, None))
    while (piece := await take()) is not None:
        yield piece
