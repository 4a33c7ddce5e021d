"""What every page is told about the speech models."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from transcripts import speech
from transcripts.models import Recording, SpeechModel

Task = Recording.Task


@dataclass(frozen=True)
class SpeechModelStatus:
    """Of one task, or of both where `task` is empty."""

    task: str
    is_demo: bool
    # The model that is used, or the one that is waited for; empty where nothing better is on its way.
    name: str
    state: str = SpeechModel.State.READY
    percent: int | None = None
    error: str = ""
    next_attempt_at: datetime | None = None

    @property
    def setting(self) -> str:
        return "STT_TRANSLATE_MODEL" if self.task == Task.TRANSLATE else "STT_MODEL"


def speech_model(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `speech`, looked up only by pages that show it."""
    return {"speech": SimpleLazyObject(lambda: list(_statuses()))}


def _statuses() -> Iterator[SpeechModelStatus]:
    served = {task: speech.serving(task) for task in (Task.TRANSCRIBE, Task.TRANSLATE)}
    if len({model.path for model in served.values()}) == 1:
        served = {Task.TRANSCRIBE: served[Task.TRANSCRIBE]}
    names = {task: _name(task, model) for task, model in served.items()}
    rows = _rows(names.values())
    for task, model in served.items():
        shown = task if len(served) > 1 else ""
        row = rows.get(names[task])
        if row:
            facts = (row.state, row.percent, row.error, row.next_attempt_at)
            yield SpeechModelStatus(shown, model.is_demo, row.name, *facts)
        else:
            yield SpeechModelStatus(shown, model.is_demo, names[task])


def _name(task: str, model: speech.Serving) -> str:
    """Return the model to tell of; where the owner chose the demonstration model, none."""
    if not model.is_demo:
        return model.name
    wanted = speech.wanted(task)
    return "" if model.name == wanted else wanted


def _rows(names: Any) -> dict[str, SpeechModel]:
    try:
        return SpeechModel.objects.in_bulk(names)
    except DatabaseError:
        return {}  # the page for an error must not fail of this
