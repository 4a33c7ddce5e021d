"""Which speech models there are: named, kept in a folder, downloaded from the hub. Cheap to import."""

import fcntl
import fnmatch
import logging
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from transcripts.engine import devices
from transcripts.engine.errors import ModelUnavailable

log = logging.getLogger(__name__)

DEMO_MODEL = Path(__file__).parent / "demo" / "whisper"
# What faster-whisper reads of a model's repository.
NEEDED = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
REQUIRED = ("model.bin", "tokenizer.json")
# A size ("base", "large-v3"), a repository of the hub ("org/name"), or a folder that was added. Never a path.
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
# Source: faster_whisper/utils.py, whose import would load all of it. Held against it by a test.
SIZES = {
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "tiny": "Systran/faster-whisper-tiny",
    "base.en": "Systran/faster-whisper-base.en",
    "base": "Systran/faster-whisper-base",
    "small.en": "Systran/faster-whisper-small.en",
    "small": "Systran/faster-whisper-small",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v1": "Systran/faster-whisper-large-v1",
    "large-v2": "Systran/faster-whisper-large-v2",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large": "Systran/faster-whisper-large-v3",
    "distil-large-v2": "Systran/faster-distil-whisper-large-v2",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "distil-large-v3.5": "distil-whisper/distil-large-v3.5-ct2",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}
PARTIAL = ".partial"
POLL_SECONDS = 0.5

# Called with the bytes received and, once it is known, the size.
OnProgress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Installed:
    name: str
    path: Path
    size: int  # bytes


def find_device() -> devices.Device:
    """Return the best device of this machine."""
    return devices.choose("auto")


def default_model(device: str) -> str:
    return "large-v3-turbo" if device == "cuda" else "base"


def default_translate_model(device: str) -> str:
    """Return a model that can translate, which the turbo model cannot."""
    return "large-v3" if device == "cuda" else "small"


def can_translate(name: str) -> bool:
    """Whether a model of this name was trained to translate: not distilled, turbo or English-only ones."""
    plain = name.casefold()
    return not ("turbo" in plain or "distil" in plain or plain.endswith(".en") or ".en-" in plain)


def is_demo(path: Path) -> bool:
    return path.resolve() == DEMO_MODEL.resolve()


def locate(name: str, models_folder: Path) -> Path | None:
    """Return the folder of a model, given as a path or kept under `models_folder`, or None."""
    if name.startswith(("/", "~", "./", "../")):
        path = Path(name).expanduser()
    elif NAME.fullmatch(name):
        path = models_folder / _folder_name(name)
    else:
        return None
    return path if is_model(path) else None


def is_model(path: Path) -> bool:
    return all((path / name).is_file() for name in REQUIRED)


def installed(models_folder: Path) -> list[Installed]:
    folders = sorted(models_folder.iterdir()) if models_folder.is_dir() else []
    return [Installed(_name(path), path, _bytes_in(path)) for path in folders if is_model(path)]


def pull(name: str, models_folder: Path, on_progress: OnProgress, *, endpoint: str | None = None) -> Path:
    """Download a model from the hub; what an earlier try received is kept.

    Where another process is downloading it, this waits for that.

    Args: endpoint: another hub than HF_ENDPOINT or huggingface.co.
    Raises: ModelUnavailable: there is no such model, the hub cannot be reached, or the disk takes nothing.
    """
    target = models_folder / _folder_name(_checked(name))
    partial = models_folder / PARTIAL / target.name
    if is_model(target):
        return target
    with _disk_errors(name, models_folder), _turn(partial, on_progress):
        if not is_model(target):
            _check_place(target)
            _receive(name, partial, on_progress, endpoint)
        # It may have been added while it was downloaded.
        if is_model(target):
            shutil.rmtree(partial, ignore_errors=True)
            return target
        return partial.replace(target)


def _receive(name: str, partial: Path, on_progress: OnProgress, endpoint: str | None) -> None:
    partial.mkdir(exist_ok=True)
    with _hub_errors(name):
        _download(_repository(name), partial, on_progress, endpoint)
    if not is_model(partial):
        raise ModelUnavailable(f"“{name}” is not a Whisper model in CTranslate2's form.")
    shutil.rmtree(partial / ".cache", ignore_errors=True)


def add(folder: Path, models_folder: Path) -> Path:
    """Copy a model that lies in a folder, after loading it once. Its name becomes the folder's.

    Raises: ModelUnavailable: it is no model that loads, there is one of this name, or the disk is full.
    """
    from transcripts.engine.whisper import WhisperEngine

    folder = folder.expanduser().resolve()
    target = models_folder / _folder_name(_checked(folder.name))
    if target.exists():
        raise ModelUnavailable(f"There is a model named “{folder.name}” already: remove it first.")
    WhisperEngine(folder, device="cpu")
    partial = models_folder / PARTIAL
    with _disk_errors(folder.name, models_folder):
        partial.mkdir(parents=True, exist_ok=True)
        # Not where a download of the same model may be under way, which is not waited for.
        with TemporaryDirectory(dir=partial) as beside:
            copy = Path(beside) / target.name
            copy.mkdir()
            for path in folder.iterdir():
                if _is_needed(path.name):
                    shutil.copy2(path, copy)
            return copy.replace(target)


def remove(name: str, models_folder: Path) -> None:
    """Delete a downloaded or added model.

    Raises: ModelUnavailable: there is none of this name.
    """
    path = models_folder / _folder_name(_checked(name))
    if not path.is_dir():
        raise ModelUnavailable(f"There is no model named “{name}” in {models_folder}.")
    with _disk_errors(name, models_folder):
        shutil.rmtree(path)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name) or ".." in name:
        raise ModelUnavailable(
            f"“{name}” is not a model's name: give a Whisper size or “organisation/model”."
        )
    return name


def _repository(name: str) -> str:
    repository = name if "/" in name else SIZES.get(name)
    if repository is None:
        raise ModelUnavailable(f"There is no Whisper size “{name}”: choose one of {', '.join(SIZES)}.")
    return repository


def _folder_name(name: str) -> str:
    return (name if "/" in name else SIZES.get(name, name)).replace("/", "--")


def _name(path: Path) -> str:
    repository = path.name.replace("--", "/", 1)
    return next((size for size, of in SIZES.items() if of == repository), repository)


def _is_needed(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in NEEDED)


def _check_place(target: Path) -> None:
    if target.is_dir() and any(target.iterdir()):
        raise ModelUnavailable(f"What lies in {target} is not a whole model: remove it first.")


@contextmanager
def _turn(partial: Path, on_progress: OnProgress) -> Iterator[None]:
    """Wait until no other process downloads this model, and show meanwhile how far that one is."""
    partial.parent.mkdir(parents=True, exist_ok=True)
    with partial.with_name(f".{partial.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with _watching(partial, None, on_progress):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _disk_errors(name: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        log.warning("The model %s in %s: %r", name, folder, error)
        raise ModelUnavailable(
            f"The folder {folder} could not be changed for the model “{name}”: {error.strerror or error}."
        ) from error


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _download(repository: str, folder: Path, on_progress: OnProgress, endpoint: str | None) -> None:
    from huggingface_hub import HfApi

    hub = HfApi(endpoint=endpoint)
    info = hub.model_info(repository, files_metadata=True)
    needed = [file for file in info.siblings or [] if _is_needed(file.rfilename)]
    with _watching(folder, sum(file.size or 0 for file in needed) or None, on_progress), _quiet():
        hub.snapshot_download(repository, revision=info.sha, local_dir=folder, allow_patterns=list(NEEDED))


@contextmanager
def _watching(folder: Path, size: int | None, on_progress: OnProgress) -> Iterator[None]:
    """Report what has arrived in the folder: the hub's own progress counts bytes or files as it likes."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            on_progress(_received(folder), size)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
    on_progress(_received(folder), size)


def _received(folder: Path) -> int:
    try:
        return _bytes_in(folder)
    except FileNotFoundError:  # renamed while it was counted
        return 0


@contextmanager
def _quiet() -> Iterator[None]:
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    was_quiet = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not was_quiet:
            enable_progress_bars()


@contextmanager
def _hub_errors(name: str) -> Iterator[Any]:
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        yield
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"The model “{name}” asks for an agreement on the hub first: set HF_TOKEN."
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ModelUnavailable(f"There is no model named “{name}” on the hub.") from error
    except ModelUnavailable:
        raise
    # The hub's client passes on what its HTTP library, the disk and the system raise.
    except Exception as error:
        log.warning("Downloading %s: %r", name, error)
        raise ModelUnavailable(
            f"The model “{name}” could not be downloaded from the hub: check the network and the disk."
        ) from error
