"""The sound of a recording, in ranges: browsers seek by asking for bytes from the middle."""

import re
from pathlib import Path
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from transcripts import access, waveform
from transcripts.exporting import playable
from transcripts.models import Recording
from transcripts.views.answers import error

# daphne has no backpressure: what one answer holds is memory. A player simply asks for the next range.
RANGE_BYTES = 2_000_000
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})$")


@require_safe
async def audio(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer 206 with at most RANGE_BYTES of the playable file, 416 for a range outside it."""
    user = await request.auser()
    recording = await sync_to_async(access.recording_read)(user, pk)
    path, media_type = playable(recording)
    try:
        return await sync_to_async(answer_range)(request, path, media_type)
    except FileNotFoundError:
        raise Http404 from None


@require_safe
def peaks(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer with the shape of the sound, `rate` pairs a second; 404 until it was decoded."""
    recording = access.recording_read(request.user, pk)
    rate = request.GET.get("rate", "10")
    if rate not in map(str, waveform.RATES):
        return error("Ask for 1 or 10 pairs a second.", 400)
    return peaks_of(request, recording, int(rate))


def peaks_of(request: HttpRequest, recording: Recording, rate: int) -> HttpResponse:
    found = waveform.read(recording, rate)
    if found is None:
        waveform.ask(recording)
        raise Http404
    body, version = found
    headers = {"ETag": f'"{version}"', "Cache-Control": "private, no-cache"}
    answer = HttpResponse(body, content_type="application/octet-stream", headers=headers)
    return get_conditional_response(request, etag=answer["ETag"], response=answer) or answer


def answer_range(request: HttpRequest, path: Path, media_type: str) -> HttpResponse:
    """Answer with the bytes that the request asks for, as a sound that can do nothing but be heard."""
    size = path.stat().st_size
    bounds = parse_range(request.headers.get("Range", "bytes=0-"), size)
    if bounds is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = bounds
    body = b"" if request.method == "HEAD" else read_range(path, start, end)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Range": f"bytes {start}-{end}/{size}",
        "Content-Length": str(end - start + 1),
        "Content-Disposition": "inline",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-cache",
    }
    return HttpResponse(body, status=206, content_type=media_type, headers=headers)


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and last byte to send (RFC 9110, 14.2), or None where the range holds none."""
    match = _RANGE.match(header.strip())
    if match is None or match[1] == match[2] == "":
        start, last = 0, size - 1
    elif match[1] == "":
        start, last = max(0, size - int(match[2])), size - 1
    else:
        start, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    if start > last:
        return None
    return start, min(last, start + RANGE_BYTES - 1)


def read_range(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start + 1)
