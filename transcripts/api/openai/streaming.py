"""A transcription as server-sent events, while it is being made."""

import json
import logging
from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

from sttweb import request_id
from transcripts.api import service
from transcripts.api.errors import ApiError, of
from transcripts.api.gate import FAILURE
from transcripts.api.openai import answers
from transcripts.api.openai.answers import Facts
from transcripts.api.openai.errors import error_facts
from transcripts.api.openai.forms import Shape
from transcripts.api.service import Patience
from transcripts.api.spoken import Said, said, spoken
from transcripts.api.threads import in_thread
from transcripts.models import Recording
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)


def streamed(recording: Recording, shape: Shape, patience: Patience) -> StreamingHttpResponse:
    body = _encoded(_events(recording, shape, patience))
    response = StreamingHttpResponse(body, content_type="text/event-stream; charset=utf-8")
    # Or a proxy would hold the events back.
    response["X-Accel-Buffering"] = "no"
    return response


async def _encoded(events: AsyncIterator[Facts]) -> AsyncIterator[bytes]:
    async for event in events:
        yield b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"


async def _events(recording: Recording, shape: Shape, patience: Patience) -> AsyncIterator[Facts]:
    try:
        async with service.cancelled_with_its_caller(recording, patience):
            async for event in _transcript(recording, shape):
                yield event
    except Refused as refused:
        yield {"error": error_facts(of(refused))}
    except Exception:
        logger.exception("Recording %s cannot be streamed on", recording.pk)
        failure = ApiError(FAILURE.format(request_id.current()), 500, code="internal_error")
        yield {"error": error_facts(failure)}


async def _transcript(recording: Recording, shape: Shape) -> AsyncIterator[Facts]:
    known: list[Said] = []
    async for rows in service.segments(recording):
        for segment in await in_thread(said, recording, rows):
            for event in _of_segment(len(known), segment, shape):
                yield event
            known.append(segment)
    yield await in_thread(_done, recording, known, shape)


def _of_segment(number: int, segment: Said, shape: Shape) -> list[Facts]:
    delta: Facts = {"type": "transcript.text.delta", "delta": (" " if number else "") + segment.text}
    if shape.has_logprobs:
        delta["logprobs"] = answers.logprobs(segment.words)
    if not shape.is_diarized:
        return [delta]
    delta["segment_id"] = answers.segment_id(number)
    return [delta, answers.speaker_segment(number, segment)]


def _done(recording: Recording, known: list[Said], shape: Shape) -> Facts:
    """Return the last event, whose text is that of all the deltas."""
    recording.refresh_from_db()
    text = " ".join(segment.text for segment in known)
    facts = answers.end_facts(recording, spoken(recording), known, shape)
    return {"type": "transcript.text.done", "text": text, **facts}
