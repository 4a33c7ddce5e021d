"""What every page is told about the speech model."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from transcripts import speech
from transcripts.models import Recording, SpeechModel


@dataclass(frozen=True)
class SpeechModelStatus:
    is_demo: bool
    wanted: str
    state: str = SpeechModel.State.MISSING
    percent: int | None = None
    error: str = ""
    next_attempt_at: datetime | None = None


def speech_model(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `speech`, looked up only by pages that show it."""
    return {"speech": SimpleLazyObject(_status)}


def _status() -> SpeechModelStatus:
    serving = speech.serving(Recording.Task.TRANSCRIBE)
    wanted = speech.wanted(Recording.Task.TRANSCRIBE)
    if serving.is_demo and serving.name == wanted:
        # Chosen by the owner: nothing better is on its way.
        wanted = ""
    try:
        row = SpeechModel.objects.filter(name=serving.name if not serving.is_demo else wanted).first()
    except DatabaseError:
        row = None  # the page for an error must not fail of this
    if row is None:
        state = SpeechModel.State.MISSING if serving.is_demo else SpeechModel.State.READY
        return SpeechModelStatus(serving.is_demo, wanted, state)
    return SpeechModelStatus(serving.is_demo, wanted, row.state, row.percent, row.error, row.next_attempt_at)
