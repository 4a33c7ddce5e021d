"""`POST /v1/listen`: a link or the sound itself; answered with the text, or at the address that it names."""

from django.http import HttpRequest, HttpResponseBase, JsonResponse, QueryDict

from transcripts import webhooks
from transcripts.api import service
from transcripts.api.bodies import json_in, let_go
from transcripts.api.deepgram.answers import answer
from transcripts.api.deepgram.errors import refusal
from transcripts.api.deepgram.models import aliases_of, local_name
from transcripts.api.deepgram.options import Options, listening_of, options_of
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, endpoint
from transcripts.api.service import Asked
from transcripts.api.threads import in_thread
from transcripts.models import ApiRequest, Recording

MAX_JSON_BYTES = 64 * 1024

NO_URL = "Send the link of a recording as {“url”: …}, or the recording itself as the body."
NO_SOUND = "The body is empty: send a recording, or its link as JSON with Content-Type application/json."
ONLY_POST = "The callback is called with POST only: leave “callback_method” out."


@endpoint(refusal, "POST")
async def listen(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    recording, (asked, options) = await service.taken(take, request, caller)
    request_id = str(recording.api_request_id)
    if asked.callback_url:
        return JsonResponse({"request_id": request_id})
    async with service.cancelled_with_its_caller(recording):
        recording = await service.finished(recording)
    return JsonResponse(await in_thread(answer, recording, options, request_id))


def take(request: HttpRequest, caller: Caller) -> tuple[Recording, tuple[Asked, Options]]:
    """Take the body in, or the link that it holds."""
    asked, options = _asked(request.GET)
    if (request.content_type or "").lower() == "application/json":
        recording = service.take_link(caller, asked, _link(request))
    else:
        recording = service.take_body(caller, asked, request, _length(request))
    let_go(request)
    return recording, (asked, options)


def _asked(query: QueryDict) -> tuple[Asked, Options]:
    options = options_of(query.getlist)
    listening = listening_of(query.getlist)
    asked = Asked(
        ApiRequest.Vendor.DEEPGRAM,
        local_name(options.model) or options.model,
        aliases=aliases_of(options.model),
        language=listening.language,
        prompt=listening.prompt,
        is_multichannel=options.is_multichannel,
        is_diarized=options.has_speakers,
        options=options.as_dict(),
        callback_url=_callback(query),
    )
    return asked, options


def _callback(query: QueryDict) -> str:
    url = query.get("callback", "")
    if not url:
        return ""
    if query.get("callback_method", "post").lower() != "post":
        raise ApiError(ONLY_POST, param="callback_method")
    return webhooks.check_address(url)


def _link(request: HttpRequest) -> str:
    try:
        body = json_in(request.read(MAX_JSON_BYTES))
    except ValueError:
        raise ApiError(NO_URL) from None
    url = body.get("url") if isinstance(body, dict) else None
    if not isinstance(url, str) or not url:
        raise ApiError(NO_URL)
    return url


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not text.isdecimal() or int(text) == 0:
        raise ApiError(NO_SOUND)
    return int(text)
