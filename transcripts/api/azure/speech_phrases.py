"""What was said, as the Speech SDK reads it."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from transcripts.api.azure.locales import locale_of
from transcripts.api.azure.profanity import Censor
from transcripts.api.azure.results import lexical
from transcripts.api.azure.units import ticks
from transcripts.api.live.turns import Turn
from transcripts.engine.base import Word


@dataclass(frozen=True)
class Phrases:
    """How one recognition shows what was said."""

    locales: tuple[str, ...]
    censor: Censor
    is_detailed: bool
    has_words: bool
    has_speakers: bool

    def hypothesis(self, text: str, start: float, end: float) -> dict[str, Any]:
        facts = {"Id": uuid4().hex, "Text": self.censor(text), **times(start, end)}
        return facts | ({"SpeakerId": "Unknown"} if self.has_speakers else {})

    def phrase(self, turn: Turn, start: float, end: float, language: str) -> dict[str, Any]:
        """Return a turn that is over; `start` and `end` are seconds of what its client sent."""
        facts: dict[str, Any] = {"Id": uuid4().hex, "RecognitionStatus": "Success", **times(start, end)}
        facts |= {"DisplayText": self.censor(turn.text), "Channel": 0}
        facts["PrimaryLanguage"] = {"Language": locale_of(language, self.locales), "Confidence": "High"}
        if self.has_speakers:
            facts["SpeakerId"] = f"Guest-{turn.said[0].voice + 1}"
        if self.is_detailed:
            facts["NBest"] = [self.best(turn, start - turn.start)]
        return facts

    def best(self, turn: Turn, shift: float) -> dict[str, Any]:
        words = [word for piece in turn.said for word in piece.words]
        said = lexical(turn.text)
        best: dict[str, Any] = {
            "Confidence": round(sum(word.probability for word in words) / max(1, len(words)), 7),
            "Lexical": said,
            "ITN": said,
            "MaskedITN": self.censor(said),
            "Display": self.censor(turn.text),
        }
        if self.has_words:
            best["Words"] = [_word(word, shift) for word in words if lexical(word.text)]
            best["DisplayWords"] = [
                {"DisplayText": self.censor(word.text.strip()), **times(word.start + shift, word.end + shift)}
                for word in words
            ]
        return best


def _word(word: Word, shift: float) -> dict[str, Any]:
    length = times(word.start + shift, word.end + shift)
    return {"Word": lexical(word.text), **length, "Confidence": round(word.probability, 7)}


def status(name: str, start: float, end: float) -> dict[str, Any]:
    """Return what stands in place of a phrase."""
    return {"Id": uuid4().hex, "RecognitionStatus": name, "DisplayText": "", **times(start, end)}


def times(start: float, end: float) -> dict[str, int]:
    return {"Offset": ticks(max(0.0, start)), "Duration": max(0, ticks(end) - ticks(start))}
