"""Recordings that the demonstration model understands, to try the product with."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    name: str
    title: str
    description: str
    file_name: str

    @property
    def path(self) -> Path:
        return FOLDER / self.file_name


SAMPLES = {
    sample.name: sample
    for sample in (
        Sample("note", "A spoken note", "Three sentences, one voice, 7 seconds", "note.wav"),
        Sample("meeting", "A meeting", "Three people, about 3 minutes", "meeting.flac"),
        Sample("german", "Eine Besprechung", "Eight sentences in German, 13 seconds", "german.flac"),
    )
}
