"""What every vendor's API does, each in its own words: take sound in, wait for its text, cancel.

Recordings made here are like all others: the same queue, quotas and library.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction
from django.utils import timezone

from transcripts import ingest, lifecycle, quotas, url_import
from transcripts.api.bodies import storable
from transcripts.api.catalogue import CONFIGURED, resolve
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller
from transcripts.api.threads import P, R, in_thread
from transcripts.events import group_name
from transcripts.ingest import Readable
from transcripts.models import ApiRequest, Hypothesis, Recording, Segment
from transcripts.positions import first_position
from transcripts.refusals import Refused
from transcripts.wishes import Wishes

logger = logging.getLogger(__name__)

State = Recording.State
# Seconds after which a waiting call looks even when nobody poked it: pokes may be lost.
LOOK_SECONDS = 5.0
# Says, when a caller goes away, for how many seconds to work on.
Patience = Callable[[], float]
# How many calls of this process wait for each recording.
_waiting: Counter[UUID] = Counter()
# Recordings whose bytes calls of this process are taking in.
_arriving: set[UUID] = set()
# Keeps what works on after its call from being collected.
_abandoned: set[asyncio.Task[None]] = set()

CANCELLED = "This was cancelled."


@dataclass(frozen=True)
class Asked:
    """What a call asks for, in our own words."""

    vendor: ApiRequest.Vendor
    # As the caller named it; `aliases` are the vendor's names for the configured one.
    model: str
    aliases: frozenset[str] = CONFIGURED
    task: str = Recording.Task.TRANSCRIBE
    # One of Whisper's codes; empty to detect it.
    language: str = ""
    prompt: str = ""
    temperature: float = 0.0
    title: str = ""
    file_name: str = ""
    is_live: bool = False
    # Each channel is to be heard for itself; or only where that tells who speaks.
    is_multichannel: bool = False
    is_diarized: bool = False
    # What shapes the answer: kept for when it is fetched.
    options: dict[str, Any] = field(default_factory=dict)
    callback_url: str = ""
    # How long the vendor keeps an answer; None for as long as the recording is here.
    kept: timedelta | None = None


def accept(caller: Caller, asked: Asked) -> tuple[ApiRequest, Wishes]:
    """Take a call on; return it, and what is to be wished of each of its recordings.

    Raises: ApiError: there is no such model.
    """
    model = resolve(asked.model, asked.task, asked.aliases)
    request = ApiRequest.objects.create(
        owner=caller.user,
        key=caller.key,
        vendor=asked.vendor,
        model=asked.model,
        options=storable(asked.options),
        callback_url=asked.callback_url,
        expires_at=timezone.now() + asked.kept if asked.kept else None,
    )
    wishes = Wishes(
        title=asked.title,
        file_name=asked.file_name,
        source=Recording.Source.API,
        language=asked.language,
        task=asked.task,
        prompt=asked.prompt,
        api_request=request,
        model=model,
        temperature=asked.temperature,
        is_live=asked.is_live,
        is_listed=caller.key.is_listed,
        is_multichannel=asked.is_multichannel,
        is_diarized=asked.is_diarized,
        delete_after=_delete_after(caller),
    )
    return request, wishes


def _delete_after(caller: Caller) -> datetime | None:
    hours = caller.key.retention_hours
    return timezone.now() + timedelta(hours=hours) if hours else None


def take_body(caller: Caller, asked: Asked, body: Readable, size: int) -> Recording:
    """Take in a file of `size` bytes that came with the call.

    Raises: Refused: a wish cannot be met, or there is no room.
    """
    with quotas.reserving(), transaction.atomic():
        _, wishes = accept(caller, asked)
        recording = ingest.begin(caller.user, wishes, size)
        _arriving.add(recording.pk)
    try:
        ingest.append(recording, 0, body, size)
        return ingest.finish(recording)
    except Refused:
        # Nobody was told of it; what waits for it, as a repeat of this call does, is told that it is gone.
        ingest.delete(recording)
        raise
    finally:
        _arriving.discard(recording.pk)


def is_arriving(recording: Recording) -> bool:
    """Whether a call of this process is taking its bytes in."""
    return recording.pk in _arriving


def take_link(caller: Caller, asked: Asked, url: str) -> Recording:
    """Take on a link, whose file a worker fetches.

    Raises: Refused: it is no link that may be fetched, or there is no room.
    """
    with quotas.reserving(), transaction.atomic():
        _, wishes = accept(caller, asked)
        return url_import.begin(caller.user, url, wishes)


def open_live(caller: Caller, asked: Asked) -> Recording:
    """Make a recording that grows while it is spoken: `ingest.append` adds to it, `ingest.finish` ends it."""
    with quotas.reserving(), transaction.atomic():
        _, wishes = accept(caller, replace(asked, is_live=True))
        return ingest.begin(caller.user, wishes, None)


async def finished(recording: Recording) -> Recording:
    """Wait, without a thread, until all that was said is known.

    Raises: ApiError: it failed, or was cancelled or deleted.
    """
    async for current in changes(recording.pk):
        if await in_thread(is_heard, current):
            return current
    raise ApiError("This recording was deleted.", 404)


async def changes(pk: UUID) -> AsyncGenerator[Recording, None]:
    """Yield the recording now, and whenever something may have happened to it; end when it is gone.

    Raises: ApiError: it failed, or was cancelled.
    """
    async with pokes(pk) as poked:
        while (recording := await in_thread(Recording.objects.filter(pk=pk).first)) is not None:
            check(recording)
            yield recording
            await poked()


async def segments(recording: Recording) -> AsyncIterator[list[Segment]]:
    """Yield segments in their order, as soon as all that was said before them is known.

    Raises: ApiError: the recording failed, or was cancelled or deleted.
    """
    last = -1
    async for current in changes(recording.pk):
        found = await in_thread(settled_segments, current, last)
        if found:
            last = found[-1].position
            yield found
        if await in_thread(is_heard, current):
            return
    raise ApiError("This recording was deleted.", 404)


def settled_segments(recording: Recording, after: int) -> list[Segment]:
    """Return the segments past position `after` that nothing can come before any more."""
    transcript = recording.transcript
    # Of another channel something that was said before may still be heard.
    if transcript is None or (recording.channel_count > 1 and not is_heard(recording)):
        return []
    rows = transcript.segments.filter(position__gt=after).select_related("speaker")
    waiting = Hypothesis.objects.open().of(recording).order_by("span__position")
    first = waiting.select_related("span").first()
    if first is not None:
        rows = rows.filter(position__lt=first_position(first.span))
    return list(rows)


def is_heard(recording: Recording) -> bool:
    """Whether all that was said is known: only a copy for players may still be made."""
    if recording.state == State.DONE:
        return True
    failed = Hypothesis.objects.of(recording).filter(state=Hypothesis.State.FAILED)
    return recording.state == State.FINISHING and not failed.exists()


def check(recording: Recording) -> None:
    """Raises: ApiError: the recording ended without its text."""
    if recording.state == State.FAILED:
        raise ApiError(recording.message or "It could not be transcribed.", 400, code="transcription_failed")
    if recording.state == State.CANCELLED:
        raise ApiError(CANCELLED, 409, code="cancelled")


def at_once() -> float:
    return 0.0


@asynccontextmanager
async def cancelled_with_its_caller(
    recording: Recording, patience: Patience = at_once
) -> AsyncIterator[None]:
    """Cancel what nobody else waits for when its caller goes away and does not come back."""
    _waiting[recording.pk] += 1
    try:
        yield
    except (asyncio.CancelledError, GeneratorExit):
        _abandon(recording.pk, patience())
        raise
    finally:
        _waiting[recording.pk] -= 1
        if not _waiting[recording.pk]:
            del _waiting[recording.pk]


def _abandon(pk: UUID, seconds: float) -> None:
    task = asyncio.create_task(_cancel_unless_wanted(pk, seconds))
    _abandoned.add(task)
    task.add_done_callback(_abandoned.discard)


async def _cancel_unless_wanted(pk: UUID, seconds: float) -> None:
    await asyncio.sleep(seconds)
    if not _waiting[pk] and await in_thread(cancel, pk):
        logger.info("Recording %s is cancelled: its caller went away", pk)


async def taken(
    take: Callable[P, tuple[Recording, R]], *args: P.args, **kwargs: P.kwargs
) -> tuple[Recording, R]:
    """Run what takes a recording in, in a thread; cancel that where its caller goes away meanwhile."""
    return await taken_patiently(at_once, take, *args, **kwargs)


async def taken_patiently(
    patience: Patience, take: Callable[P, tuple[Recording, R]], *args: P.args, **kwargs: P.kwargs
) -> tuple[Recording, R]:
    """Run what takes a recording in; cancel that only where its caller does not come back either."""
    taking = asyncio.ensure_future(in_thread(take, *args, **kwargs))
    try:
        return await asyncio.shield(taking)
    except asyncio.CancelledError:
        taking.add_done_callback(partial(_abandon_taken, patience()))
        raise


def _abandon_taken(seconds: float, taking: "asyncio.Future[tuple[Recording, Any]]") -> None:
    if not taking.cancelled() and taking.exception() is None:
        _abandon(taking.result()[0].pk, seconds)


def cancel(pk: UUID) -> bool:
    """Stop the work on a recording; False where it has ended already."""
    recording = Recording.objects.filter(pk=pk).first()
    return recording is not None and lifecycle.cancel(recording)


@asynccontextmanager
async def told(pk: UUID) -> AsyncIterator[Callable[[], Awaitable[dict[str, Any]]]]:
    """Give a function that waits for the next message about a recording."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(group_name(pk), channel)
    try:
        yield partial(layer.receive, channel)
    finally:
        await layer.group_discard(group_name(pk), channel)


@asynccontextmanager
async def pokes(pk: UUID) -> AsyncIterator[Callable[[], Any]]:
    """Give a function that waits until something may have happened to the recording."""
    async with told(pk) as following:

        async def poked() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    while (await following())["type"] != "look":
                        pass

        yield poked
