"""`POST /v1/stt/create`: JSON or a form, with a link or the sound itself; answered with an id."""

import base64
import binascii
import io
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from transcripts.api import service
from transcripts.api.aimlapi.errors import refusal
from transcripts.api.aimlapi.models import aliases_of, local_name
from transcripts.api.bodies import json_in, let_go
from transcripts.api.deepgram.options import Values, listening_of, options_of, values_in
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, endpoint
from transcripts.api.service import Asked
from transcripts.models import ApiRequest, Recording

# How long the vendor keeps what was said.
KEPT = timedelta(hours=1)
MULTICHANNEL = "multi_channel"
FILE_FIELDS = ("audio", "file")
# Of a body of JSON with the sound in it, which is in memory several times while it is read.
MAX_JSON_BYTES = 32 * 1024 * 1024

NO_MODEL = "Give a model as “model”, for example “#g1_whisper-large”."
NO_JSON = "The body is not an object of JSON: check it, or send a form."
LARGE_JSON = "This is too much for JSON: send the recording as a file in a form, or give its link."
ONE_SOURCE = "Give exactly one of “url”, a link, and “audio”, a file."
NOT_BASE64 = "The recording in “audio” is not base64: send it as a file in a form, or give its link as “url”."


@endpoint(refusal, "POST")
async def create(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    recording, _ = await service.taken(take, request, caller)
    return JsonResponse({"generation_id": str(recording.api_request_id)}, status=201)


def take(request: HttpRequest, caller: Caller) -> tuple[Recording, None]:
    if (request.content_type or "").lower() == "application/json":
        recording = _from_json(caller, _object(request))
    else:
        recording = _from_form(caller, request)
    let_go(request)
    return recording, None


def _from_json(caller: Caller, fields: dict[str, Any]) -> Recording:
    url, audio = fields.get("url"), _first(fields.get(name) for name in FILE_FIELDS)
    asked = _asked(values_in(fields))
    if bool(url) == bool(audio):
        raise ApiError(ONE_SOURCE, param="url")
    if url:
        return service.take_link(caller, asked, str(url))
    sound = _decoded(audio)
    return service.take_body(caller, asked, io.BytesIO(sound), len(sound))


def _from_form(caller: Caller, request: HttpRequest) -> Recording:
    url, file = request.POST.get("url"), _first(request.FILES.get(name) for name in FILE_FIELDS)
    asked = _asked(request.POST.getlist, file_name=file.name or "" if file else "")
    if bool(url) == bool(file):
        raise ApiError(ONE_SOURCE, param="url")
    if isinstance(file, UploadedFile):
        return service.take_body(caller, asked, file, file.size or 0)
    return service.take_link(caller, asked, str(url))


def _first(values: Any) -> Any:
    return next((value for value in values if value), None)


def _object(request: HttpRequest) -> dict[str, Any]:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_JSON_BYTES:
        raise ApiError(LARGE_JSON, 413)
    try:
        body = json_in(request.read())
    except ValueError:
        raise ApiError(NO_JSON) from None
    if not isinstance(body, dict):
        raise ApiError(NO_JSON)
    return body


def _decoded(audio: object) -> bytes:
    """Return the bytes of base64, with or without the beginning of a data: URL."""
    if not isinstance(audio, str):
        raise ApiError(NOT_BASE64, param="audio")
    text = audio.partition(",")[2] if audio.startswith("data:") else audio
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(NOT_BASE64, param="audio") from None


def _asked(values: Values, *, file_name: str = "") -> Asked:
    options = options_of(values, multichannel=MULTICHANNEL)
    if not options.model:
        raise ApiError(NO_MODEL, param="model")
    listening = listening_of(values)
    return Asked(
        ApiRequest.Vendor.AIMLAPI,
        local_name(options.model) or options.model,
        aliases=aliases_of(options.model),
        language=listening.language,
        prompt=listening.prompt,
        file_name=file_name,
        is_multichannel=options.is_multichannel,
        is_diarized=options.has_speakers,
        options=options.as_dict(),
        kept=KEPT,
    )
