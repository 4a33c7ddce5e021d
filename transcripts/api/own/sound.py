"""What is heard in a recording."""

from typing import Literal
from uuid import UUID

from django.http import Http404, HttpResponse
from ninja import Router

from transcripts import access
from transcripts.api.own.auth import Call, reads
from transcripts.api.own.documents import files_of, headers_of, joined, refusals
from transcripts.exporting import playable
from transcripts.views import audio

router = Router(tags=["Sound"], auth=reads)

RANGE = headers_of(Range="Such as `bytes=0-`: an answer has at most 2 MB.")


@router.get(
    "/recordings/{uuid:recording_id}/audio",
    response={206: None},
    openapi_extra=joined(RANGE, files_of("*/*", "The bytes that were asked for.", 206), refusals(416)),
)
def get_audio(request: Call, recording_id: UUID) -> HttpResponse:
    """The sound, as browsers can play it, in ranges. `export/original` has the bytes as they came."""
    path, media_type = playable(access.recording_read(request.auth.user, recording_id))
    try:
        return audio.answer_range(request, path, media_type)
    except FileNotFoundError:
        raise Http404 from None


@router.get(
    "/recordings/{uuid:recording_id}/peaks",
    response={200: None},
    openapi_extra=files_of("application/octet-stream", "An audiowaveform file, version 2, 8 bits."),
)
def get_peaks(request: Call, recording_id: UUID, rate: Literal["1", "10"] = "10") -> HttpResponse:
    """The shape of the sound, in pairs a second; 404 until it was decoded."""
    return audio.peaks_of(request, access.recording_read(request.auth.user, recording_id), int(rate))
