"""The queue of fal, and its synchronous run: submit, status, result, cancel."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any
from uuid import UUID

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.urls import reverse

from transcripts import access, webhooks
from transcripts.api import service
from transcripts.api.errors import ApiError
from transcripts.api.fal import inputs, progress, sources
from transcripts.api.fal.errors import InputInvalid, NotBegun, refusal
from transcripts.api.fal.outputs import answer
from transcripts.api.fal.progress import Progress
from transcripts.api.gate import Caller, by_key_polling, endpoint
from transcripts.api.threads import in_thread
from transcripts.models import ApiRequest, Recording
from transcripts.refusals import Refused

REQUEST_ID = "X-Fal-Request-Id"
# Clients poll ten times a second: that counts apart from what they ask for.
POLL: dict[str, Any] = {"admission": by_key_polling}


@endpoint(refusal, "POST")
async def submit(request: HttpRequest, caller: Caller, owner: str, name: str) -> HttpResponseBase:
    callback_url = request.GET.get("fal_webhook", "")
    _, asked = await in_thread(take, request, caller, f"{owner}/{name}", callback_url)
    facts = {
        "status": "IN_QUEUE",
        "request_id": str(asked.pk),
        "gateway_request_id": str(asked.pk),
        "response_url": _address(request, "fal_result", owner, name, asked.pk),
        "status_url": _address(request, "fal_status", owner, name, asked.pk),
        "cancel_url": _address(request, "fal_cancel", owner, name, asked.pk),
        "queue_position": 0,
    }
    return _answered(asked.pk, facts)


@endpoint(refusal, "POST")
async def run(request: HttpRequest, caller: Caller, owner: str, name: str) -> HttpResponseBase:
    recording, asked = await service.taken(take, request, caller, f"{owner}/{name}")
    async with service.cancelled_with_its_caller(recording):
        await begun(recording, asked)
        recording = await service.finished(recording)
    return _answered(asked.pk, await in_thread(answer, asked, recording))


async def begun(recording: Recording, asked: ApiRequest) -> None:
    """Wait until work on it begins, where its caller wants it only if that is soon.

    Raises: NotBegun: it was not.
    """
    if asked.options["start_timeout"] is None:
        return
    try:
        async with asyncio.timeout(asked.options["start_timeout"]):
            async with aclosing(service.changes(recording.pk)) as changes:
                async for current in changes:
                    if current.state not in progress.WAITING:
                        return
    except TimeoutError:
        await in_thread(service.cancel, recording.pk)
        raise NotBegun from None


def take(
    request: HttpRequest, caller: Caller, application: str, callback_url: str = ""
) -> tuple[Recording, ApiRequest]:
    more = {
        "callback_url": checked_callback(callback_url) if callback_url else "",
        "options": {"start_timeout": inputs.start_timeout(request)},
    }
    given = inputs.read(request, application)
    recording = sources.take(caller, application, given, request.get_host(), **more)
    if recording.api_request is None:
        raise ApiError(progress.DELETED, 404)
    return recording, recording.api_request


def checked_callback(url: str) -> str:
    """Raises: InputInvalid: nothing may be sent there."""
    try:
        return webhooks.check_address(url)
    except Refused as refused:
        problem = {"loc": ["query", "fal_webhook"], "msg": str(refused), "type": "url_parsing"}
        raise InputInvalid([problem], str(refused)) from None


@endpoint(refusal, "GET", **POLL)
async def status(request: HttpRequest, caller: Caller, owner: str, name: str, pk: UUID) -> HttpResponseBase:
    """Answer 202 until it is complete."""
    with_logs = wants_logs(request)
    _, found = await in_thread(find, caller, pk)
    facts = await in_thread(progress.status_of, found, with_logs=with_logs)
    return _answered(pk, facts, 200 if found.is_complete else 202)


@endpoint(refusal, "GET", **POLL)
async def stream(request: HttpRequest, caller: Caller, owner: str, name: str, pk: UUID) -> HttpResponseBase:
    await in_thread(find, caller, pk)
    body = _statuses(caller, pk, with_logs=wants_logs(request))
    response = StreamingHttpResponse(body, content_type="text/event-stream")
    response[REQUEST_ID] = str(pk)
    return response


async def _statuses(caller: Caller, pk: UUID, *, with_logs: bool) -> AsyncIterator[bytes]:
    """Yield each status that differs from the one before; of its logs, those that are new."""
    told, before = 0, None
    async with aclosing(_moments(caller, pk)) as moments:
        async for found in moments:
            facts = await in_thread(progress.status_of, found, with_logs=with_logs)
            if facts == before:
                yield b": waiting\n\n"  # by which it is noticed when nobody listens any more
                continue
            before = facts
            logs = facts.get("logs", [])
            news = facts | {"logs": logs[told:]} if "logs" in facts else facts
            told = len(logs)
            yield b"data: " + json.dumps(news).encode() + b"\n\n"


async def _moments(caller: Caller, pk: UUID) -> AsyncGenerator[Progress, None]:
    """Yield how far a request is whenever something may have happened, until it is complete."""
    _, found = await in_thread(find, caller, pk)
    if found.recording is not None:
        with suppress(ApiError):  # it failed, which is the last moment
            async with aclosing(service.changes(found.recording.pk)) as changes:
                async for _ in changes:
                    _, found = await in_thread(find, caller, pk)
                    if found.is_complete:
                        break
                    yield found
    _, found = await in_thread(find, caller, pk)
    yield found


@endpoint(refusal, "GET", **POLL)
async def result(request: HttpRequest, caller: Caller, owner: str, name: str, pk: UUID) -> HttpResponseBase:
    asked, found = await in_thread(find, caller, pk)
    if not found.is_complete:
        facts = await in_thread(progress.status_of, found, with_logs=False)
        return _answered(pk, facts | {"detail": "This request is still in progress."}, 202)
    try:
        return _answered(pk, await in_thread(answer, asked, found.heard))
    except ApiError as error:
        response = refusal(error)
        response[REQUEST_ID] = str(pk)
        return response


@endpoint(refusal, "PUT")
async def cancel(request: HttpRequest, caller: Caller, owner: str, name: str, pk: UUID) -> HttpResponseBase:
    try:
        _, found = await in_thread(find, caller, pk)
    except Http404:
        return _not_cancelled("NOT_FOUND", "Your key may see no such request.", 404)
    if found.recording is None or not await in_thread(service.cancel, found.recording.pk):
        return _not_cancelled("ALREADY_COMPLETED", "This request is complete: there is nothing to cancel.")
    return _answered(pk, {"status": "CANCELLATION_REQUESTED"}, 202)


def _not_cancelled(word: str, sentence: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"status": word, "detail": sentence, "message": sentence}, status=status)


@endpoint(refusal, "GET", "POST", "PUT")
async def nothing(request: HttpRequest, caller: Caller, rest: str) -> HttpResponseBase:
    """Answer as the other addresses do where there is none."""
    raise ApiError("There is nothing at this address of fal's API.", 404)


def find(caller: Caller, pk: UUID) -> tuple[ApiRequest, Progress]:
    """Raises: Http404: the caller's programs asked for no such thing."""
    request = access.api_request_own(caller.user, pk, ApiRequest.Vendor.FAL)
    return request, progress.of_request(request)


def wants_logs(request: HttpRequest) -> bool:
    return request.GET.get("logs", "").lower() in ("1", "true")


def _address(request: HttpRequest, route: str, *parts: object) -> str:
    return request.build_absolute_uri(reverse(route, args=parts))


def _answered(pk: UUID | None, facts: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(facts, status=status, headers={REQUEST_ID: str(pk)})
