"""Two versions of the batch API: what they call the same things, and where they are."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from transcripts.api.azure.fields import Fields
from transcripts.api.azure.units import iso_duration, ms, parse_duration

SHORTEST, LONGEST = timedelta(hours=6), timedelta(days=31)
DEFAULT_VERSION = "2024-11-15"


@dataclass(frozen=True)
class Settings:
    """What a batch is to be like, as its options keep it."""

    locale: str
    # Hours; None for as long as the recordings are kept here.
    hours_kept: float | None
    # Those that may be spoken, where that is to be found out.
    candidates: list[str]
    identification: dict[str, Any]
    channels: list[int]
    profanity: str
    punctuation: str
    has_words: bool
    has_display_words: bool
    has_speakers: bool
    most_speakers: int | None
    display_name: str
    description: str
    custom: dict[str, str]


class Dated:
    """Versions that are called by a date, which every address carries."""

    root = "speechtotext/transcriptions"
    models = "speechtotext/models/base"

    def address(self, path: str, version: str) -> str:
        return f"/{self.root}{path}?api-version={quote(version or DEFAULT_VERSION)}"

    def model_address(self, name: str, version: str) -> str:
        return f"/{self.models}/{_part(name)}?api-version={quote(version or DEFAULT_VERSION)}"

    def locales(self, names: list[str]) -> Any:
        return {"Submit": names, "Transcribe": names}

    def hours_kept(self, properties: Fields) -> float | None:
        hours = properties.number("timeToLiveHours")
        if hours is None:
            raise properties.wrong("timeToLiveHours", "is required", "InvalidTimeToLive")
        return _within_bounds(timedelta(hours=hours), properties, "timeToLiveHours")

    def speakers(self, properties: Fields) -> tuple[bool, int | None]:
        diarization = properties.within("diarization")
        most = diarization.number("maxSpeakers")
        return diarization.flag("enabled", most is not None), most

    def link_lifetime(self, query: dict[str, str]) -> tuple[str, str, int]:
        """Return name and value of the query's field for how long links hold, and its unit in seconds."""
        return "sasLifetimeMinutes", query.get("sasLifetimeMinutes", ""), 60

    def own_properties(self, settings: Settings, seconds: float | None) -> dict[str, Any]:
        return {
            "diarization": {"enabled": settings.has_speakers, "maxSpeakers": settings.most_speakers}
            if settings.has_speakers
            else None,
            "timeToLiveHours": settings.hours_kept and int(settings.hours_kept),
            "durationMilliseconds": None if seconds is None else ms(seconds),
        }


class V32(Dated):
    """Version 3.2, whose addresses carry it in their path."""

    root = "speechtotext/v3.2/transcriptions"
    models = "speechtotext/v3.2/models/base"

    def address(self, path: str, version: str) -> str:
        return f"/{self.root}{path}"

    def model_address(self, name: str, version: str) -> str:
        return f"/{self.models}/{_part(name)}"

    def locales(self, names: list[str]) -> Any:
        return names

    def hours_kept(self, properties: Fields) -> float | None:
        text = properties.text("timeToLive")
        if not text:
            return None
        kept = parse_duration(text)
        if kept is None:
            raise properties.wrong("timeToLive", "must be a duration such as “P2D”", "InvalidTimeToLive")
        # Here zero means for ever.
        return _within_bounds(kept, properties, "timeToLive") if kept else None

    def speakers(self, properties: Fields) -> tuple[bool, int | None]:
        most = properties.within("diarization").within("speakers").number("maxCount")
        return properties.flag("diarizationEnabled"), most

    def link_lifetime(self, query: dict[str, str]) -> tuple[str, str, int]:
        return "sasValidityInSeconds", query.get("sasValidityInSeconds", ""), 1

    def own_properties(self, settings: Settings, seconds: float | None) -> dict[str, Any]:
        has_count = settings.has_speakers and settings.most_speakers
        kept = settings.hours_kept
        return {
            "diarizationEnabled": settings.has_speakers,
            "diarization": {"speakers": {"minCount": 1, "maxCount": settings.most_speakers}}
            if has_count
            else None,
            "timeToLive": None if kept is None else iso_duration(kept * 3600),
            "duration": None if seconds is None else iso_duration(seconds),
        }


def _part(name: str) -> str:
    """Return a name as one part of an address, whatever it holds."""
    return quote(name, safe="")


def _within_bounds(kept: timedelta, properties: Fields, name: str) -> float:
    if not SHORTEST <= kept <= LONGEST:
        raise properties.wrong(name, "must be from 6 hours to 31 days", "InvalidTimeToLive")
    return kept.total_seconds() / 3600


DATED, V3_2 = Dated(), V32()
