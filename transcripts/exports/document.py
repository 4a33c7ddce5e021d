"""What every format is made from."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from transcripts.engine.base import Word
from transcripts.exports.profiles import NETFLIX_LIKE, Profile


@dataclass(frozen=True, slots=True)
class Segment:
    """Times are seconds of the recording. `words` may be empty, or disagree with a text that was edited.

    `speaker` is a name as people read it; empty where nobody is named.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    speaker: str = ""


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that browsers play, to be put into a format that can hold one."""

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class Document:
    title: str
    language: str
    task: str
    model: str
    duration: float | None
    created: datetime
    segments: tuple[Segment, ...]
    sound: Sound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What people choose about a file; a format leaves aside what it has no place for."""

    speakers: bool = True
    # Write times into a format that can do without.
    times: bool = False
    # Text of one speaker goes on without a break until another speaks.
    merge_turns: bool = False
    # Sentences are gathered into paragraphs, which end at pauses.
    paragraphs: bool = False
    # Seconds of the recording; None for its start and end.
    start: float | None = None
    end: float | None = None
    # Of subtitles.
    profile: Profile = NETFLIX_LIKE
    # WebVTT with a time for each word.
    word_cues: bool = False
    # Put the sound into a page.
    embed_sound: bool = False


DEFAULTS = Options()


class Format(ABC):
    name: ClassVar[str]
    media_type: ClassVar[str]
    # What comes after the last dot of the file's name; the key in FORMATS where that has no other.
    extension: ClassVar[str]
    key: ClassVar[str]
    is_binary: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if "extension" in cls.__dict__ and "key" not in cls.__dict__:
            cls.key = cls.extension

    @abstractmethod
    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        """Return the whole file; where it is text, UTF-8."""
