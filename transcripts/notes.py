"""People's notes on moments of a recording, and the stretches that they highlighted."""

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from sttweb.accounts.models import User
from transcripts import events
from transcripts.models import Event, Note, Transcript
from transcripts.refusals import Refused

TEXT_LENGTH = 5000
MAX_NOTES = 2000
EXCERPT_LENGTH = 160  # characters

# Line breaks, and the joiners that emoji and several scripts are spelled with.
KEPT = "\n\t\u200c\u200d"

# [key, start, end, whether it has text]
Mark = list[Any]


@dataclass(frozen=True)
class Shown:
    """A note beside what was said there."""

    note: Note
    excerpt: str


@transaction.atomic
def add(transcript: Transcript, author: User, start: float, end: float, text: str) -> Note:
    """Note something about a stretch; without text it is highlighted.

    Raises: Refused: the text is too long, there are too many, or the stretch is none.
    """
    if not 0 <= start <= end < float("inf"):
        raise Refused("A note belongs to a stretch whose end is not before its beginning.")
    if transcript.notes.count() >= MAX_NOTES:
        raise Refused(f"This recording has {MAX_NOTES} notes already: delete some that you no longer need.")
    note = transcript.notes.create(author=author, start=start, end=end, text=clean(text))
    tell(transcript)
    return note


@transaction.atomic
def change(note: Note, text: str) -> None:
    """Give a note another text.

    Raises: Refused: it is too long.
    """
    note.text = clean(text)
    note.save(update_fields=["text"])
    tell(note.transcript)


@transaction.atomic
def remove(note: Note) -> None:
    note.delete()
    tell(note.transcript)


def tell(transcript: Transcript) -> None:
    events.publish(transcript.recording_id, Event.Kind.NOTES)


def clean(text: str) -> str:
    """Return visible text in its lines."""
    lines = text.replace("\r\n", "\n")
    text = "".join(c for c in lines if c in KEPT or unicodedata.category(c)[0] != "C").strip()
    if len(text) > TEXT_LENGTH:
        raise Refused(f"A note has at most {TEXT_LENGTH} characters: shorten it, or make two of it.")
    return text


def marks_of(transcript: Transcript | None) -> list[Mark]:
    """Return [key, start, end, whether it has text] of each note: what the page marks in the text."""
    if transcript is None:
        return []
    rows = transcript.notes.values_list("pk", "start", "end", "text")
    return [[pk, start, end, bool(text)] for pk, start, end, text in rows]


def shown(transcript: Transcript) -> list[Shown]:
    """Return the notes in the order of time; the number of queries does not grow with them."""
    found = list(transcript.notes.select_related("author"))
    bounds = list(transcript.segments.order_by("start").values_list("pk", "start", "end"))
    starts = [start for _, start, _ in bounds]
    touched = {note.pk: _touched(note, bounds, starts) for note in found}
    wanted = {pk for pks in touched.values() for pk in pks}
    segments = transcript.segments.only("transcript", "text", "words").in_bulk(wanted)
    return [Shown(note, _excerpt(note, [segments[pk] for pk in touched[note.pk]])) for note in found]


def _touched(note: Note, bounds: list[tuple[int, float, float]], starts: list[float]) -> list[int]:
    """Return the keys of the segments that a note touches, or of the last one before it."""
    last = bisect_right(starts, note.end)
    touched = [pk for pk, _, end in bounds[:last] if end > note.start]
    return touched or [pk for pk, _, _ in bounds[max(0, last - 1) : last]]


def _excerpt(note: Note, segments: list[Any]) -> str:
    words = [word for segment in segments for word in segment.words]
    said = [word[0] for word in words if note.start - 0.01 <= (word[1] + word[2]) / 2 <= note.end + 0.01]
    spaced = said and any(word[:1].isspace() for word in said)
    text = ("" if spaced else " ").join(said) if said else " ".join(segment.text for segment in segments)
    text = " ".join(text.split())
    return text if len(text) <= EXCERPT_LENGTH else text[: EXCERPT_LENGTH - 1] + "…"
