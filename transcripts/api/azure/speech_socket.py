"""`/speech/recognition/…` and `/speech/universal/v2`: what the Speech SDK connects to.

One connection serves one recognition after the other. Each is a recording, and has a request id of its own.
"""

import asyncio
import logging
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from django.http import HttpResponse

from transcripts.api import service
from transcripts.api.azure.errors import refusal
from transcripts.api.azure.fast import NO_MODEL
from transcripts.api.azure.locales import code_of
from transcripts.api.azure.profanity import Censor, Mode
from transcripts.api.azure.speech_messages import Context, Message, read, text_of, written
from transcripts.api.azure.speech_phrases import Phrases, status
from transcripts.api.azure.units import ticks
from transcripts.api.catalogue import resolve
from transcripts.api.errors import ApiError, of
from transcripts.api.live.consumer import LiveConsumer
from transcripts.api.live.session import Began, Completed, Failed, Guessed, Happening, Heard, LiveSession
from transcripts.api.live.sound import Sound, read_header
from transcripts.api.live.turns import Turn
from transcripts.api.threads import in_thread
from transcripts.engine.turns import Detection
from transcripts.models import ApiRequest, Recording
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

# What is sent without a header.
BARE = Sound("pcm", 16_000)
# Codes of WebSockets: the data is not what it should be; and the server failed.
INVALID, FAILED = 1007, 1011

NOT_AUDIO = "This is not audio that can be recognised: send 16-bit PCM, mu-law or A-law of 8 to 48 kHz."


class SpeechConsumer(LiveConsumer):
    request_id = ""
    context = Context({})
    # Recognition ends with the first phrase.
    is_single = False
    has_begun = False
    is_over = True
    ending: asyncio.Task[None] | None = None

    async def open(self) -> None:
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        self.query = {name.lower(): values[-1] for name, values in query.items()}
        await self.accept()
        try:
            self.language()
            # A model of one's own, as the vendor has it, is one of those that are installed.
            await in_thread(resolve, self.query.get("cid", ""), Recording.Task.TRANSCRIBE, NO_MODEL)
        except ApiError as error:
            # The SDK shows no more than the first words of an answer to the handshake.
            await self.fail(error)

    def refusal(self, error: ApiError) -> HttpResponse:
        return refusal(error)

    async def take(self, text_data: str | None, bytes_data: bytes | None) -> None:
        try:
            message = read(text_data, bytes_data)
            if message.path == "speech.context":
                self.context = Context.parse(message.body)
                _ = self.context.language  # one that is not known is refused before any sound
            elif message.path == "audio":
                await self.hear(message)
        except Refused as refused:
            await self.fail(of(refused))

    async def disconnect(self, code: int) -> None:
        if self.ending is not None:
            self.ending.cancel()
        await super().disconnect(code)

    async def hear(self, message: Message) -> None:
        if message.request_id != self.request_id:
            if not message.body:
                return
            await self.begin(message)
            return
        if self.session is None or self.is_over:
            return
        if not message.body:
            # Not here: the end of the connection has to be heard of meanwhile.
            self.ending = self.ending or asyncio.create_task(self.finish(self.session))
            return
        await self.session.feed(message.body)
        await self.check_silence()

    async def begin(self, message: Message) -> None:
        """Begin the next recognition with its first sound."""
        if self.session is not None:
            await self.session.leave(is_whole=True)
        found = read_header(message.body) if message.body.startswith(b"RIFF") else (BARE, message.body)
        if found is None:
            raise ApiError(NOT_AUDIO)
        sound, samples = found
        self.request_id, self.ending = message.request_id, None
        self.has_begun, self.is_over = False, False
        self.is_single = "interactive" in (self.scope["url_route"]["kwargs"].get("mode"), self.context.mode)
        self.phrases = self.shape()
        detection = Detection(silence=self.context.silence)
        self.session = LiveSession(self.caller, self.asked(), sound, detection, self.tell)
        await self.say_of("turn.start", {"context": {"serviceTag": uuid4().hex}})
        await self.session.feed(samples)

    def locales(self) -> list[str]:
        named = self.query.get("language", "")
        return self.context.locales or ([named] if named else [])

    def shape(self) -> Phrases:
        output = self.context.within("phraseOutput")
        options = self.context.within("phraseOutput", "detailed").get("options")
        is_detailed = "detailed" in (self.query.get("format"), text_of(output.get("format")).lower())
        has_words = self.query.get("wordleveltimestamps") == "true" or (
            isinstance(options, list) and "WordTimings" in options
        )
        mode = Mode.__members__.get(self.query.get("profanity", "masked").upper(), Mode.MASKED)
        if self.query.get("profanity") == "raw":
            mode = Mode.NONE
        locales = tuple(self.locales())
        censor = Censor(mode, self.language())
        return Phrases(locales, censor, is_detailed or has_words, has_words, self.context.has_speakers)

    def language(self) -> str:
        named = self.query.get("language", "")
        return self.context.language or (code_of(named, "language") if named else "")

    def asked(self) -> service.Asked:
        return service.Asked(
            ApiRequest.Vendor.AZURE,
            self.query.get("cid", ""),
            NO_MODEL,
            language=self.language(),
            prompt=self.context.prompt,
            title="Live transcription",
            options={"live": True},
        )

    async def check_silence(self) -> None:
        """Wait no longer for one phrase than its client wishes."""
        session = self.session
        if session is None or not self.is_single or session.turns or self.ending:
            return
        if session.seconds > self.context.initial_silence:
            self.ending = asyncio.create_task(self.finish(session))

    async def finish(self, session: LiveSession) -> None:
        """End a recognition whose sound has all come."""
        await session.finish()
        if self.is_over or session is not self.session:
            return
        seconds = session.sent_at(session.seconds)
        if self.is_single:
            # Somebody may have said nothing.
            name = "NoMatch" if session.turns else "InitialSilenceTimeout"
            await self.say_of("speech.phrase", status(name, 0.0, seconds))
        else:
            # Or the client would send again what no phrase covers.
            await self.say_of("speech.phrase", status("EndOfDictation", seconds, seconds))
        await self.end_turn(seconds)

    async def end_turn(self, seconds: float) -> None:
        self.is_over = True
        await self.say_of("speech.endDetected", {"Offset": ticks(seconds)})
        await self.say_of("turn.end", {})

    # What the session tells.

    async def tell(self, happening: Happening) -> None:
        if self.is_over:
            return
        match happening:
            case Began(turn):
                if not self.has_begun:
                    self.has_begun = True
                    await self.say_of("speech.startDetected", {"Offset": ticks(self.sent_at(turn.start))})
            case Heard(turn, _):
                await self.guess(turn, turn.text)
            case Guessed(turn, text):
                await self.guess(turn, text)
            case Completed(turn):
                await self.complete(turn)
            case Failed(error):
                await self.fail(error)

    async def guess(self, turn: Turn, text: str) -> None:
        start = self.sent_at(turn.start)
        end = self.sent_at(turn.end or (self.session.seconds if self.session else turn.start))
        await self.say_of("speech.hypothesis", self.phrases.hypothesis(text, start, end))

    async def complete(self, turn: Turn) -> None:
        if not turn.text:
            return
        start, end = self.sent_at(turn.start), self.sent_at(turn.end or turn.start)
        language = self.session.language if self.session else ""
        await self.say_of("speech.phrase", self.phrases.phrase(turn, start, end, language))
        if self.is_single:
            await self.end_turn(end)
            if self.session is not None:
                self.ending = asyncio.create_task(self.session.leave(is_whole=True))

    async def fail(self, error: ApiError) -> None:
        self.is_over = True
        logger.info("Speech is not recognised on: %s", error)
        await self.end(FAILED if error.status >= 500 else INVALID, str(error))

    def sent_at(self, seconds: float) -> float:
        return self.session.sent_at(seconds) if self.session else seconds

    async def say_of(self, path: str, facts: dict[str, Any]) -> None:
        await self.say(written(path, self.request_id, facts))
