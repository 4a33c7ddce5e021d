"""Answers how many bytes it was sent: `python -m tests.runtime.echo_server PORT [LINGER_SECONDS]`.

A GET of /long answers with LONG_PIECES pieces of PIECE_BYTES. A socket at /v1/slow reads only after a while.
"""

import asyncio
import os
import sys
from typing import Any

import django

PIECE_BYTES = 1024 * 1024
LONG_PIECES = 300
SLOW_SECONDS = 3


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        if scope["path"] == "/v1/slow":
            await asyncio.sleep(SLOW_SECONDS)
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "text": "seen"})
        return
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for _ in range(LONG_PIECES if scope["path"] == "/long" else 0):
        await send({"type": "http.response.body", "body": bytes(PIECE_BYTES), "more_body": True})
    await send({"type": "http.response.body", "body": str(size).encode()})


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sttweb.settings")
    django.setup()

    from sttweb.runtime import web

    if len(sys.argv) > 2:
        web.LINGER_SECONDS = float(sys.argv[2])
    web.run(application, "127.0.0.1", int(sys.argv[1]))
