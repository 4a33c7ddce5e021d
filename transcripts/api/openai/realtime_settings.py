"""What a Realtime session is asked to do, in both generations of the protocol."""

from dataclasses import dataclass, field, replace
from typing import Any

from transcripts.api.catalogue import CONFIGURED
from transcripts.api.errors import ApiError
from transcripts.api.languages import language_of
from transcripts.api.live.sound import RATES, Sound
from transcripts.engine.turns import Detection

DEFAULT_MODEL = "gpt-4o-transcribe"
ALIASES = CONFIGURED | {"gpt-live-transcribe", "gpt-realtime-whisper"}
LOGPROBS = "item.input_audio_transcription.logprobs"
SERVER_VAD: dict[str, Any] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
}
# Seconds of silence that end a turn. Where the vendor's model judges what was said, here the length decides.
EAGERNESS = {"low": 1.5, "medium": 0.8, "auto": 0.8, "high": 0.4}
# The first generation's names of the formats.
FLAT_FORMATS: dict[str, dict[str, Any]] = {
    "pcm16": {"type": "audio/pcm", "rate": 24_000},
    "g711_ulaw": {"type": "audio/pcmu"},
    "g711_alaw": {"type": "audio/pcma"},
}


@dataclass(frozen=True)
class Settings:
    model: str = DEFAULT_MODEL
    language: str = ""
    prompt: str = ""
    format: dict[str, Any] = field(default_factory=lambda: FLAT_FORMATS["pcm16"])
    turn_detection: dict[str, Any] | None = field(default_factory=lambda: SERVER_VAD)
    noise_reduction: dict[str, Any] | None = None
    include: tuple[str, ...] = ()

    @property
    def sound(self) -> Sound:
        kind = self.format["type"]
        if kind == "audio/pcm":
            return Sound("pcm", self.format["rate"])
        return Sound("mulaw" if kind == "audio/pcmu" else "alaw", 8_000)

    @property
    def detection(self) -> Detection | None:
        wished = self.turn_detection
        if wished is None:
            return None
        if wished["type"] == "semantic_vad":
            return Detection(silence=EAGERNESS[wished.get("eagerness", "auto")])
        return Detection(wished["threshold"], wished["silence_duration_ms"] / 1000)

    @property
    def prefix_ms(self) -> int:
        """Milliseconds before somebody begins to speak that belong to the turn."""
        return int((self.turn_detection or {}).get("prefix_padding_ms", SERVER_VAD["prefix_padding_ms"]))

    @property
    def transcription(self) -> dict[str, Any]:
        return {"model": self.model, "language": self.language or None, "prompt": self.prompt}

    def session(self, name: str, *, is_flat: bool) -> dict[str, Any]:
        """Return the session as the vendor shows it."""
        facts: dict[str, Any] = {"id": name, "object": "realtime.transcription_session", "expires_at": 0}
        include = list(self.include) or None
        if not is_flat:
            heard = {"format": self.format, "noise_reduction": self.noise_reduction}
            heard |= {"transcription": self.transcription, "turn_detection": self.turn_detection}
            return facts | {"type": "transcription", "audio": {"input": heard}, "include": include}
        kind = next(name for name, known in FLAT_FORMATS.items() if known["type"] == self.format["type"])
        return facts | {
            "modalities": ["audio", "text"],
            "input_audio_format": kind,
            "input_audio_transcription": self.transcription,
            "input_audio_noise_reduction": self.noise_reduction,
            "turn_detection": self.turn_detection,
            "client_secret": None,
            "include": include,
        }


def updated(settings: Settings, session: Any, *, is_flat: bool) -> Settings:
    """Return the settings with what a client's update changes; what it leaves out stays.

    Raises: ApiError: something in it is not understood.
    """
    if not isinstance(session, dict):
        raise ApiError("The event needs a “session” object.", param="session")
    wished = _from_flat(session) if is_flat else _from_nested(session)
    changes: dict[str, Any] = {}
    for name, read in READERS.items():
        if name in wished:
            changes |= read(wished[name])
    return replace(settings, **changes)


def _from_nested(session: dict[str, Any]) -> dict[str, Any]:
    if session.get("type", "transcription") != "transcription":
        raise ApiError(
            "This server has transcription sessions only: set “type” to “transcription”.",
            param="session.type",
        )
    audio = _object(session.get("audio") or {}, "session.audio")
    heard = _object(audio.get("input") or {}, "session.audio.input")
    return heard | {name: session[name] for name in ("include",) if name in session}


def _from_flat(session: dict[str, Any]) -> dict[str, Any]:
    names = {
        "input_audio_format": "format",
        "input_audio_transcription": "transcription",
        "input_audio_noise_reduction": "noise_reduction",
        "turn_detection": "turn_detection",
        "include": "include",
    }
    wished = {ours: session[theirs] for theirs, ours in names.items() if theirs in session}
    if isinstance(kind := wished.get("format"), str):
        wished["format"] = FLAT_FORMATS.get(kind, {"type": kind})
    return wished


def _format(value: Any) -> dict[str, Any]:
    kind = _object(value, "format").get("type", "audio/pcm")
    if kind in ("audio/pcmu", "audio/pcma"):
        return {"format": {"type": kind}}
    if kind != "audio/pcm":
        raise ApiError("The format must be audio/pcm, audio/pcmu or audio/pcma.", param="format")
    rate = _number(value.get("rate", 24_000), *RATES, "format.rate")
    return {"format": {"type": kind, "rate": int(rate)}}


def _transcription(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    wished = _object(value, "transcription")
    changes = {}
    if wished.get("model"):
        changes["model"] = _text(wished["model"], "model")
    if "language" in wished:
        changes["language"] = language_of(_text(wished["language"], "language"))
    words = [_text(wished.get("prompt"), "prompt"), ", ".join(_texts(wished.get("keywords"), "keywords"))]
    if "prompt" in wished or "keywords" in wished:
        changes["prompt"] = " ".join(filter(None, words))
    return changes


def _turn_detection(value: Any) -> dict[str, Any]:
    if value is None:
        return {"turn_detection": None}
    wished = _object(value, "turn_detection")
    kind = wished.get("type", "server_vad")
    if kind == "semantic_vad":
        if _text(wished.get("eagerness", "auto"), "turn_detection.eagerness") not in EAGERNESS:
            raise ApiError(
                "The eagerness must be low, medium, high or auto.", param="turn_detection.eagerness"
            )
        return {"turn_detection": {"type": kind, "eagerness": wished.get("eagerness", "auto")}}
    if kind != "server_vad":
        raise ApiError(
            "The turn detection must be server_vad, semantic_vad or null.", param="turn_detection.type"
        )
    known = SERVER_VAD | {name: v for name, v in wished.items() if name in SERVER_VAD and v is not None}
    for name, most in (("threshold", 1), ("prefix_padding_ms", 10_000), ("silence_duration_ms", 10_000)):
        _number(known[name], 0, most, f"turn_detection.{name}")
    return {"turn_detection": known}


def _include(value: Any) -> dict[str, Any]:
    names = tuple(_texts(value, "include"))
    if any(name != LOGPROBS for name in names):
        raise ApiError(f"Only “{LOGPROBS}” can be included.", param="include")
    return {"include": names}


def _noise_reduction(value: Any) -> dict[str, Any]:
    """Take it for its name alone: it changes nothing here."""
    if value is None:
        return {"noise_reduction": None}
    kind = _text(_object(value, "noise_reduction").get("type"), "noise_reduction.type")
    return {"noise_reduction": {"type": kind}}


READERS = {
    "format": _format,
    "transcription": _transcription,
    "turn_detection": _turn_detection,
    "noise_reduction": _noise_reduction,
    "include": _include,
}


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ApiError(f"“{name}” must be an object.", param=name)
    return value


def _text(value: Any, name: str) -> str:
    if value is not None and not isinstance(value, str):
        raise ApiError(f"“{name}” must be a text.", param=name)
    return value or ""


def _texts(value: Any, name: str) -> list[str]:
    if value is not None and not isinstance(value, list):
        raise ApiError(f"“{name}” must be a list of texts.", param=name)
    return [_text(item, name) for item in value or ()]


def _number(value: Any, least: float, most: float, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ApiError(f"“{name}” must be a number from {least} to {most}.", param=name)
    return value
