"""WebSockets as the server holds them: how large a message may be, how much may wait, how one is refused."""

from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from autobahn.twisted.websocket import ConnectionDeny
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol

# Of programs' sound; other sockets take what the server is started with. OpenAI allows 15 MiB a message, and
# base64 makes it a third longer.
MESSAGE_BYTES = {"/v1/": 21 * 1024 * 1024, "/speech/": 1024 * 1024, "/stt/": 1024 * 1024}
# What may wait for its consumer before the client is read no further: TCP then slows it down.
WAITING_BYTES = 1024 * 1024

Application = Callable[..., Awaitable[None]]


class Inbox:
    """Counts what a client sent and its consumer has not taken, and stops reading while that is too much."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._sizes: deque[int] = deque()
        self._waiting = 0
        self._is_paused = False

    def put(self, size: int) -> None:
        self._sizes.append(size)
        self._waiting += size
        if self._waiting > WAITING_BYTES and not self._is_paused:
            self._is_paused = True
            self._transport.pauseProducing()

    def take(self) -> None:
        self._waiting -= self._sizes.popleft()
        if self._waiting <= WAITING_BYTES and self._is_paused:
            self._is_paused = False
            self._transport.resumeProducing()


def counted(application: Application) -> Application:
    """Let the inboxes know what their consumers take."""

    async def taking(scope: dict[str, Any], receive: Any, send: Any) -> None:
        inbox: Inbox | None = scope.pop("sttweb.inbox", None)

        async def take() -> dict[str, Any]:
            message: dict[str, Any] = await receive()
            if inbox is not None and message["type"] == "websocket.receive":
                inbox.take()
            return message

        await application(scope, take, send)

    return taking


class BoundedSocket(WebSocketProtocol):
    """A socket with a cap that depends on its path, and refusals that say why.

    Understands ASGI's "websocket.http.response" and the reason of "websocket.close", which daphne leaves out.
    """

    def onConnect(self, request: Any) -> Any:
        self.inbox = Inbox(self.transport)
        # What is too large is answered with a reason before the connection is cut.
        self.failByDrop = False
        for start, size in MESSAGE_BYTES.items():
            if request.path.startswith(start):
                self.maxMessagePayloadSize = self.maxFramePayloadSize = size
        self._refusal: dict[str, Any] | None = None
        return super().onConnect(request)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if not self.muted:
            self.inbox.put(len(payload))
        super().onMessage(payload, isBinary)

    def handle_reply(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "websocket.http.response.start":
                self._refusal = {"status": message["status"], "headers": message["headers"], "body": b""}
            case "websocket.http.response.body" if self._refusal is not None:
                self._refusal["body"] += message.get("body", b"")
                if not message.get("more_body"):
                    self._refuse()
            case "websocket.close" if self.state == self.STATE_OPEN:
                # autobahn's own sendClose knows none of the codes for what went wrong.
                reason = (message.get("reason") or "").encode()
                self.sendCloseFrame(message.get("code") or 1000, reason or None, isReply=False)
            case _:
                super().handle_reply(message)

    def _refuse(self) -> None:
        status = self._refusal["status"] if self._refusal else 403
        self.handshake_deferred.errback(ConnectionDeny(status, HTTPStatus(status).phrase))
        del self.handshake_deferred
        self.server.protocol_disconnected(self)

    def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:
        if self._refusal is None:
            super().sendHttpErrorResponse(code, reason, responseHeaders)
            return
        body = self._refusal["body"]
        lines = [f"HTTP/1.1 {code} {reason}".encode()]
        # The Speech SDK shows the body only where the headers' names are written so.
        lines += [name.title() + b": " + value for name, value in self._refusal["headers"]]
        lines += [b"Content-Length: %d" % len(body), b"Connection: close", b"", body]
        self.sendData(b"\r\n".join(lines))


class BoundedSocketFactory(WebSocketFactory):
    protocol = BoundedSocket
