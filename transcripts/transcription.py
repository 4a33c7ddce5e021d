"""Turns spans into segments with the warm engine."""

import logging
import time
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from transcripts import events, leases, lifecycle, queues, reruns, speech, speeds, vocabulary
from transcripts.engine import base, devices
from transcripts.engine.errors import EngineError, ModelUnavailable
from transcripts.failpoints import failpoint
from transcripts.models import Event, Hypothesis, Recording, Rerun, Segment, Speaker, Transcript
from transcripts.models.lease import MAX_ATTEMPTS
from transcripts.models.transcript import HypothesisQuerySet
from transcripts.positions import segment_position
from transcripts.preparation import read_wav

logger = logging.getLogger(__name__)

# Seconds before what cannot be heard is tried again while more of it comes.
PAUSE_SECONDS = 10.0
# Seconds within which a span is cut again that has lost its audio.
CUT_SECONDS = 3600.0


class AudioGone(Exception):
    """The audio of a span is not where it was cut to."""


def transcribe(recording_id: UUID) -> None:
    """Transcribe the next spans of a recording, and pass the rest on to whichever worker is free.

    Each job takes one batch and then queues behind the other recordings: a note is not stuck behind a
    three-hour meeting, and a long meeting spreads over all workers.
    """
    recording = Recording.objects.filter(pk=recording_id).first()
    if recording is None:
        return
    batch = claim_batch(recording)
    if not batch:
        go_on(recording)
        return
    failpoint("batch-claimed")
    if claimable(recording).exists():
        queues.enqueue(queues.transcription_queue(recording), recording_id)
    worked = hear(batch)
    failpoint("batch-done")
    now = Recording.objects.filter(pk=recording_id).first()
    if worked is None or now is None:
        return
    go_on(now)
    # Last: somebody may be waiting for the text.
    note_speed(batch, worked)


def hear(batch: list[Hypothesis]) -> float | None:
    """Hear the spans and write what was said; return in how many seconds, or None where it was not to be."""
    held = Hypothesis.objects.filter(reduce(or_, (Q(pk=h.pk, fence=h.fence) for h in batch)))
    try:
        with leases.renewing(held):
            began = time.monotonic()
            outcomes = run(batch)
            worked = time.monotonic() - began
            failpoint("batch-heard")
            write(batch, outcomes)
        return worked
    except Transcript.DoesNotExist:
        logger.info("Recording %s was deleted while it was heard", batch[0].transcript.recording_id)
    except AudioGone:
        have_cut_again(batch, held)
    except BaseException as error:
        if not isinstance(error, EngineError) or not settle(batch[0].transcript, held, error):
            held.update(lease_until=None)
            raise
    return None


@transaction.atomic
def have_cut_again(batch: list[Hypothesis], held: HypothesisQuerySet) -> None:
    """Have those spans cut whose audio is gone, if they are still ours to hear. The attempt counts."""
    transcript = batch[0].transcript
    held.update(lease_until=None)
    gone = [hypothesis.pk for hypothesis in batch if not hypothesis.audio_path.exists()]
    if not held.open().filter(pk__in=gone).set_aside(CUT_SECONDS):
        return
    logger.warning("Recording %s lacks the audio of spans: they are cut again", transcript.recording_id)
    if transcript.base_id:
        reruns.cut_again(transcript.rerun)
    else:
        lifecycle.cut_again(transcript.recording)


def settle(transcript: Transcript, held: HypothesisQuerySet, error: EngineError) -> bool:
    """Do what the engine's failure asks for; False where it is to be tried again like any other."""
    if isinstance(error, ModelUnavailable) and not transcript.base_id:
        # Not the recording's fault: it waits, and the attempt does not count.
        logger.warning("Recording %s waits: %s", transcript.recording_id, error)
        held.release()
        return True
    if not error.permanent and not isinstance(error, ModelUnavailable):
        return False
    held.update(lease_until=None)
    if transcript.base_id:
        reruns.fail(transcript.rerun, str(error))
    elif not lifecycle.fail_if_complete(transcript.recording, str(error)):
        # More of it comes, and until then its owner may choose another language.
        held.release()
        held.set_aside(PAUSE_SECONDS)
    return True


def go_on(recording: Recording) -> None:
    """Take the recording, or the run over it, to its next step where all spans are heard."""
    lifecycle.advance(recording)
    for rerun in Rerun.objects.open().filter(recording=recording):
        reruns.advance(rerun)


def note_speed(batch: list[Hypothesis], worked: float) -> None:
    """Keep how long it took, for estimates. What is heard while somebody speaks comes in too small pieces,
    and of several channels there is more to hear than the time that it took to say.
    """
    recording = batch[0].transcript.recording
    if recording.state != Recording.State.RECEIVING and not recording.is_multichannel:
        speeds.note(serving_of(batch[0].transcript).name, batch[-1].span.end - batch[0].span.start, worked)


def claimable(recording: Recording) -> HypothesisQuerySet:
    return Hypothesis.objects.waiting().free().filter(transcript__recording=recording)


def batch_spans() -> int:
    """Return how many spans to take: while somebody speaks, no batch may keep the next words waiting."""
    live = Recording.objects.filter(state=Recording.State.RECEIVING, is_live=True, can_stream=True)
    return 1 if live.exists() else devices.BATCH_SIZES[speech.device()]


@transaction.atomic
def claim_batch(recording: Recording) -> list[Hypothesis]:
    """Claim the next spans in order.

    One on which a worker died before is tried alone, and after MAX_ATTEMPTS no more.
    """
    free = claimable(recording).select_related("span", "transcript__recording")
    free = free.order_by("transcript", "span__position")
    rows = list(free.select_for_update(skip_locked=True, of=("self",))[: batch_spans()])
    hopeless = [row.pk for row in rows if row.attempt >= MAX_ATTEMPTS]
    if hopeless:
        Hypothesis.objects.filter(pk__in=hopeless).update(state=Hypothesis.State.FAILED, lease_until=None)
    rows = [row for row in rows if row.pk not in hopeless]
    rows = [row for row in rows if row.transcript_id == rows[0].transcript_id]
    batch = rows[:1] if any(row.attempt for row in rows) else rows
    Hypothesis.objects.filter(pk__in=[row.pk for row in batch]).claim()
    for row in batch:
        row.fence += 1
    return batch


def run(batch: list[Hypothesis]) -> list[base.Hypothesis]:
    """Return what the engine says of each span."""
    transcript = Transcript.objects.select_related("recording").get(pk=batch[0].transcript_id)
    serving = serving_of(transcript)
    engine = speech.engine(serving)
    spans = [audio_of(hypothesis) for hypothesis in batch]
    note_start(transcript, serving)
    note_language(transcript, engine, spans)
    prompt = vocabulary.prompt_of(transcript.recording, transcript.prompt)
    options = base.Options(
        transcript.language, speech.task_of(transcript), prompt, temperature=transcript.recording.temperature
    )
    return engine.transcribe(spans, options)


def audio_of(hypothesis: Hypothesis) -> base.SpanAudio:
    try:
        samples = read_wav(hypothesis.audio_path)
    except FileNotFoundError:
        raise AudioGone from None
    return base.SpanAudio(samples, tuple((start, end) for start, end in hypothesis.span.pieces))


def serving_of(transcript: Transcript) -> speech.Serving:
    return speech.chosen(transcript.asked_model, transcript.task)


def note_start(transcript: Transcript, serving: speech.Serving) -> None:
    """Record on the first batch which model does the work, and since when."""
    Transcript.objects.filter(pk=transcript.pk, started_at=None).update(
        started_at=timezone.now(), model=serving.name, is_demo=serving.is_demo
    )


def note_language(transcript: Transcript, engine: base.Engine, spans: list[base.SpanAudio]) -> None:
    """Detect the language once a recording: where two workers do so at the same time, the first counts."""
    if transcript.language:
        return
    found = engine.detect_language(spans)
    undetected = Transcript.objects.filter(pk=transcript.pk, language="")
    undetected.update(language=found.code, language_probability=found.probability)
    transcript.refresh_from_db()


@transaction.atomic
def write(batch: list[Hypothesis], outcomes: list[base.Hypothesis]) -> None:
    """Store the words of each span that is still ours, and its segments, and tell the readers."""
    segments: list[Segment] = []
    ended: list[Hypothesis] = []
    for hypothesis, outcome in zip(batch, outcomes, strict=True):
        ours = Hypothesis.objects.open().filter(pk=hypothesis.pk, fence=hypothesis.fence)
        written = ours.update(
            state=Hypothesis.State.DONE,
            lease_until=None,
            segments=[segment_facts(s) for s in outcome.segments],
            dropped=[
                {"start": d.start, "end": d.end, "text": d.text, "reason": d.reason} for d in outcome.dropped
            ],
        )
        if not written:
            continue
        ended.append(hypothesis)
        # Of a run over old text they wait there until all are known.
        if not hypothesis.transcript.base_id:
            segments += segments_of(hypothesis, outcome)
    if not ended:
        return
    created = Segment.objects.bulk_create(segments)
    failpoint("segments-created")
    publish(ended, created)
    # The audio of the others is somebody else's to hear.
    transaction.on_commit(lambda: discard_audio(ended))


def publish(batch: list[Hypothesis], created: list[Segment]) -> None:
    transcript = batch[0].transcript
    if transcript.base_id:
        events.publish(transcript.recording_id, Event.Kind.PROGRESS)
        return
    settled = max(hypothesis.span.position for hypothesis in batch)
    payload = {"segments": [s.pk for s in created], "settled": settled}
    events.publish(transcript.recording_id, Event.Kind.SEGMENTS, payload)


def segment_facts(segment: base.Segment) -> dict[str, object]:
    return {
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "words": words_of(segment),
        "avg_logprob": segment.avg_logprob,
        "no_speech_prob": segment.no_speech_prob,
        "compression_ratio": segment.compression_ratio,
        "tokens": segment.tokens,
    }


def words_of(segment: base.Segment) -> list[list[object]]:
    return [[w.text, w.start, w.end, w.probability] for w in segment.words]


def segments_of(hypothesis: Hypothesis, outcome: base.Hypothesis) -> list[Segment]:
    speaker = speaker_of(hypothesis)
    return [
        Segment(
            transcript_id=hypothesis.transcript_id,
            position=segment_position(hypothesis.span, segment.start, number),
            speaker=speaker,
            start=segment.start,
            end=segment.end,
            text=segment.text,
            words=words_of(segment),
        )
        for number, segment in enumerate(outcome.segments)
    ]


def speaker_of(hypothesis: Hypothesis) -> Speaker | None:
    """Return who is heard in the span: each channel that is heard for itself is somebody."""
    channel = hypothesis.span.channel
    if channel is None:
        return None
    return hypothesis.transcript.speakers.get_or_create(number=channel + 1)[0]


def discard_audio(batch: list[Hypothesis]) -> None:
    """A span's own audio has served; the recording keeps the source."""
    failpoint("segments-committed")
    for hypothesis in batch:
        hypothesis.audio_path.unlink(missing_ok=True)
