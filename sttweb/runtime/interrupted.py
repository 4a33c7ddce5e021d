"""Requests whose connection broke in the middle of their body.

daphne hands a body on when it is whole, and forgets one that was cut. Of an upload each byte is worth
keeping: the sender goes on from there instead of sending megabytes again over the network that just failed.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import unquote

from asgiref.typing import ASGI3Application, HTTPScope

logger = logging.getLogger(__name__)

# Running tasks: the event loop itself keeps no strong reference to them.
_running: set[asyncio.Future[None]] = set()


def hand_on(
    application: ASGI3Application,
    *,
    method: bytes,
    uri: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    client: tuple[str, int] | None,
    body: bytes,
) -> None:
    """Let the application have the part of a body that came, as a request of that length.

    Nobody hears the answer.
    """
    path, _, query = uri.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.decode("ascii"),
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "root_path": "",
        "scheme": "http",
        "query_string": query,
        "headers": [*_without_length(headers), (b"content-length", b"%d" % len(body))],
        "client": client,
        "server": None,
    }
    task = asyncio.ensure_future(_run(application, cast(HTTPScope, scope), body))
    _running.add(task)
    task.add_done_callback(_running.discard)


def _without_length(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    names = (b"content-length", b"transfer-encoding")
    return ((n.lower(), v) for n, v in headers if n.lower() not in names and b"_" not in n)


async def _run(application: ASGI3Application, scope: HTTPScope, body: bytes) -> None:
    messages: asyncio.Queue[Any] = asyncio.Queue()
    messages.put_nowait({"type": "http.request", "body": body, "more_body": False})

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            logger.info("%d bytes of a cut request were handed on: %d", len(body), message["status"])

    try:
        # A further receive waits for ever: the connection is gone already, and that must not end the request.
        await application(scope, messages.get, send)
    except Exception:
        logger.exception("A cut request failed")
