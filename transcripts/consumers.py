"""Push a recording's events to a page: authenticate, join, forward."""

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.http import Http404

from transcripts import access, live_page, presence, sharing
from transcripts.events import group_name
from transcripts.models import Share

logger = logging.getLogger(__name__)

# Seconds after which a page looks even when nobody poked it: pokes may be lost.
LOOK_SECONDS = 3
# Of a page that a link opened: what was revoked ends within two seconds even then.
SHARE_LOOK_SECONDS = 1.5
# RFC 6455, 7.4.1.
SERVER_ERROR = 1011
# Close codes of ours, after HTTP's.
SIGNED_OUT = 4401
NOT_FOUND = 4404
# Characters that a page may say at once, and seconds between two things said.
MESSAGE_LENGTH = 100
MOVE_SECONDS = 0.3


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """Looks when it is poked, and every few seconds by itself, until the reader may look no longer."""

    look_seconds: float = LOOK_SECONDS
    recording_id: UUID
    looking: asyncio.Task[None] | None = None
    is_over = False

    async def connect(self) -> None:
        self.since = since(self.scope)
        self.poked = asyncio.Event()
        await self.accept()
        refusal = await self.admit()
        if refusal:
            await self.close(refusal)
            return
        # Join first, then read: an event between the two is read, and its poke finds nothing new.
        await self.channel_layer.group_add(group_name(self.recording_id), self.channel_name)
        self.looking = asyncio.create_task(self.look_on())

    async def disconnect(self, code: int) -> None:
        if self.looking is None:
            return
        self.is_over = True
        self.poked.set()
        try:
            await self.looking
        finally:
            await self.channel_layer.group_discard(group_name(self.recording_id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take what a page says of itself; anything odd is nothing."""

    async def look(self, message: dict[str, Any]) -> None:
        self.poked.set()

    async def look_on(self) -> None:
        try:
            await self.look_until_over()
        except Exception:
            # The database may be back by the time that the page connects again.
            logger.exception("A page of recording %s cannot be told what is new", self.recording_id)
            await self.close(SERVER_ERROR)

    async def look_until_over(self) -> None:
        # sync_to_async answers a cancellation with the result of its thread: it has to be asked for.
        task = asyncio.current_task()
        while not self.is_over and not (task and task.cancelling()):
            self.poked.clear()
            refusal = await self.forward()
            if refusal:
                await self.close(refusal)
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self.is_over else self.look_seconds):
                    await self.poked.wait()

    async def admit(self) -> int | None:
        """Find `recording_id`; return the code to close with where there is none for this reader."""
        raise NotImplementedError

    async def forward(self) -> int | None:
        """Send what is new; return the code to close with once the reader may not look any more."""
        raise NotImplementedError

    async def preview(self, message: dict[str, Any]) -> None:
        """What is being said and may still change."""

    async def presence(self, message: dict[str, Any]) -> None:
        """Somebody came, went or moved."""


class RecordingConsumer(LiveConsumer):
    """Sends what happened after event `since`, then whatever happens, in the order of the numbers.

    Says who else is there, and where: to members only, and of members only.
    """

    at: int | None = None
    moved_at = 0.0
    others: list[dict[str, Any]] | None = None

    async def admit(self) -> int | None:
        self.recording_id = self.scope["url_route"]["kwargs"]["pk"]
        # What the page shows its reader to be.
        self.role = asked(self.scope, "role")
        user = self.scope["user"]
        # A page of one user stays open while another signs in: it goes on when the first is back.
        if not user.is_authenticated or asked(self.scope, "user") not in ("", str(user.pk)):
            return SIGNED_OUT
        try:
            await database_sync_to_async(access.recording_read)(user, self.recording_id)
        except Http404:
            return NOT_FOUND
        return None

    async def disconnect(self, code: int) -> None:
        try:
            await super().disconnect(code)
        finally:
            if self.looking is not None:
                await database_sync_to_async(presence.leave)(self.recording_id, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take {"at": the segment that holds the caret, or null}."""
        at = place_in(text_data)
        if at is False or self.looking is None:
            return
        self.at = at
        if time.monotonic() - self.moved_at > MOVE_SECONDS:
            # What comes sooner is told with the next look.
            self.moved_at = time.monotonic()
            await self.meet()

    async def preview(self, message: dict[str, Any]) -> None:
        await self.send_json({"preview": {key: message[key] for key in ("position", "agreed", "open")}})

    async def presence(self, message: dict[str, Any]) -> None:
        await self.meet()

    async def meet(self) -> None:
        """Say where this reader is, and send who else is here, if that has changed."""
        email = self.scope["user"].email
        here = await database_sync_to_async(presence.meet)(
            self.recording_id, self.channel_name, email, self.at
        )
        if here != (self.others or []):
            self.others = here
            await self.send_json({"presence": here})

    async def forward(self) -> int | None:
        if not await self.is_signed_in():
            return SIGNED_OUT
        try:
            update = await database_sync_to_async(live_page.update_since)(
                self.scope["user"], self.recording_id, self.since, self.role
            )
        except Http404:
            return NOT_FOUND
        if update:
            self.since = update.get("number", self.since)
            self.role = update.get("role", self.role)
            await self.send_json(update)
        if update.get("has_more"):
            self.poked.set()
        await self.meet()
        return None

    async def is_signed_in(self) -> bool:
        """Whether the session that opened the socket is still good: signing out must end it."""
        session = self.scope["session"].__class__(self.scope["session"].session_key)
        user = await get_user({"session": session})
        return user.is_authenticated and user.pk == self.scope["user"].pk


class ShareConsumer(LiveConsumer):
    """Tells a page that a link opened when its text has changed, and ends with the link."""

    look_seconds = SHARE_LOOK_SECONDS

    async def admit(self) -> int | None:
        share = await database_sync_to_async(self.find)()
        if share is None:
            return NOT_FOUND
        self.recording_id = share.recording_id
        return None

    async def forward(self) -> int | None:
        share = await database_sync_to_async(self.find)()
        if share is None:
            return NOT_FOUND
        number = share.recording.event_count
        if number > self.since:
            self.since = number
            await self.send_json({"number": number})
        return None

    def find(self) -> Share | None:
        share = sharing.find(self.scope["url_route"]["kwargs"]["token"])
        cookie = self.scope["cookies"].get(sharing.COOKIE, "")
        return share if share and sharing.is_unlocked(share, cookie) else None


def since(scope: dict[str, Any]) -> int:
    number = asked(scope, "since")
    return int(number) if number.isdecimal() and len(number) < 10 else 0


def asked(scope: dict[str, Any], name: str) -> str:
    """Return a field of the address that the socket was opened with."""
    return parse_qs(scope["query_string"].decode("latin-1")).get(name, [""])[0]


def place_in(text: str | None) -> int | bool | None:
    """Return the segment that a message names, None for none, and False where it is no such message."""
    if text is None or len(text) > MESSAGE_LENGTH:
        return False
    try:
        message = json.loads(text)
    except ValueError:
        return False
    match message:
        case {"at": bool()}:
            return False
        case {"at": int(at)} if at > 0:
            return at
        case {"at": None}:
            return None
    return False
