"""What was said, in Deepgram's shape."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC
from pathlib import Path
from statistics import fmean
from typing import Any

from transcripts.api.deepgram import utterances
from transcripts.api.deepgram.options import Options
from transcripts.api.deepgram.utterances import Heard, heard
from transcripts.api.spoken import Said, Spoken, spoken
from transcripts.models import Recording

Facts = dict[str, Any]

# Names of models become ids below this one.
MODELS = uuid.UUID("5b1a4a3e-3f0f-5d0c-9a35-6b7f3f6c2d41")
ARCHITECTURE = "whisper"


def answer(recording: Recording, options: Options, request_id: str) -> Facts:
    """Return the recording's text as it was asked for."""
    told = spoken(recording)
    parts = parts_of(told, options)
    results: Facts = {"channels": [channel(part, told, options) for part in parts]}
    if options.has_utterances:
        results["utterances"] = utterances.found(parts, options, request_id)
    facts = metadata(recording, told, len(parts), request_id)
    own = {"extra": options.extra, "tags": options.tags}
    return {
        "metadata": facts | {name: value for name, value in own.items() if value},
        "results": results,
    }


def parts_of(told: Spoken, options: Options) -> list[Sequence[Said]]:
    """Return the segments of each channel of the answer: all of them where channels were not asked for."""
    if not options.is_multichannel:
        return [told.segments]
    return [told.of_channel(number) for number in told.channels]


def metadata(recording: Recording, told: Spoken, channels: int, request_id: str) -> Facts:
    name = model_name(recording)
    model = str(uuid.uuid5(MODELS, name))
    created = recording.created_at.astimezone(UTC).isoformat(timespec="milliseconds")
    return {
        # As the vendor has it.
        "transaction_key": "deprecated",
        "request_id": request_id,
        "sha256": recording.sha256,
        "created": created.replace("+00:00", "Z"),
        "duration": told.duration,
        "channels": channels,
        "models": [model],
        "model_info": {model: {"name": name, "version": "1", "arch": ARCHITECTURE}},
    }


def model_name(recording: Recording) -> str:
    transcript = recording.transcript
    if transcript is None or transcript.is_demo:
        return "demo"
    return Path(transcript.model).name


def channel(segments: Sequence[Said], told: Spoken, options: Options) -> Facts:
    facts: Facts = {"alternatives": [alternative(segments, options)]}
    if options.has_language and told.language:
        facts["detected_language"] = told.language
        facts["language_confidence"] = told.language_probability
    return facts


def alternative(segments: Sequence[Said], options: Options) -> Facts:
    words = heard(segments)
    facts: Facts = {
        "transcript": " ".join(segment.text for segment in segments),
        "confidence": confidence(words),
        "words": [word.facts(options) for word in words],
    }
    if options.has_paragraphs:
        facts["paragraphs"] = utterances.paragraphs(words, options)
    return facts


def confidence(words: Iterable[Heard]) -> float:
    found = [word.probability for word in words]
    return round(fmean(found), 4) if found else 0.0
