"""Which of this installation's speech models a program's name for one means."""

from pathlib import Path

from transcripts import speech
from transcripts.api.errors import ApiError, ModelUnknown
from transcripts.models import Recording

# Vendors' names that mean the model that is configured.
CONFIGURED = frozenset(
    {
        "whisper-1",
        "gpt-transcribe",
        "gpt-4o-transcribe",
        "gpt-4o-transcribe-diarize",
        "gpt-4o-mini-transcribe",
        "gpt-4o-mini-transcribe-2025-12-15",
    }
)


def resolve(name: str, task: str, aliases: frozenset[str] = CONFIGURED) -> str:
    """Return the local model that `name` means: empty for the configured one.

    Args: aliases: the vendor's names for the configured model.
    Raises: ApiError: there is no such model, or it cannot translate.
    """
    if name in aliases:
        return ""
    model = next((m for m in speech.choices() if name in (m.name, m.label, public_name(m))), None)
    if model is None:
        raise ModelUnknown(name)
    if task == Recording.Task.TRANSLATE and not model.can_translate:
        raise ApiError(f"The model “{model.label}” cannot translate: leave it out for one that can.", 400)
    return model.name


def public_name(model: speech.Serving) -> str:
    """Return a name that says nothing about where files are on the server."""
    if model.is_demo:
        return "demo"
    return model.label if Path(model.name).is_absolute() else model.name
