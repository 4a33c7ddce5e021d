"""Which speech model serves, and the engines that a worker keeps warm."""

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.utils import timezone

from transcripts.engine import devices, models
from transcripts.engine.errors import ModelMissing, ModelUnavailable
from transcripts.models import Recording, SpeechModel, Transcript

if TYPE_CHECKING:
    from transcripts.engine.base import Engine, Task

logger = logging.getLogger(__name__)

# A model that does not load is tried again after this long.
RELOAD_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Serving:
    """The model that is used while the wanted one may still be on its way."""

    name: str
    path: Path

    @property
    def label(self) -> str:
        """The name for people: of a folder only its last part."""
        return "Demonstration" if self.is_demo else Path(self.name).name

    @property
    def can_translate(self) -> bool:
        return models.can_translate(Path(self.name).name)

    @property
    def is_demo(self) -> bool:
        return models.is_demo(self.path)


def models_folder() -> Path:
    return settings.DATA_DIR / "models"


@lru_cache(maxsize=1)
def device() -> devices.Device:
    """Return "cuda" or "cpu", as set or as found."""
    if settings.STT_DEVICE != "auto":
        return cast(devices.Device, settings.STT_DEVICE)
    return models.find_device()


def wanted(task: str) -> str:
    """Return the name of the model that the owner wants for a task."""
    if task != Recording.Task.TRANSLATE:
        return settings.STT_MODEL or models.default_model(device())
    if settings.STT_TRANSLATE_MODEL:
        return settings.STT_TRANSLATE_MODEL
    # A folder of the owner's own serves both tasks: nothing tells whether it can translate but trying.
    if settings.STT_MODEL and Path(settings.STT_MODEL).is_dir():
        return settings.STT_MODEL
    return models.default_translate_model(device())


def task_of(transcript: Transcript) -> "Task":
    return "translate" if transcript.task == Recording.Task.TRANSLATE else "transcribe"


def all_wanted() -> list[str]:
    return list(dict.fromkeys(wanted(task) for task in Recording.Task.values))


def serving(task: str) -> Serving:
    """Return the wanted model where it is here, else one that is here and can do the task, else the demo."""
    name = wanted(task)
    path = models.locate(name, models_folder())
    if path:
        return Serving(name, path)
    if task == Recording.Task.TRANSLATE:
        # Of two models that are on their way the smaller one comes first, and may do both.
        other = serving(Recording.Task.TRANSCRIBE)
        if other.can_translate:
            return other
    return Serving("demo", models.DEMO_MODEL)


def choices() -> list[Serving]:
    """Return every model that a recording can be run with: those that serve, and all that are installed."""
    kept = [Serving(model.name, model.path) for model in models.installed(models_folder())]
    found = {model.path.resolve(): model for model in [*map(serving, Recording.Task.values), *kept]}
    real = [model for model in found.values() if not model.is_demo]
    return real or list(found.values())


def chosen(name: str, task: str) -> Serving:
    """Return the model of this name, or the one that serves where there is no name.

    Raises: ModelMissing: it is not installed.
    """
    if not name:
        return serving(task)
    model = next((model for model in choices() if model.name == name), None)
    if model is None:
        raise ModelMissing(f"The model “{Path(name).name}” is not installed any more: choose another one.")
    return model


class Engines:
    """The models in this process's memory, at most KEPT: the one that serves, and one beside it."""

    KEPT = 2

    def __init__(self, load: "Callable[[Path], Engine]") -> None:
        self._load = load
        # The last used one is last.
        self._loaded: dict[Path, Engine] = {}

    def get(self, path: Path) -> "Engine":
        loaded = self._loaded.pop(path, None)
        if loaded is None:
            self._make_room()
            loaded = self._load(path)
        self._loaded[path] = loaded
        return loaded

    def _make_room(self) -> None:
        """Let go of what is not needed before more is loaded: three would not fit beside each other."""
        home = serving(Recording.Task.TRANSCRIBE).path
        guests = [path for path in self._loaded if path != home]
        while len(self._loaded) >= self.KEPT:
            del self._loaded[guests.pop(0) if guests else home]
        gc.collect()


def _load(path: Path) -> "Engine":
    # Imported late: only a process that transcribes pays for the engine's libraries.
    from transcripts.engine.whisper import WhisperEngine

    return WhisperEngine(path, device=device(), compute_type=settings.STT_COMPUTE_TYPE)


_engines = Engines(_load)


def engine(model: Serving) -> "Engine":
    """Return the warm engine of a model.

    Raises: ModelUnavailable: it does not load; noted for the page and for `resting` where it serves.
    """
    try:
        loaded = _engines.get(model.path)
    except ModelUnavailable as error:
        if model.name in all_wanted():
            _note(model.name, SpeechModel.State.UNUSABLE, str(error), timezone.now() + RELOAD_AFTER)
        raise
    unusable = SpeechModel.objects.filter(name=model.name, state=SpeechModel.State.UNUSABLE)
    # Asked first: on SQLite even an update of nothing waits for whoever is writing, and this comes with
    # every batch and preview.
    if unusable.exists():
        unusable.update(state=SpeechModel.State.READY, error="", next_attempt_at=None)
    return loaded


def _note(name: str, state: str, error: str, next_attempt_at: datetime) -> None:
    logger.error("Model %s: %s", name, error)
    changes = {"state": state, "error": error, "next_attempt_at": next_attempt_at}
    SpeechModel.objects.update_or_create(name=name, defaults=changes)


@dataclass(frozen=True)
class Resting:
    """The models that failed to load a moment ago, so that trying at once would fail again."""

    names: frozenset[str]

    def holds_up(self, asked: str, task: str) -> bool:
        """Whether what asks for this model, or for the one that serves where it names none, must wait."""
        return bool(self.names) and (asked or serving(task).name) in self.names


def resting() -> Resting:
    unusable = SpeechModel.objects.filter(
        state=SpeechModel.State.UNUSABLE, next_attempt_at__gt=timezone.now()
    )
    return Resting(frozenset(unusable.values_list("name", flat=True)))


def describe() -> str:
    """Return what this installation runs on, for the terminal."""
    model, name = serving(Recording.Task.TRANSCRIBE), wanted(Recording.Task.TRANSCRIBE)
    if not model.is_demo:
        return f"{device()}, {name}"
    until = "" if model.name == name else f" (until {name} is here)"
    return f"{device()}, the demonstration model{until}"
