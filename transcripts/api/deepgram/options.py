"""What a call asks for, checked option by option. Those that change nothing here are taken without a word."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from transcripts.api.errors import ApiError
from transcripts.api.languages import language_of
from transcripts.ingest import PROMPT_LENGTH

TRUE = ("true", "1", "yes", "on")
FALSE = ("", "false", "0", "no", "off")
# Many languages in one recording: each is detected.
SEVERAL_LANGUAGES = "multi"
# Seconds of silence that end an utterance.
UTTERANCE_PAUSE = 0.8

NOT_REDACTED = (
    "Nothing can be redacted here: leave “redact” out, and take out of the text what others must not see."
)

# The values of an option, which may come several times.
Values = Callable[[str], list[str]]


@dataclass(frozen=True)
class Options:
    """What the answer is to look like."""

    model: str = ""
    has_paragraphs: bool = False
    has_utterances: bool = False
    utterance_pause: float = UTTERANCE_PAUSE
    has_speakers: bool = False
    is_multichannel: bool = False
    has_language: bool = False
    # The caller's own marks, which come back with the answer.
    extra: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Listening:
    """How to listen."""

    language: str
    prompt: str


def options_of(values: Values, *, multichannel: str = "multichannel") -> Options:
    """Args: multichannel: the vendor's name for that option."""
    if any(values("redact")):
        raise ApiError(NOT_REDACTED, param="redact")
    return Options(
        model=_last(values("model")),
        has_paragraphs=_flag(values, "paragraphs") or _flag(values, "smart_format"),
        has_utterances=_flag(values, "utterances"),
        utterance_pause=_seconds(values, "utt_split", UTTERANCE_PAUSE),
        has_speakers=_flag(values, "diarize") or bool(_last(values("diarize_model"))),
        is_multichannel=_flag(values, multichannel),
        has_language=bool(_detected(values)),
        extra=dict(_pair(text) for text in values("extra")),
        tags=values("tag"),
    )


def listening_of(values: Values) -> Listening:
    return Listening(_language(values), _prompt(values))


def values_in(fields: Mapping[str, Any]) -> Values:
    """Read options from an object of JSON."""

    def values(name: str) -> list[str]:
        value = fields.get(name)
        found = value if isinstance(value, list) else [] if value is None else [value]
        return [str(item).lower() if isinstance(item, bool) else str(item) for item in found]

    return values


def _detected(values: Values) -> list[str]:
    """Return the languages among which it is to be detected; [“true”] for all, none where it is not."""
    return [text for text in values("detect_language") if text.lower() not in FALSE]


def _language(values: Values) -> str:
    """Return the language that is given: one of several is detected."""
    given = _last(values("language")).lower()
    possible = [text for text in _detected(values) if text.lower() not in TRUE]
    if possible:
        return language_of(possible[0], "detect_language") if len(possible) == 1 else ""
    return "" if given == SEVERAL_LANGUAGES or _detected(values) else language_of(given)


def _prompt(values: Values) -> str:
    """Return the terms that are to be expected, without the weights that keywords may have."""
    terms = [_without_weight(text) for text in values("keywords")] + values("keyterm")
    return ", ".join(_known(terms))[:PROMPT_LENGTH]


def _known(terms: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(term.strip() for term in terms if term.strip()))


def _without_weight(keyword: str) -> str:
    term, colon, weight = keyword.rpartition(":")
    return term if colon and weight.lstrip("-").replace(".", "", 1).isdecimal() else keyword


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def _last(values: list[str]) -> str:
    return values[-1].strip() if values else ""


def _flag(values: Values, name: str) -> bool:
    text = _last(values(name)).lower()
    if text not in TRUE and text not in FALSE:
        raise ApiError(f"“{text[:40]}” is not possible as {name}: give true or false.", param=name)
    return text in TRUE


def _seconds(values: Values, name: str, default: float) -> float:
    text = _last(values(name))
    try:
        seconds = float(text) if text else default
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ApiError(f"The option {name} must be a number of seconds above 0.", param=name)
    return seconds
