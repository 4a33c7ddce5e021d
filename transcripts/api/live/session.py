"""A recording that grows while a program sends it, the turns in it, and their words as they are heard."""

import asyncio
import io
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import IO
from uuid import UUID

from django.db.models import Max, Min, Q

from transcripts import ingest, lifecycle
from transcripts.api import service
from transcripts.api.errors import ApiError, of
from transcripts.api.gate import Caller
from transcripts.api.live.sound import Sound
from transcripts.api.live.spool import Spool, check_key
from transcripts.api.live.turns import Reading, Turn, divided, is_settled
from transcripts.api.spoken import said
from transcripts.api.threads import in_thread
from transcripts.engine.turns import Detection, Mark, TurnDetector
from transcripts.labels import clean_label
from transcripts.models import Hypothesis, Recording
from transcripts.models.transcript import POSITIONS_PER_SPAN
from transcripts.refusals import Refused
from transcripts.wishes import PROMPT_LENGTH

logger = logging.getLogger(__name__)

# Seconds of sound that are written at once, and after which what has come is written anyway.
PIECE_SECONDS = 0.2
# Bytes that may wait to be written before the sender has to.
WAITING_BYTES = 1024 * 1024
# Seconds of silence behind a turn whose sender sends nothing more: its last words would wait for more.
PAUSE_SECONDS = 1.8
# Seconds without sound after which such a pause is put there.
STALL_SECONDS = 0.8

FAILURE = "Something went wrong here. What was sent is kept; connect again."


@dataclass(frozen=True)
class Began:
    turn: Turn


@dataclass(frozen=True)
class Ended:
    turn: Turn


@dataclass(frozen=True)
class Heard:
    """More of a turn is settled."""

    turn: Turn
    text: str


@dataclass(frozen=True)
class Guessed:
    """What is being said, as far as it can be heard yet; it may still change."""

    turn: Turn
    text: str


@dataclass(frozen=True)
class Completed:
    turn: Turn


@dataclass(frozen=True)
class Failed:
    error: ApiError


Happening = Began | Ended | Heard | Guessed | Completed | Failed


class LiveSession:
    """Takes sound, and tells what happens in it. Without `detection` its sender says where turns end.

    The recording is made with the first sound.
    """

    def __init__(
        self,
        caller: Caller,
        asked: service.Asked,
        sound: Sound,
        detection: Detection | None,
        tell: Callable[[Happening], Awaitable[None]],
    ) -> None:
        self.caller, self.asked, self.sound = caller, asked, sound
        self.turns: list[Turn] = []
        self.recording: Recording | None = None
        self.language = asked.language  # of what was said, once that is known
        self._tell = tell
        self._detector = TurnDetector(sound.rate, detection) if detection else None
        self._rest = b""  # of a frame that is not whole yet
        self._waiting = bytearray()
        self._came_at = time.monotonic()
        self._came, self._room = asyncio.Event(), asyncio.Event()
        self._spool = Spool(caller)
        self._written = 0  # bytes of the recording, without its header
        self._pauses: list[tuple[float, float]] = []  # (second of the recording, length) of what nobody sent
        self._position = -1  # of the last segment that was read
        self._is_ending = self._has_failed = self._is_alone = self._is_dropping = False
        self._cut: asyncio.Future[bool] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    # What a sender does.

    async def feed(self, data: bytes) -> None:
        """Take sound; wait while too much of it waits."""
        data = self._rest + data
        whole = len(data) - len(data) % self.sound.frame_bytes
        if self._detector is None:
            self._spool.check_length(whole)
            self._rest = data[whole:]
            await self._guarded(in_thread(self._spool.keep, data[:whole]))
            return
        self._rest = data[whole:]
        if self._writing is None:
            self._writing = asyncio.create_task(self._guarded(self._write_on()))
        for at in range(0, whole, WAITING_BYTES):
            while len(self._waiting) > WAITING_BYTES and not self._has_failed:
                self._room.clear()
                await self._room.wait()
            self._waiting += data[at : min(whole, at + WAITING_BYTES)]
            self._came_at = time.monotonic()
            self._came.set()

    @property
    def uncommitted_seconds(self) -> float:
        return self._spool.length / self.sound.bytes_per_second

    async def cut(self) -> bool:
        """End the turn in what was sent so far; return whether somebody was speaking."""
        return await self._stopped(is_dropped=False)

    async def commit(self, committed: Callable[[Turn], Awaitable[None]]) -> None:
        """Make a turn of what was sent since the last one, and say so before anything is heard of it."""
        turn = Turn(self.seconds)
        await in_thread(self._append_spool)
        self.turns.append(turn)
        turn.end = self.seconds
        await committed(turn)
        await self._pause()

    async def clear(self) -> None:
        """Forget what was sent since the last turn."""
        self._rest = b""
        await in_thread(self._spool.empty)
        await self._stopped(is_dropped=True)

    async def _stopped(self, *, is_dropped: bool) -> bool:
        """Let who writes end the turn when all that was sent is written: the detector is in its hands."""
        if self._writing is None or self._writing.done() or self._has_failed:
            return False
        self._cut, self._is_dropping = asyncio.get_running_loop().create_future(), is_dropped
        self._came.set()
        return await self._cut

    async def steer(self, language: str, prompt: str, detection: Detection | None) -> None:
        """Change how what is still to come is heard."""
        if self._detector and detection:
            self._detector.detection = detection
        self.asked = replace(self.asked, language=language, prompt=prompt)
        if self.recording is not None:
            await in_thread(self._steer, self.recording.pk)

    async def finish(self) -> None:
        """Say that all sound has come, and wait until all of it is heard."""
        await self._end(is_whole=True)
        if self._listening and not self._has_failed:
            await self._listening

    async def leave(self, *, is_whole: bool) -> None:
        """Keep what has come; nobody waits for its text any more."""
        self._is_alone = True
        if self._listening:
            self._listening.cancel()
        await self._end(is_whole=is_whole)
        self._spool.close()

    @property
    def seconds(self) -> float:
        """How long the recording is by now."""
        return self._written / self.sound.bytes_per_second

    def sent_at(self, seconds: float) -> float:
        """Return the second of what was sent that lies at this second of the recording."""
        return seconds - sum(length for at, length in self._pauses if at < seconds)

    # Sound on its way into the recording.

    async def _write_on(self) -> None:
        assert self._detector is not None  # noqa: S101 -- or there is nothing to write on
        while not self._is_ending or self._waiting:
            if not self._waiting:
                await self._end_turn() if self._cut else await self._wait_for_sound()
                continue
            if len(self._waiting) < PIECE_SECONDS * self.sound.bytes_per_second and not self._is_ending:
                await asyncio.sleep(PIECE_SECONDS)
            data, self._waiting = bytes(self._waiting[:WAITING_BYTES]), self._waiting[WAITING_BYTES:]
            self._room.set()
            for mark in await in_thread(self._detect, data):
                await self._note(mark)
            await self._append(data)
        await self._end_turn()

    async def _end_turn(self) -> None:
        assert self._detector is not None  # noqa: S101 -- see above
        marks = self._detector.stop()
        if marks and self._is_dropping:
            self.turns[-1].end, self.turns[-1].is_dropped = self.seconds, True
        else:
            for mark in marks:
                await self._note(mark)
        self._end_cut(bool(marks))

    def _end_cut(self, was_speaking: bool) -> None:
        if self._cut and not self._cut.done():
            self._cut.set_result(was_speaking)
        self._cut, self._is_dropping = None, False

    async def _wait_for_sound(self) -> None:
        self._came.clear()
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await self._came.wait()
        except TimeoutError:
            turn = self.turns[-1] if self.turns else None
            if turn and turn.end and not turn.is_complete and self.seconds < turn.end + PAUSE_SECONDS:
                await self._pause()

    def _detect(self, data: bytes) -> list[Mark]:
        assert self._detector is not None  # noqa: S101 -- see above
        return self._detector.push(self.sound.samples(data))

    async def _note(self, mark: Mark) -> None:
        at = mark.at + sum(length for _, length in self._pauses)
        if mark.is_start:
            self.turns.append(Turn(at))
            await self._tell(Began(self.turns[-1]))
        else:
            self.turns[-1].end = at
            await self._tell(Ended(self.turns[-1]))

    async def _pause(self) -> None:
        self._pauses.append((self.seconds, PAUSE_SECONDS))
        await self._append(self.sound.silence(PAUSE_SECONDS))

    async def _append(self, data: bytes) -> None:
        await in_thread(self._write, io.BytesIO(data), len(data))
        if self._listening is None:
            self._listening = asyncio.create_task(self._guarded(self._listen_on()))

    def _append_spool(self) -> None:
        self._spool.file.seek(0)
        self._write(self._spool.file, self._spool.length)
        self._spool.empty()

    def _write(self, body: IO[bytes], length: int) -> None:
        header = self.sound.header()
        if self.recording is None:
            self.recording = service.open_live(self.caller, self.asked)
            ingest.append(self.recording, 0, io.BytesIO(header), len(header))
        ingest.append(self.recording, len(header) + self._written, body, length)
        self._written += length

    def _steer(self, pk: UUID) -> None:
        recording = Recording.objects.filter(pk=pk).first()
        if recording is None:
            return
        if recording.language != self.asked.language:
            lifecycle.set_language(recording, self.asked.language)
        Recording.objects.filter(pk=pk).update(prompt=clean_label(self.asked.prompt, PROMPT_LENGTH))

    async def _end(self, *, is_whole: bool) -> None:
        self._is_ending = True
        self._came.set()
        if self._writing:
            await self._writing
        if self.recording is not None:
            await in_thread(self._close, self.recording, is_whole)

    def _close(self, recording: Recording, is_whole: bool) -> None:
        """End the recording. One whose sender went away without a word is told from one that is whole."""
        try:
            if is_whole:
                ingest.announce(recording, recording.bytes_received)
            ingest.finish(recording)
        except Refused as refused:
            logger.info("Recording %s could not be ended: %s", recording.pk, refused)

    # What is heard in it.

    async def _listen_on(self) -> None:
        assert self.recording is not None  # noqa: S101 -- it was written to
        async with service.told(self.recording.pk) as following:
            # A thread's result may swallow a cancellation.
            while not self._is_alone:
                reading = await in_thread(self._read, self.recording)
                await self._advance(reading)
                if reading.is_heard:
                    return
                with suppress(TimeoutError):
                    async with asyncio.timeout(service.LOOK_SECONDS):
                        while (message := await following())["type"] != "look":
                            await self._guess(message)

    def _read(self, recording: Recording) -> Reading:
        """Raises: ApiError: nothing more will be heard, or the key was taken back."""
        check_key(self.caller)
        now = Recording.objects.filter(pk=recording.pk).first()
        if now is None:
            raise ApiError("This recording was deleted.", 404)
        service.check(now)
        is_heard = service.is_heard(now)
        spans = Hypothesis.objects.of(now).order_by()
        is_open = Q(state=Hypothesis.State.READY)
        facts = spans.aggregate(first=Min("span__start", filter=is_open), last=Max("span__end"))
        # Last, so that nothing is taken for heard whose words were not read.
        found = service.settled_segments(now, self._position)
        if found:
            self._position = found[-1].position
            self.language = now.transcript.text_language
        until, last = now.prepared_until, facts["last"] or 0.0
        return Reading(until, facts["first"], last, tuple(said(now, found)), is_heard)

    async def _advance(self, reading: Reading) -> None:
        if reading.said and not self.turns:
            # Words where no turn was found: they are not to be lost.
            self.turns.append(Turn(reading.said[0].start, reading.said[-1].end))
        for turn, part in [pair for piece in reading.said for pair in divided(piece, self.turns)]:
            if turn.is_complete or turn.is_dropped:
                continue
            turn.said.append(part)
            await self._tell(Heard(turn, part.text))
        # Turns may begin meanwhile.
        for number, turn in enumerate(list(self.turns)):
            following = next(iter(self.turns[number + 1 :]), None)
            if turn.is_complete:
                continue
            if not is_settled(turn, following, reading):
                return
            turn.is_complete = True
            if not turn.is_dropped:
                await self._tell(Completed(turn))

    async def _guess(self, message: dict[str, object]) -> None:
        if message["type"] != "preview" or not self.turns:
            return
        turn = self.turns[-1]
        is_new = message["position"] > self._position // POSITIONS_PER_SPAN  # type: ignore[operator]
        if is_new and not turn.is_complete and not turn.is_dropped:
            words = [turn.text, str(message["agreed"]), str(message["open"])]
            await self._tell(Guessed(turn, " ".join(filter(None, words))))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except Refused as refused:
            await self._fail(of(refused))
        except Exception:
            logger.exception("A live session failed")
            await self._fail(ApiError(FAILURE, 500, code="internal_error"))

    async def _fail(self, error: ApiError) -> None:
        self._has_failed = True
        self._room.set()
        self._end_cut(False)
        await self._tell(Failed(error))
