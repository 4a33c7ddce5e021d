"""What RQ calls: primary keys in, nothing else. A job that comes twice, or late, does nothing."""

import logging
from collections.abc import Collection
from uuid import UUID

import numpy as np

from transcripts import (
    delivering,
    finishing,
    preparation,
    previews,
    queues,
    reruns,
    speech,
    transcription,
    unpacking,
    url_import,
    waveform,
)
from transcripts.api import callbacks
from transcripts.engine import children
from transcripts.engine.base import SAMPLE_RATE
from transcripts.engine.errors import ModelUnavailable
from transcripts.engine.vad import SpanCutter
from transcripts.models import Recording

logger = logging.getLogger(__name__)


def warm_up(names: Collection[str]) -> None:
    """Load what the jobs of these queues need, so that the first one does not wait for it."""
    if "prepare" in names:
        children.warm_up()
        SpanCutter().push(np.zeros(SAMPLE_RATE, np.float32))
    if "transcribe" in names:
        try:
            speech.engine(speech.serving(Recording.Task.TRANSCRIBE))
        except ModelUnavailable as error:
            logger.warning("Recordings will wait: %s", error)


def fetch(pk: str) -> None:
    queues.awake("fetch", pk)
    url_import.fetch(UUID(pk))


def prepare(pk: str) -> None:
    queues.awake("prepare", pk)
    if not unpacking.open_archive(UUID(pk)):
        preparation.prepare(UUID(pk))


def peaks(pk: str) -> None:
    queues.awake("peaks", pk)
    waveform.draw(UUID(pk))


def recut(pk: str) -> None:
    queues.awake("recut", pk)
    reruns.cut(int(pk))


def merge(pk: str) -> None:
    queues.awake("merge", pk)
    reruns.conclude(int(pk))


def transcribe(pk: str) -> None:
    queues.awake("transcribe", pk)
    transcription.transcribe(UUID(pk))


def preview(pk: str) -> None:
    queues.awake("preview", pk)
    previews.show(UUID(pk))


def finish(pk: str) -> None:
    queues.awake("finish", pk)
    finishing.finish(UUID(pk))


def deliver(pk: str) -> None:
    queues.awake("deliver", pk)
    delivering.begin(UUID(pk), callbacks.message)
