"""What every call of the API passes through."""

import os
from collections.abc import Awaitable, Callable
from typing import IO

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import async_only_middleware


@async_only_middleware
def length_of_pieces(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Say how long a body is whose length nobody announced: Django takes it for empty otherwise."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        if "CONTENT_LENGTH" not in request.META:
            body: IO[bytes] = request._stream
            length = body.seek(0, os.SEEK_END)
            body.seek(0)
            request.META["CONTENT_LENGTH"] = str(length)
        response = await get_response(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


@async_only_middleware
def own_thread(
    get_response: Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Give a call that needs a thread one of its own. One that only waits has none."""

    async def answer(request: HttpRequest) -> HttpResponseBase:
        async with ThreadSensitiveContext() as context:
            response = await get_response(request)
            if context in SyncToAsync.context_to_thread_executor:
                await sync_to_async(connections.close_all)()
        return response

    return answer
