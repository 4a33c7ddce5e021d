"""Sockets for programs, in the test's own process."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.db import connections

from sttweb.asgi import application

REALTIME = "/v1/realtime?intent=transcription"
SPEECH = "/speech/recognition/conversation/cognitiveservices/v1?language=en-US"
SECONDS = 30
CLEARED = "input_audio_buffer.cleared"


class Threads(ThreadPoolExecutor):
    """Threads that leave no connection open: Channels's communicator keeps them from closing."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        def run() -> Any:
            try:
                return function(*args, **kwargs)
            finally:
                connections.close_all()

        return super().submit(run)


async def opened(path: str, secret: str) -> WebsocketCommunicator:
    asyncio.get_running_loop().set_default_executor(Threads())
    # The layer's lock stays bound to the loop in which two sockets first waited for it.
    channel_layers.backends.clear()
    headers = [(b"authorization", f"Bearer {secret}".encode()), (b"host", b"localhost")]
    socket = WebsocketCommunicator(application, path, headers=headers)
    assert (await socket.connect(timeout=SECONDS))[0]
    return socket


async def said(socket: WebsocketCommunicator) -> list[dict[str, Any]]:
    """Return what a Realtime session says until its buffer is cleared, or until the end."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] not in (CLEARED, "websocket.close"):
        output = await socket.receive_output(timeout=SECONDS)
        found.append(json.loads(output["text"]) if output["type"] == "websocket.send" else output)
    return found


async def say(secret: str, *messages: str) -> list[dict[str, Any]]:
    """Say something in a Realtime session, and then something right; return what it says."""
    socket = await opened(REALTIME, secret)
    for message in (*messages, event("input_audio_buffer.clear")):
        await socket.send_to(text_data=message)
    found = await said(socket)
    await socket.disconnect(timeout=SECONDS)
    return found


def event(kind: str, **facts: Any) -> str:
    return json.dumps({"type": kind} | facts)
