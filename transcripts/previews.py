"""The unsettled tail: what is being said right now, shown apart and never saved.

The follower of a recording offers the speech that no span holds yet; a worker that has nothing more important
to do transcribes the newest offer. Words on which two passes agree are told apart from those that may still
change (LocalAgreement-2, Macháček et al. 2023, "Turning Whisper into Real-Time Transcription System").

Offers live in Redis alone. Where workers cannot keep up, offers are overwritten before anyone took them: the
tail is what is dropped first.
"""

import json
import logging
import time
from functools import partial
from itertools import takewhile
from uuid import UUID

import numpy as np

from transcripts import events, hints, queues, speech, vocabulary
from transcripts.engine.base import Options, SpanAudio
from transcripts.engine.errors import EngineError
from transcripts.engine.vad import CutSpan
from transcripts.models import Hypothesis, Recording, Transcript
from transcripts.preparation import FULL_SCALE, pcm

logger = logging.getLogger(__name__)

# Seconds between two offers of one recording.
OFFER_SECONDS = 0.4
# Seconds after which an offer, or what an earlier pass heard, is worth nothing.
KEPT_SECONDS = 10


class Preview:
    """Offers the open speech of one recording."""

    def __init__(self, recording_id: UUID) -> None:
        self.recording_id = recording_id
        self.offered_at = 0.0
        self.offered: tuple[int, int] | None = None

    def offer(self, span: CutSpan | None) -> None:
        """Offer what was said since the last span, unless it is what was offered before."""
        if span is None or time.monotonic() - self.offered_at < OFFER_SECONDS:
            return
        state = (span.position, len(span.audio.samples))
        if state == self.offered:
            return
        self.offered, self.offered_at = state, time.monotonic()
        put = partial(connection().set, _offer_key(self.recording_id), packed(span), ex=KEPT_SECONDS)
        hints.give(put, f"No preview for recording {self.recording_id}")
        queues.enqueue("preview", self.recording_id)


def connection():
    return hints.connection()


def _offer_key(recording_id: UUID) -> str:
    return f"stt:preview:{recording_id}"


def _heard_key(recording_id: UUID) -> str:
    return f"stt:heard:{recording_id}"


def packed(span: CutSpan) -> bytes:
    facts = json.dumps([span.position, span.audio.pieces]).encode()
    return facts + b"\n" + pcm(span.audio.samples)


def unpacked(data: bytes) -> tuple[int, SpanAudio]:
    facts, _, samples = data.partition(b"\n")
    position, pieces = json.loads(facts)
    audio = np.frombuffer(samples, "<i2").astype(np.float32) / FULL_SCALE
    return position, SpanAudio(audio, tuple((start, end) for start, end in pieces))


def show(recording_id: UUID) -> None:
    """Transcribe the newest offer and show it, unless its words were settled meanwhile."""
    data = connection().getdel(_offer_key(recording_id))
    recording = Recording.objects.filter(pk=recording_id, state=Recording.State.RECEIVING).first()
    if data is None or recording is None or recording.transcript is None:
        return
    position, audio = unpacked(data)
    if Hypothesis.objects.filter(transcript=recording.transcript, span__position__gte=position).exists():
        return
    try:
        words = hear(recording, recording.transcript, audio)
    except EngineError as error:
        logger.info("No preview for recording %s: %s", recording_id, error)
        return
    agreed = len(common(words, heard_before(recording_id, position, words)))
    events.preview(recording_id, position, " ".join(words[:agreed]), " ".join(words[agreed:]))


def hear(recording: Recording, transcript: Transcript, audio: SpanAudio) -> list[str]:
    engine = speech.engine(speech.chosen(recording.model, transcript.task))
    language = transcript.language or engine.detect_language([audio]).code
    task = speech.task_of(transcript)
    prompt = vocabulary.prompt_of(recording)
    options = Options(language, task, prompt, beam_size=1, is_preview=True)
    (hypothesis,) = engine.transcribe([audio], options)
    return " ".join(segment.text for segment in hypothesis.segments).split()


def heard_before(recording_id: UUID, position: int, words: list[str]) -> list[str]:
    """Return what the last pass heard of the same span, and remember what this one did."""
    key = _heard_key(recording_id)
    before = connection().set(key, json.dumps([position, words]), ex=KEPT_SECONDS, get=True)
    earlier, heard = json.loads(before) if before else (None, [])
    return heard if earlier == position else []


def common(words: list[str], others: list[str]) -> list[str]:
    """Return the words that both begin with."""
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(words, others, strict=False))
    return [word for word, _ in pairs]
