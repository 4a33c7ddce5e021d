"""The files that a batch ends in: a text for each recording, and a report."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from transcripts.api.azure.dialects import Settings
from transcripts.api.azure.locales import locale_of
from transcripts.api.azure.profanity import Censor, Mode
from transcripts.api.azure.units import iso_duration, ms, stamp, ticks
from transcripts.api.spoken import Said, Spoken, spoken
from transcripts.batches import Progress, Stage
from transcripts.engine.base import Word
from transcripts.models import ApiRequest

REPORT = "report.json"
# Letters and digits, with what joins them inside a word.
LEXICAL_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


@dataclass(frozen=True)
class ResultFile:
    name: str
    kind: str
    created_at: datetime
    content: dict[str, Any]


def file_name(progress: Progress) -> str:
    return f"contenturl_{progress.number}.json"


def file_id(request: ApiRequest, name: str) -> uuid.UUID:
    return uuid.uuid5(request.pk, name)


def names(files: Sequence[Progress]) -> list[str]:
    """Return the names of the files there are: none before all has ended."""
    if not files or not all(file.has_ended for file in files):
        return []
    return [*(file_name(file) for file in files if file.stage is Stage.SUCCEEDED), REPORT]


def make(name: str, files: Sequence[Progress], settings: Settings, ended_at: datetime) -> ResultFile:
    """Raises: KeyError: there is no such file."""
    if name == REPORT:
        return ResultFile(name, "TranscriptionReport", ended_at, report(files))
    found = {file_name(file): file for file in files if file.stage is Stage.SUCCEEDED}[name]
    assert found.recording is not None  # noqa: S101
    created_at = found.recording.finished_at or ended_at
    heard = spoken(found.recording)
    return ResultFile(name, "Transcription", created_at, Texts(settings, heard).file(found.url, created_at))


def report(files: Sequence[Progress]) -> dict[str, Any]:
    succeeded = sum(file.stage is Stage.SUCCEEDED for file in files)
    return {
        "successfulTranscriptionsCount": succeeded,
        "failedTranscriptionsCount": len(files) - succeeded,
        "details": [_detail(file) for file in files],
    }


def _detail(file: Progress) -> dict[str, Any]:
    if file.stage is Stage.SUCCEEDED:
        return {"source": file.url, "status": "Succeeded"}
    return {
        "source": file.url,
        "status": "Failed",
        "errorKind": "InvalidAudio",
        "errorMessage": file.message,
    }


@dataclass(frozen=True)
class Texts:
    """What was heard in one recording, as a batch's settings want it shown."""

    settings: Settings
    heard: Spoken

    @property
    def censor(self) -> Censor:
        return Censor(Mode(self.settings.profanity), self.heard.language)

    def file(self, source: str, created_at: datetime) -> dict[str, Any]:
        seconds = self.heard.duration
        return {
            "source": source,
            "timestamp": stamp(created_at),
            "durationInTicks": ticks(seconds),
            "durationMilliseconds": ms(seconds),
            "duration": iso_duration(seconds),
            "combinedRecognizedPhrases": [
                {"channel": channel, **self.forms(self.heard.of_channel(channel))}
                for channel in self.heard.channels
                if self.is_wanted(channel)
            ],
            "recognizedPhrases": [
                self.phrase(said) for said in self.heard.segments if self.is_wanted(said.channel or 0)
            ],
        }

    def is_wanted(self, channel: int) -> bool:
        return channel in self.settings.channels

    def forms(self, segments: Sequence[Said]) -> dict[str, str]:
        text = " ".join(said.text for said in segments)
        spoken_form = lexical(text)
        return {
            "lexical": spoken_form,
            "itn": spoken_form,
            "maskedITN": self.censor(spoken_form),
            "display": self.display(text),
        }

    def display(self, text: str) -> str:
        shown = self.censor(text)
        return shown if self.settings.punctuation != "None" else unpunctuated(shown)

    def phrase(self, said: Said) -> dict[str, Any]:
        phrase: dict[str, Any] = {"recognitionStatus": "Success", "channel": said.channel or 0}
        if self.settings.has_speakers:
            phrase["speaker"] = said.voice + 1
        if self.settings.candidates:
            phrase["locale"] = locale_of(self.heard.language, self.settings.candidates)
        return phrase | times(said.start, said.end) | {"nBest": [self.best(said)]}

    def best(self, said: Said) -> dict[str, Any]:
        best: dict[str, Any] = {"confidence": round(said.confidence, 7), **self.forms([said])}
        if self.settings.has_words:
            best["words"] = [self.word(word) for word in said.words if lexical(word.text)]
        if self.settings.has_display_words or self.settings.has_words:
            shown = [(self.display(word.text.strip()), word) for word in said.words]
            best["displayWords"] = [
                {"displayText": text, **times(word.start, word.end)} for text, word in shown if text
            ]
        return best

    def word(self, word: Word) -> dict[str, Any]:
        confidence = {"confidence": round(word.probability, 7)}
        return {"word": lexical(word.text)} | times(word.start, word.end) | confidence


def times(start: float, end: float) -> dict[str, Any]:
    length = (ms(end) - ms(start)) / 1000
    return {
        "offset": iso_duration(start),
        "duration": iso_duration(length),
        "offsetInTicks": ticks(start),
        "durationInTicks": ticks(length),
        "offsetMilliseconds": ms(start),
        "durationMilliseconds": ms(length),
    }


def lexical(text: str) -> str:
    """Return the words as they are spoken, without capitals and punctuation. Figures stay figures."""
    return unpunctuated(text).lower()


def unpunctuated(text: str) -> str:
    return " ".join(LEXICAL_WORD.findall(text))
