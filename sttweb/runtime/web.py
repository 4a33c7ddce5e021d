"""The web server: daphne, with a cap on request bodies that holds before anything reads them.

daphne takes in a whole body before Django sees its first byte, whoever sends it and to whatever path, so only
the server itself can refuse one that is too large. Programs with a key may send more than pages do; what they
send is handed on as the file that it was received into.
"""

from collections.abc import Callable
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, cast
from urllib.parse import unquote

import daphne.server
from asgiref.typing import ASGI3Application
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import HTTPFactory, WebRequest
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from twisted.internet import reactor

from sttweb.runtime import interrupted
from sttweb.runtime.pace import PacedServer
from sttweb.runtime.sockets import BoundedSocketFactory, counted
from transcripts.api import admission
from transcripts.api.routes import is_api

# The largest piece of an upload, and room for the headers of a form around it.
MAX_BODY_BYTES = 8 * 1024 * 1024 + 64 * 1024
MAX_MESSAGE_BYTES = 64 * 1024
READ_BYTES = 1024 * 1024
# Connections that may wait to be taken up. Of hundreds of clients that come at once the rest would see their
# connections break.
BACKLOG = 1024
# How long a refused client may go on sending before the connection is cut. Closing at once would reset the
# connection, and most clients would then never read the answer: they send all of a large file first, over
# slow lines and from busy machines as well.
LINGER_SECONDS = 30

TOO_LARGE = "This request is too large: send at most 8 MB at a time."

# Below these a piece that was cut off is kept as far as it came.
UPLOADS = (b"/uploads/", b"/api/v1/uploads/")


class CappedRequest(WebRequest):
    """A request whose body is refused, with 413, as soon as it is known to be over the cap."""

    content: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Django parses forms itself; Twisted's parser would hold a form in memory several times over.
        self._parsePOSTFormSubmission = False
        self._body_bytes = 0
        self._is_refused = False
        self._admitted_bytes = MAX_BODY_BYTES
        self._route = ""
        self._is_api = False
        self.body_file: IO[bytes] | None = None

    def gotLength(self, length: int | None) -> None:
        self._route = unquote(self.channel._path.partition(b"?")[0].decode("latin-1"))
        self._is_api = is_api(self._route)
        if length is not None and not self._takes(length):
            return
        super().gotLength(length)
        if self._is_api and not isinstance(self.content, BytesIO):
            self.content.close()
            # The folder for temporary files may be in memory.
            self.content = TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 (closed with it)

    def handleContentChunk(self, data: bytes) -> None:
        self._body_bytes += len(data)
        if not self._is_refused and not self._takes(self._body_bytes):
            return
        if not self._is_refused:
            super().handleContentChunk(data)

    def _takes(self, length: int) -> bool:
        """Whether a body of this length may come. One that may not is refused."""
        if length <= self._admitted_bytes:
            return True
        answer = self._answer_to_large(length)
        if answer is None:
            # Not asked again until it has doubled, or is more than any may be.
            self._admitted_bytes = min(2 * length, settings.STT_API_BYTES)
            return True
        self._refuse(answer)
        return False

    def _answer_to_large(self, length: int) -> bytes | None:
        if not self._is_api:
            return _too_large(self.channel._path, self._accepts_json())
        values = self.requestHeaders.getAllRawHeaders()
        headers = {name.decode("latin-1").lower(): v[-1].decode("latin-1") for name, v in values}
        query = self.channel._path.partition(b"?")[2].decode("latin-1")
        refusal = admission.refusal(self._route, query, headers, length)
        return _raw(refusal) if refusal else None

    def process(self) -> Any:
        if self._is_api and not isinstance(self.content, BytesIO):
            # daphne would put all of it into its queue at once.
            self.content.seek(0)
            self.body_file, self.content = self.content, BytesIO()
        return super().process()

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        if self._is_refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def connectionLost(self, reason: Any) -> None:
        # A request that daphne knows already has its application.
        if self.application_queue is None and self._is_upload():
            self._hand_on()
        super().connectionLost(reason)

    def _is_upload(self) -> bool:
        is_patch = self.channel._command == b"PATCH" and self.channel._path.startswith(UPLOADS)
        return is_patch and self._body_bytes > 0 and not self._is_refused

    def _hand_on(self) -> None:
        self.content.seek(0)
        peer = self.channel.transport.getPeer()
        interrupted.hand_on(
            self.server.application,
            method=self.channel._command,
            uri=self.channel._path,
            headers=[(n, v) for n, values in self.requestHeaders.getAllRawHeaders() for v in values],
            client=(peer.host, peer.port) if hasattr(peer, "host") else None,
            body=self.content.read(),
        )

    def _refuse(self, answer: bytes) -> None:
        self._is_refused = True
        if self.content is not None:
            self.content.close()
        self.content = BytesIO()
        # Or Twisted would go on to tell the client to continue.
        self.requestHeaders.removeHeader(b"expect")
        transport = self.channel.transport
        transport.write(answer)
        transport.loseWriteConnection()
        # abortConnection does nothing on a connection that has closed by then.
        cast(Any, reactor).callLater(LINGER_SECONDS, transport.abortConnection)

    def _accepts_json(self) -> bool:
        accept = self.requestHeaders.getRawHeaders(b"accept", [b""])
        return any(b"application/json" in value.lower() for value in accept)


class CappedFactory(HTTPFactory):
    def buildProtocol(self, addr: Any) -> Any:
        protocol = super().buildProtocol(addr)
        protocol.requestFactory = CappedRequest
        return protocol


def _too_large(path: bytes, is_json: bool) -> bytes:
    if is_json or path.startswith(b"/uploads"):
        return _raw(JsonResponse({"error": TOO_LARGE}, status=413))
    page = f"<!doctype html><title>Too large</title><p>{TOO_LARGE}</p>"
    return _raw(HttpResponse(page, status=413))


def _raw(response: HttpResponse) -> bytes:
    """Return an answer as it is sent, after which the connection closes."""
    response["Content-Length"] = len(response.content)
    response["X-Content-Type-Options"] = "nosniff"
    response["Connection"] = "close"
    status = f"HTTP/1.1 {response.status_code} {response.reason_phrase}\r\n".encode("latin-1")
    return status + response.serialize_headers() + b"\r\n\r\n" + response.content


def run(application: ASGI3Application, host: str, port: int, ready: Callable[[], None] | None = None) -> None:
    """Serve the application until SIGTERM or SIGINT."""
    for left in settings.FILE_UPLOAD_TEMP_DIR.glob("*.upload*"):
        left.unlink(missing_ok=True)  # of a process that was killed
    # Server.run makes its factories by these names and offers no other way to choose them.
    daphne.server.HTTPFactory = CappedFactory
    daphne.server.WebSocketFactory = BoundedSocketFactory
    PacedServer(
        counted(application),
        endpoints=[
            f"{endpoint}:backlog={BACKLOG}"
            for endpoint in build_endpoint_description_strings(host=host, port=port)
        ],
        request_buffer_size=READ_BYTES,
        websocket_max_message_size=MAX_MESSAGE_BYTES,
        websocket_max_frame_size=MAX_MESSAGE_BYTES,
        server_name="",
        ready_callable=ready,
    ).run()
