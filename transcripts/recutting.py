"""Cuts spans out of a recording once more: their audio was not kept after they were first heard."""

import logging
from collections.abc import Generator
from contextlib import closing

import numpy as np
from django.db import transaction

from transcripts import queues
from transcripts.engine.audio import MAX_HOURS, open_audio
from transcripts.engine.base import SAMPLE_RATE, Audio
from transcripts.failpoints import failpoint
from transcripts.models import Hypothesis, Recording, Rerun, Span
from transcripts.models.transcript import audio_path
from transcripts.preparation import Superseded, gone_if_deleted, open_growing, write_wav

logger = logging.getLogger(__name__)


class CutSpan:
    """A span with the samples of it that were decoded so far."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self._pieces = [(sample_at(start), sample_at(end)) for start, end in span.pieces]
        self._found: list[Audio] = []

    @property
    def start(self) -> int:
        return self._pieces[0][0]

    @property
    def end(self) -> int:
        return self._pieces[-1][1]

    def take(self, block: Audio, first: int) -> None:
        """Take what is the span's own of a block that begins at the sample `first`."""
        if self.span.channel is not None:
            block = block[:, self.span.channel]
        for start, end in self._pieces:
            part = block[max(0, start - first) : max(0, end - first)]
            if len(part):
                self._found.append(part)

    @property
    def samples(self) -> Audio:
        return np.concatenate(self._found) if self._found else np.zeros(0, np.float32)


def sample_at(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


class Recutting:
    """One pass over a recording for the spans of one run, under the fence of its claim."""

    def __init__(self, rerun: Rerun) -> None:
        self.rerun = rerun
        self.recording = rerun.recording
        self.held = Rerun.objects.filter(pk=rerun.pk, fence=rerun.fence, state=Rerun.State.CUTTING)
        heard = Hypothesis.objects.filter(transcript=rerun.transcript_id, state=Hypothesis.State.DONE)
        missing = rerun.spans.exclude(pk__in=heard.values("span"))
        self.waiting = [CutSpan(span) for span in missing.order_by("position")]
        self.decoded = 0  # samples

    def run(self) -> None:
        """Store each span as it is complete, so that it can be heard while the others are cut.

        Raises:
            AudioError: the recording cannot be decoded.
            Superseded: the run was ended, or another worker has it.
        """
        with closing(blocks_of(self.recording)) as blocks:
            for block in blocks:
                if not self.waiting:
                    break
                self.push(block)
        # A damaged file may end elsewhere each time; of what it does not give again the text stays.
        for cut in self.waiting:
            if len(cut.samples):
                self.store(cut)

    def push(self, block: Audio) -> None:
        end = self.decoded + len(block)
        for cut in [cut for cut in self.waiting if cut.start < end]:
            cut.take(block, self.decoded)
            if cut.end <= end:
                self.store(cut)
                self.waiting.remove(cut)
        self.decoded = end

    def store(self, cut: CutSpan) -> None:
        with gone_if_deleted():
            write_wav(audio_path(self.rerun.transcript, cut.span.position), cut.samples)
        failpoint("rerun-span-written")
        with transaction.atomic():
            # It got further than whoever died on it: that was not the recording's doing.
            if not self.held.update(attempt=0):
                raise Superseded
            of_run = Hypothesis.objects.filter(transcript_id=self.rerun.transcript_id)
            _, is_new = of_run.get_or_create(transcript_id=self.rerun.transcript_id, span=cut.span)
            if not is_new:
                of_run.open().filter(span=cut.span).call_back()
        failpoint("rerun-span-stored")
        queues.enqueue(queues.transcription_queue(self.recording), self.recording.pk)


def blocks_of(recording: Recording) -> Generator[Audio]:
    """Yield the recording's samples as they were decoded when it was prepared."""
    if not recording.can_stream:
        with open_audio(recording.source_path, is_apart=recording.is_multichannel) as stream:
            yield from stream
        return
    with open_growing(recording, MAX_HOURS) as growing:
        growing.feed(recording.bytes_received)
        growing.end()
        yield from growing.rest()
