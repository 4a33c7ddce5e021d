"""What the sockets of all vendors have in common: a key opens them, and what they heard is kept."""

import logging

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.http import HttpResponse

from sttweb.accounts.models import ApiKey
from transcripts.api.errors import ApiError, of
from transcripts.api.gate import Caller, admit, key_in_scope
from transcripts.api.live.session import FAILURE, Happening, LiveSession
from transcripts.api.threads import in_thread
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

# Codes of WebSockets that say that a client closed in good order.
IN_ORDER = {1000, 1001, 1005}
# Bytes of the reason that a closing may carry.
REASON_BYTES = 123


class LiveConsumer(AsyncWebsocketConsumer):
    """Admits a program by its key, or answers its handshake with the vendor's error."""

    caller: Caller
    session: LiveSession | None = None
    is_closed = False

    async def connect(self) -> None:
        try:
            self.caller = await in_thread(admit, key_in_scope(self.scope), ApiKey.Scope.TRANSCRIBE)
            await self.open()
        except Refused as refused:
            logger.info("%s refused: %s", self.scope["path"], refused)
            await self.refuse(self.refusal(of(refused)))

    async def refuse(self, response: HttpResponse) -> None:
        """Answer the handshake with this instead."""
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
        start = {"type": "websocket.http.response.start", "status": response.status_code, "headers": headers}
        await self.base_send(start)
        await self.base_send({"type": "websocket.http.response.body", "body": response.content})
        raise StopConsumer

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a message. One that makes us fail ends the session: Channels would tell nobody."""
        if self.is_closed:
            return
        try:
            await self.take(text_data, bytes_data)
        except Exception:
            logger.exception("A message to %s failed", self.scope["path"])
            await self.give_up()

    async def give_up(self) -> None:
        session, self.session = self.session, None
        try:
            await self.fail(ApiError(FAILURE, 500, code="internal_error"))
        finally:
            if session is not None:
                await session.leave(is_whole=False)

    async def disconnect(self, code: int) -> None:
        self.is_closed = True
        if self.session is not None:
            await self.session.leave(is_whole=code in IN_ORDER)

    async def say(self, text: str) -> None:
        if not self.is_closed:
            await self.send(text_data=text)

    async def end(self, code: int, sentence: str) -> None:
        """Close the socket, and say why as far as there is room."""
        self.is_closed = True
        # Straight quotes, each of which takes two bytes less.
        plain = sentence.translate(str.maketrans("“”", '""'))
        reason = plain.encode(errors="ignore")[:REASON_BYTES].decode(errors="ignore")
        await self.close(code=code, reason=reason)

    def refusal(self, error: ApiError) -> HttpResponse:
        """Return the vendor's answer to a handshake that is refused."""
        raise NotImplementedError

    async def open(self) -> None:
        """Accept, for a program whose key is good.

        Raises: Refused: what is asked for is not to be had.
        """
        raise NotImplementedError

    async def take(self, text_data: str | None, bytes_data: bytes | None) -> None:
        """Do what a message says, or refuse it in the vendor's words."""
        raise NotImplementedError

    async def fail(self, error: ApiError) -> None:
        """Say in the vendor's words why nothing more comes, and close."""
        raise NotImplementedError

    async def tell(self, happening: Happening) -> None:
        """Say in the vendor's words what happens in the session."""
        raise NotImplementedError
