"""Decodes a recording in one streaming pass and cuts it into spans."""

import logging
import wave
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import reduce
from operator import or_
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Sum

from transcripts import events, leases, lifecycle, queues, quotas
from transcripts.engine.audio import AudioInfo, media_type, open_audio
from transcripts.engine.base import SAMPLE_RATE, Audio
from transcripts.engine.channels import ChannelCutter, has_voices_apart
from transcripts.engine.errors import AudioError
from transcripts.engine.growing import BROWSER_PROBE_BYTES, FILE_PROBE_BYTES, GrowingAudio
from transcripts.engine.vad import FILE_CUTTING, LIVE_CUTTING, CutSpan, Cutting, SpanCutter
from transcripts.failpoints import failpoint
from transcripts.models import Event, Hypothesis, Recording, Segment, Span
from transcripts.models.transcript import POSITIONS_PER_SPAN, audio_path
from transcripts.positions import among
from transcripts.waveform import PeaksFile

logger = logging.getLogger(__name__)

FULL_SCALE = np.float32(32768)
# Seconds of audio between two signs of progress.
PROGRESS_SECONDS = 60.0
# Seconds of silence between two of them while somebody is listened to.
SILENCE_SECONDS = 0.5

# A recording is prepared while its bytes come, or afterwards.
PREPARABLE_STATES = frozenset({Recording.State.RECEIVING, Recording.State.QUEUED, Recording.State.PREPARING})

TRUNCATED = "The file ends before its time: what it holds was transcribed."


class Superseded(Exception):
    """The recording was cancelled or deleted, or another worker took it over."""


@contextmanager
def gone_if_deleted() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Superseded from None


def prepare(recording_id: UUID) -> None:
    """Cut the recording into spans. Made again after a crash, the same spans come out."""
    recording = Recording.objects.filter(pk=recording_id).first()
    if recording is None:
        return
    fence = lifecycle.claim(recording, Recording.State.PREPARING)
    if fence is None:
        return
    failpoint("preparation-claimed")
    held = Recording.objects.filter(pk=recording_id, fence=fence)
    try:
        with leases.renewing(held), closing(Preparation(recording, fence)) as preparation:
            preparation.run()
    except Superseded:
        logger.info("Preparation of %s ended early", recording_id)
    except BaseException as error:
        if isinstance(error, AudioError) and error.permanent:
            lifecycle.fail(recording, str(error), fence=fence)
            return
        # Something unforeseen: free for the next try, which the count of attempts bounds.
        held.update(lease_until=None)
        raise


class Preparation:
    """One pass over one recording, under the fence of its claim."""

    def __init__(self, recording: Recording, fence: int) -> None:
        self.recording = recording
        self.fence = fence
        self.held = Recording.objects.filter(pk=recording.pk, fence=fence, state__in=PREPARABLE_STATES)
        self.transcript = recording.transcript
        self.cutter: SpanCutter | ChannelCutter = SpanCutter(cutting_of(recording))
        self.peaks = PeaksFile(recording, str(fence))
        self.decoded = 0  # samples
        # What follows the last span's position: of each channel, or by None of them together.
        self.ends: dict[int | None, int] = {}

    def run(self) -> None:
        if self.recording.can_stream:
            self.run_streamed()
            return
        is_apart = self.hears_channels()
        with open_audio(self.recording.source_path, self.hours_allowed(), is_apart=is_apart) as stream:
            self.note_format(stream.info)
            if is_apart:
                self.cutter = ChannelCutter(stream.info.channels)
            for block in stream:
                self.push(block)
        self.finish(is_truncated=stream.is_truncated)

    def hears_channels(self) -> bool:
        """Whether each channel is to be heard for itself: it is known from here on."""
        recording = self.recording
        if recording.is_diarized and not recording.is_multichannel:
            recording.is_multichannel = has_voices_apart(recording.source_path)
            self._update(is_multichannel=recording.is_multichannel)
        return recording.is_multichannel

    def run_streamed(self) -> None:
        """Decode as it was decoded while it grew, so that the spans that are done come out again."""
        with open_growing(self.recording, self.hours_allowed()) as stream:
            stream.feed(self.recording.bytes_received)
            stream.end()
            for block in stream.rest():
                if stream.info and not self.decoded:
                    self.note_format(stream.info)
                self.push(block)
        self.finish(is_truncated=stream.is_truncated)

    def hours_allowed(self) -> float:
        others = Recording.objects.filter(owner=self.recording.owner_id).exclude(pk=self.recording.pk)
        seconds = settings.STT_QUOTA_SECONDS - (others.aggregate(sum=Sum("duration"))["sum"] or 0)
        if seconds <= 0:
            raise AudioError(f"Your hours are used up: {quotas.MAKE_ROOM}")
        return seconds / 3600

    def note_format(self, info: AudioInfo) -> None:
        kind = media_type(info.format, has_video=info.has_video)
        self._update(duration=info.duration, media_type=kind, channel_count=info.channels)

    def push(self, samples: Audio) -> None:
        """Take the next samples, and store the spans that they complete."""
        self.decoded += len(samples)
        with gone_if_deleted():
            self.peaks.push(samples if samples.ndim == 1 else samples.mean(axis=1))
        self._store(self.cutter.push(samples))

    def note_silence(self) -> None:
        """Say how far all that was spoken is in spans, while nobody speaks: nothing more comes of that."""
        seconds = self.decoded / SAMPLE_RATE
        is_news = seconds - self.recording.prepared_until >= SILENCE_SECONDS
        if self.recording.is_live and is_news and self.cutter.open_span() is None:
            self.recording.prepared_until = seconds
            self._update(prepared_until=seconds)
            events.poke(self.recording.pk)

    def finish(self, *, is_truncated: bool) -> None:
        """Store the last span: the recording is decoded."""
        self._store(self.cutter.finish())
        self._discard_surplus()
        with gone_if_deleted():
            self.peaks.finish()
        seconds = round(self.decoded / SAMPLE_RATE, 3)
        lifecycle.move(
            self.recording,
            Recording.State.TRANSCRIBING,
            fence=self.fence,
            duration=seconds,
            prepared_until=seconds,
            message=TRUNCATED if is_truncated else "",
            lease_until=None,
        )
        failpoint("preparation-finished")
        lifecycle.advance(self.recording)

    def close(self) -> None:
        self.peaks.close()

    def _update(self, **changes: object) -> None:
        if not self.held.update(**changes):
            raise Superseded

    def _store(self, cuts: list[CutSpan]) -> None:
        for cut in cuts:
            self._store_span(cut)
        seconds = self.decoded / SAMPLE_RATE
        if cuts or seconds - self.recording.prepared_until >= PROGRESS_SECONDS:
            self.recording.prepared_until = seconds
            self._update(prepared_until=seconds)
        if cuts:
            queues.enqueue(queues.transcription_queue(self.recording), self.recording.pk)

    def _store_span(self, cut: CutSpan) -> None:
        self.ends[cut.channel] = cut.position + 1
        at_position = Hypothesis.objects.filter(transcript=self.transcript, span__position=cut.position)
        known = at_position.select_related("span").first()
        is_same = known is not None and known.span.is_from(cut.start, cut.end, cut.channel)
        if known and is_same and known.state == Hypothesis.State.DONE:
            return
        with gone_if_deleted():
            write_wav(audio_path(self.transcript, cut.position), cut.audio.samples)
        failpoint("span-written")
        if known and is_same:
            Hypothesis.objects.open().filter(pk=known.pk).call_back()
            return
        with transaction.atomic():
            # It got further than whoever died on it: that was not the recording's doing.
            self._update(prepared_until=cut.end, attempt=0)
            if known:
                discard(known)
            span, _ = Span.objects.update_or_create(
                recording=self.recording,
                position=cut.position,
                defaults={
                    "channel": cut.channel,
                    "start": cut.start,
                    "end": cut.end,
                    "pieces": cut.audio.pieces,
                },
            )
            Hypothesis.objects.create(transcript=self.transcript, span=span)
        failpoint("span-stored")

    def _discard_surplus(self) -> None:
        """Take back spans behind the last one: they are of an earlier pass that cut shorter ones."""
        found = [Q(span__channel=channel, span__position__lt=end) for channel, end in self.ends.items()]
        surplus = Hypothesis.objects.filter(transcript=self.transcript).select_related("span")
        if found:
            surplus = surplus.exclude(reduce(or_, found))
        with transaction.atomic():
            self._update(prepared_until=self.decoded / SAMPLE_RATE)
            for hypothesis in surplus:
                discard(hypothesis)
                hypothesis.span.delete()


def discard(hypothesis: Hypothesis) -> None:
    """Take back what was heard in a span that has other bounds by now: more bytes came after its end.

    Text that somebody edited stays, behind what will come in its place.
    """
    half = POSITIONS_PER_SPAN // 2
    segments = among(hypothesis.span, Segment.objects.filter(transcript=hypothesis.transcript_id))
    stale = segments.filter(is_edited=False)
    removed = list(stale.values_list("pk", flat=True))
    Segment.objects.filter(pk__in=removed).delete()
    early = segments.annotate(place=F("position") % POSITIONS_PER_SPAN).filter(place__lt=half)
    kept = list(early.values_list("pk", flat=True))
    Segment.objects.filter(pk__in=kept).update(position=F("position") + half)
    hypothesis.delete()
    if removed:
        recording_id = hypothesis.span.recording_id
        events.publish(recording_id, Event.Kind.SEGMENTS, {"segments": [], "removed": removed})


def cutting_of(recording: Recording) -> Cutting:
    """A recording that was followed while somebody spoke was cut for who reads along."""
    is_live = recording.is_live and recording.can_stream
    return LIVE_CUTTING if is_live else FILE_CUTTING


def open_growing(recording: Recording, max_hours: float) -> GrowingAudio:
    """Open a recording of which more bytes may come."""
    is_live = recording.is_live
    probe_bytes = BROWSER_PROBE_BYTES if is_live else FILE_PROBE_BYTES
    return GrowingAudio(recording.source_path, max_hours=max_hours, probe_bytes=probe_bytes)


def pcm(samples: Audio) -> bytes:
    """Return the samples as 16-bit integers, exactly those that the decoder gave."""
    return np.clip(np.round(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype("<i2").tobytes()


def write_wav(path: Path, samples: Audio) -> None:
    """Store a span's samples as 16-bit WAV; whoever sees the name sees the whole file.

    Raises: FileNotFoundError: the recording's folder is gone, and must not come back.
    """
    path.parent.mkdir(exist_ok=True)
    partial = path.with_suffix(".part")
    with wave.open(str(partial), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, len(samples), "NONE", ""))
        file.writeframes(pcm(samples))
    partial.replace(path)


def read_wav(path: Path) -> Audio:
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return samples.astype(np.float32) / FULL_SCALE
