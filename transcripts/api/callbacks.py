"""What a call is told at the address that it named, in its vendor's words.

Each vendor gives a `Callback`. It is made when it is sent, so that what was deleted meanwhile is not told.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from transcripts import outbox
from transcripts.api.deepgram import callbacks as deepgram
from transcripts.api.fal import webhooks as fal
from transcripts.delivering import Message, Untellable
from transcripts.models import ApiRequest, Delivery

DELETED = "What it was to tell of was deleted."


def no_headers(delivery: Delivery, body: bytes) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Callback:
    """`body` may raise `Untellable`; `headers` signs, at each try anew."""

    body: Callable[[ApiRequest], str]
    headers: Callable[[Delivery, bytes], dict[str, str]] = no_headers


def own_body(request: ApiRequest) -> str:
    recordings = [outbox.facts_of(recording) for recording in request.recordings.all()]
    return json.dumps({"request_id": str(request.pk), "recordings": recordings}, ensure_ascii=False)


OWN = Callback(own_body)
CALLBACKS: dict[str, Callback] = {
    ApiRequest.Vendor.DEEPGRAM: Callback(deepgram.told),
    ApiRequest.Vendor.FAL: Callback(fal.body, fal.headers),
}


def message(delivery: Delivery) -> Message:
    """Raises: Untellable: the call, or what it was for, is gone."""
    request = delivery.api_request
    if request is None or not request.recordings.filter(deleted_at=None).exists():
        raise Untellable(DELETED)
    callback = CALLBACKS.get(request.vendor, OWN)
    body = callback.body(request).encode()
    return Message(body, callback.headers(delivery, body))
