"""`GET /v1/realtime`: transcription of speech as it is spoken, over a WebSocket."""

import base64
import binascii
import json
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from django.http import HttpResponse

from transcripts.api import catalogue, service
from transcripts.api.bodies import json_in
from transcripts.api.errors import ApiError, of
from transcripts.api.live.consumer import LiveConsumer
from transcripts.api.live.session import Began, Completed, Ended, Failed, Happening, Heard, LiveSession
from transcripts.api.live.turns import Turn
from transcripts.api.openai.errors import refusal
from transcripts.api.openai.realtime_settings import ALIASES, LOGPROBS, Settings, updated
from transcripts.api.threads import in_thread
from transcripts.models import ApiRequest, Recording
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

SUBPROTOCOL = "realtime"
# A browser's way of asking for the first generation of the protocol.
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
# Names of the vendor's models that converse: beside `intent=transcription` they say nothing.
CONVERSING = ("gpt-realtime", "gpt-4o-realtime", "gpt-4o-mini-realtime")
AUDIO_BYTES = 15 * 1024 * 1024
# Seconds of sound that a turn has at least.
SHORTEST = 0.1
# Codes of WebSockets: the server failed; and, of the vendor's own, the client made a mistake.
FAILED, MISTAKEN = 1011, 3000

TRANSCRIPTION = "conversation.item.input_audio_transcription"
LATE = "The model, the format and whether the server detects turns cannot change once audio was sent."


class RealtimeConsumer(LiveConsumer):
    settings = Settings()
    is_flat = False  # the first generation of the protocol
    item_id: str | None = None

    async def open(self) -> None:
        query = {
            name: values[-1]
            for name, values in parse_qs(self.scope["query_string"].decode("latin-1")).items()
        }
        offered = self.scope.get("subprotocols", [])
        headers = dict(self.scope["headers"])
        self.is_flat = b"openai-beta" in headers or BETA_SUBPROTOCOL in offered
        self.name = f"sess_{uuid4().hex}"
        # Of each turn that its client knows.
        self.items: dict[Turn, str] = {}
        model = query.get("model", "")
        if model and not (query.get("intent") == "transcription" and model.startswith(CONVERSING)):
            await self.check_model(model)
            self.settings = replace(self.settings, model=model)
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        await self.event("session.created", session=self.settings.session(self.name, is_flat=self.is_flat))

    def refusal(self, error: ApiError) -> HttpResponse:
        return refusal(error)

    async def take(self, text_data: str | None, bytes_data: bytes | None) -> None:
        event: dict[str, Any] = {}
        try:
            event = parsed(text_data)
            kind = text_in(event, "type")
            if kind not in self.acts:
                raise ApiError(f"This server does not know the event “{kind[:60]}”.", param="type")
            await self.acts[kind](self, event)
        except Refused as refused:
            await self.complain(of(refused), text_in(event, "event_id") or None)

    async def update(self, event: dict[str, Any]) -> None:
        is_flat = event["type"].startswith("transcription_session")
        settings = updated(self.settings, event.get("session"), is_flat=is_flat)
        if settings.model != self.settings.model:
            await self.check_model(settings.model)
        if self.session is not None:
            await self.steer(settings)
        self.settings = settings
        kind = "transcription_session.updated" if is_flat else "session.updated"
        await self.event(kind, session=settings.session(self.name, is_flat=is_flat))

    async def check_model(self, model: str) -> None:
        await in_thread(catalogue.resolve, model, Recording.Task.TRANSCRIBE, ALIASES)

    async def steer(self, settings: Settings) -> None:
        """Change what can still change of a session that has begun."""
        now = self.settings
        if (settings.model, settings.sound) != (now.model, now.sound):
            raise ApiError(LATE)
        if (settings.detection is None) != (now.detection is None):
            raise ApiError(LATE)
        assert self.session is not None  # noqa: S101 -- its only caller has looked
        await self.session.steer(settings.language, settings.prompt, settings.detection)

    async def append(self, event: dict[str, Any]) -> None:
        audio = audio_in(event)
        if self.session is None:
            settings = self.settings
            asked = service.Asked(
                ApiRequest.Vendor.OPENAI,
                settings.model,
                ALIASES,
                language=settings.language,
                prompt=settings.prompt,
                title="Live transcription",
                options={"live": True},
            )
            self.session = LiveSession(self.caller, asked, settings.sound, settings.detection, self.tell)
        await self.session.feed(audio)

    async def commit(self, event: dict[str, Any]) -> None:
        session = self.session
        if self.settings.detection is not None:
            if session is None or not await session.cut():
                raise empty(0.0)
            return
        if session is None or session.uncommitted_seconds < SHORTEST:
            raise empty(session.uncommitted_seconds if session else 0.0)
        await session.commit(self.committed)

    async def committed(self, turn: Turn) -> None:
        """Say that a turn is over: what is heard of it comes later."""
        previous, self.item_id = self.item_id, self.item_of(turn)
        await self.event("input_audio_buffer.committed", item_id=self.item_id, previous_item_id=previous)
        item = {
            "id": self.item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        for kind in ("created",) if self.is_flat else ("added", "done"):
            await self.event(f"conversation.item.{kind}", previous_item_id=previous, item=item)

    async def clear(self, event: dict[str, Any]) -> None:
        if self.session is not None:
            await self.session.clear()
        await self.event("input_audio_buffer.cleared")

    acts: dict[str, Callable[[Any, dict[str, Any]], Awaitable[None]]] = {
        "session.update": update,
        "transcription_session.update": update,
        "input_audio_buffer.append": append,
        "input_audio_buffer.commit": commit,
        "input_audio_buffer.clear": clear,
    }

    # What the session tells.

    async def tell(self, happening: Happening) -> None:
        match happening:
            case Began(turn):
                start = max(0, self.milliseconds(turn.start) - self.settings.prefix_ms)
                kind = "input_audio_buffer.speech_started"
                await self.event(kind, audio_start_ms=start, item_id=self.item_of(turn))
            case Ended(turn):
                kind = "input_audio_buffer.speech_stopped"
                end = self.milliseconds(turn.end or turn.start)
                await self.event(kind, audio_end_ms=end, item_id=self.item_of(turn))
                await self.committed(turn)
            case Heard(turn, text):
                # Joined, the pieces are the transcript.
                delta = text if len(turn.said) == 1 else f" {text}"
                await self.event(
                    f"{TRANSCRIPTION}.delta", item_id=self.item_of(turn), content_index=0, delta=delta
                )
            case Completed(turn):
                await self.completed(turn)
            case Failed(error):
                await self.fail(error)

    async def completed(self, turn: Turn) -> None:
        seconds = (turn.end or turn.start) - turn.start
        facts: dict[str, Any] = {"usage": {"type": "duration", "seconds": round(seconds, 3)}}
        if LOGPROBS in self.settings.include:
            facts["logprobs"] = [_logprob(w.text, w.probability) for piece in turn.said for w in piece.words]
        item = self.item_of(turn)
        del self.items[turn]
        kind = f"{TRANSCRIPTION}.completed"
        await self.event(kind, item_id=item, content_index=0, transcript=turn.text, **facts)

    async def fail(self, error: ApiError) -> None:
        """Nothing more comes: neither of the turns that wait for their text nor of this session."""
        facts = facts_of(error)
        for item in self.items.values():
            await self.event(f"{TRANSCRIPTION}.failed", item_id=item, content_index=0, error=facts)
        await self.complain(error)
        await self.end(FAILED if error.status >= 500 else MISTAKEN, str(error))

    def item_of(self, turn: Turn) -> str:
        return self.items.setdefault(turn, f"item_{uuid4().hex[:21]}")

    def milliseconds(self, seconds: float) -> int:
        """Return the milliseconds of what the client sent until this second of the recording."""
        return round(1000 * (self.session.sent_at(seconds) if self.session else seconds))

    async def complain(self, error: ApiError, event_id: str | None = None) -> None:
        await self.event("error", error=facts_of(error) | {"event_id": event_id})

    async def event(self, kind: str, **facts: Any) -> None:
        await self.say(json.dumps({"type": kind, "event_id": f"event_{uuid4().hex[:21]}"} | facts))


def parsed(text: str | None) -> dict[str, Any]:
    try:
        event = json_in(text or "")
    except ValueError:
        raise ApiError("Each message must be an event in JSON.", code="invalid_json") from None
    if not isinstance(event, dict):
        raise ApiError("Each message must be an event in JSON: an object with a “type”.", code="invalid_json")
    return event


def text_in(event: dict[str, Any], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def audio_in(event: dict[str, Any]) -> bytes:
    try:
        audio = base64.b64decode(event["audio"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        message = "The event's “audio” must be audio in base64, in the session's format."
        raise ApiError(message, code="invalid_value", param="audio") from None
    if len(audio) > AUDIO_BYTES:
        raise ApiError(
            "Send at most 15 MiB of audio in one event.", 413, code="audio_too_large", param="audio"
        )
    return audio


def empty(seconds: float) -> ApiError:
    has = f"The buffer holds {round(1000 * seconds)} ms of audio that is not committed"
    return ApiError(f"{has}: a turn needs at least 100 ms.", code="input_audio_buffer_commit_empty")


def facts_of(error: ApiError) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(refusal(error).content)["error"]
    return facts


def _logprob(text: str, probability: float) -> dict[str, Any]:
    return {"token": text, "logprob": math.log(max(probability, 1e-6)), "bytes": list(text.encode())}
