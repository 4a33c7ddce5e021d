"""Answers in pieces wait for their client, or daphne would keep in memory what is sent faster than read."""

import asyncio
from typing import Any

import daphne.server
from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer


@implementer(IPushProducer)
class Pace:
    """Open while the connection takes more: Twisted closes it when its buffer is full."""

    def __init__(self) -> None:
        self.is_open = asyncio.Event()
        self.is_open.set()

    def pauseProducing(self) -> None:
        self.is_open.clear()

    def resumeProducing(self) -> None:
        self.is_open.set()

    # The client went away: nothing that is sent now is kept.
    stopProducing = resumeProducing


class PacedServer(daphne.server.Server):
    """Lets an application send the next piece of an answer when there is room for it.

    A body that came as a file is given to it in the scope; a socket is told how much of what came is taken.
    """

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if body := getattr(protocol, "body_file", None):
            scope["body_file"] = body
        if scope["type"] == "websocket":
            scope["sttweb.inbox"] = protocol.inbox
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        if message["type"] != "http.response.body" or protocol not in self.connections:
            await super().handle_reply(protocol, message)
            return
        pace: Pace | None = getattr(protocol, "producer", None)
        has_more = message.get("more_body", False)
        if pace is None and has_more and protocol.channel is not None:
            pace = Pace()
            protocol.registerProducer(pace, True)
        elif pace is not None and not has_more and protocol.channel is not None:
            protocol.unregisterProducer()
        await super().handle_reply(protocol, message)
        if pace is not None and has_more:
            await pace.is_open.wait()
