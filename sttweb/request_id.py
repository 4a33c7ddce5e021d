"""An id for each request, so that what a user reports can be found in the log."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

HEADER = "X-Request-Id"
NONE = "-"

_current: ContextVar[str] = ContextVar("request_id", default=NONE)


def current() -> str:
    """Return the id of the request being answered, or NONE outside of one."""
    return _current.get()


@sync_and_async_middleware
def middleware(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            request_id = _begin()
            response: HttpResponseBase = await get_response(request)
            response.headers[HEADER] = request_id
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        request_id = _begin()
        response: HttpResponseBase = get_response(request)
        response.headers[HEADER] = request_id
        return response

    return answer


def _begin() -> str:
    # Never taken from the client, who could forge lines of the log with it.
    request_id = secrets.token_hex(8)
    _current.set(request_id)
    return request_id


class LogFormatter(logging.Formatter):
    """One line a record, whatever the message and the traceback contain."""

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = current()
        return super().format(record).replace("\r", "\\r").replace("\n", "\\n")
