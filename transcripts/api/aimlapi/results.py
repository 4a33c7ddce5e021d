"""`GET /v1/stt/{generation_id}`: how far it is, and the text when it is there."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.utils import timezone

from transcripts import access
from transcripts.api import service
from transcripts.api.aimlapi.create import KEPT
from transcripts.api.aimlapi.errors import refusal
from transcripts.api.deepgram.answers import answer
from transcripts.api.deepgram.options import Options
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, by_key_polling, endpoint
from transcripts.api.threads import in_thread
from transcripts.models import ApiRequest, Recording

State = Recording.State
# Clients take any other word for the end.
WAITING, ACTIVE, COMPLETED, ERROR = "waiting", "active", "completed", "error"

GONE = "There is no generation of this id: results are kept for an hour."


@endpoint(refusal, "GET", admission=by_key_polling)
async def result(request: HttpRequest, caller: Caller, generation_id: str) -> HttpResponseBase:
    return JsonResponse(await in_thread(found, caller, generation_id))


def found(caller: Caller, generation_id: str) -> dict[str, Any]:
    """Raises: ApiError: there is none, or it was too long ago."""
    asked, recording = _generation(caller, generation_id)
    facts: dict[str, Any] = {"generation_id": str(asked.pk)}
    try:
        service.check(recording)
    except ApiError as error:
        return facts | {"status": ERROR, "error": {"name": error.code, "message": str(error)}}
    if not service.is_heard(recording):
        is_begun = recording.state not in (State.RECEIVING, State.QUEUED)
        return facts | {"status": ACTIVE if is_begun else WAITING}
    return facts | {
        "status": COMPLETED,
        "result": answer(recording, Options(**asked.options), str(asked.pk)),
    }


def _generation(caller: Caller, generation_id: str) -> tuple[ApiRequest, Recording]:
    try:
        asked = access.api_request_own(caller.user, UUID(generation_id), ApiRequest.Vendor.AIMLAPI)
        recording = asked.recordings.get(deleted_at=None)
    except (ValueError, Http404, Recording.DoesNotExist):
        raise ApiError(GONE, 404) from None
    # The hour runs from when there is something to fetch.
    if recording.finished_at is not None and recording.finished_at + KEPT <= timezone.now():
        raise ApiError(GONE, 404)
    return asked, recording
