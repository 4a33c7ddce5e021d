"""What happens to a recording, as it happens."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponseBase, StreamingHttpResponse
from ninja import Query, Router
from pydantic import Field

from sttweb.accounts import keys
from transcripts import access
from transcripts.api import service
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, key_in
from transcripts.api.own.auth import Call, waits
from transcripts.api.own.documents import headers_of, joined
from transcripts.api.own.fields import Shown
from transcripts.api.threads import in_thread
from transcripts.models import Event, Recording

router = Router(tags=["Events"], auth=waits)

# Events that are read at once.
MOST = 200
# Seconds after which a client may come back.
RETRY_MS = 2000
LAST_EVENT_ID = headers_of(
    Last_Event_ID="The number of the last event that was seen: those after it are sent."
)
STREAM = {
    "responses": {
        200: {
            "description": "Events; each has its number as `id`, its kind as `event`, and JSON as `data`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    }
}


class Wanted(Shown):
    since: int = Field(0, ge=0, le=2**31 - 1, description="For clients that cannot send Last-Event-ID.")
    follow: bool = Field(True, description="Wait for what is still to come; else end after the last one.")


@router.get(
    "/recordings/{uuid:recording_id}/events",
    response={200: None},
    openapi_extra=joined(STREAM, LAST_EVENT_ID),
)
async def stream_events(request: Call, recording_id: UUID, wanted: Query[Wanted]) -> HttpResponseBase:
    """What happened since an event, and then whatever happens, as server-sent events.

    Kinds are `state`, `progress`, `segments` (what came or changed, and what was removed) and `notes`.
    """
    caller = request.auth
    await in_thread(access.recording_read, caller.user, recording_id)
    since = last_seen(request, wanted.since)
    key = key_in(request)
    stream = events(caller, key, recording_id, since, is_followed=wanted.follow)
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def last_seen(request: Call, otherwise: int) -> int:
    text = request.headers.get("Last-Event-ID", "").strip()
    if not text:
        return otherwise
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ApiError("Last-Event-ID must be the number of an event.", 400)
    return int(text)


async def events(caller: Caller, key: str, pk: UUID, since: int, *, is_followed: bool) -> AsyncIterator[str]:
    """Yield events past a number, until the recording is gone or the key may not see it any more."""
    yield f"retry: {RETRY_MS}\n\n"
    async with service.pokes(pk) as poked:
        while (found := await in_thread(news, caller, key, pk, since)) is not None:
            for event in found:
                since = event.number
                yield message(event)
            if len(found) == MOST:
                continue
            if not is_followed:
                return
            # A line that says nothing tells whether the client is still there.
            yield ":\n\n"
            await poked()


def news(caller: Caller, key: str, pk: UUID, since: int) -> list[Event] | None:
    """Return the events past a number; None where the caller may not see them any more."""
    if keys.find(key) is None:
        return None
    try:
        recording: Recording = access.recording_read(caller.user, pk)
    except Http404:
        return None
    return list(recording.events.filter(number__gt=since).order_by("number")[:MOST])


def message(event: Event) -> str:
    data: dict[str, Any] = {"at": event.created_at.isoformat(), **event.payload}
    return f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(data)}\n\n"
