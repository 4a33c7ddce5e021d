"""What subtitles are put together from: words with the times at which they are spoken."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from transcripts.engine.base import Word
from transcripts.exports.breaks import units
from transcripts.exports.characters import clean, split_columns, width
from transcripts.exports.document import Segment


@dataclass(slots=True)
class Piece:
    """What is never broken: a word, an ideograph, or as much of an endless word as fits on a line."""

    text: str
    start_ms: int
    end_ms: int
    is_spaced: bool
    # Which segment of the document it is of.
    segment: int
    columns: int


def pieces_of(segment: Segment, index: int, columns: int) -> Iterator[Piece]:
    """Return the segment's text in pieces of at most so many columns, whose times never go back."""
    text = clean(segment.text)
    times = _CharacterTimes(segment, text)
    offset = earliest = 0
    for word in text.split():
        parts = [part for unit in units(word) for part in split_columns(unit, columns)]
        for number, part in enumerate(parts):
            start = max(earliest, times.start_ms(offset))
            offset += len(part)
            end = max(start, times.end_ms(offset))
            yield Piece(part, start, end, number == 0, index, width(part))
            earliest = start


class _CharacterTimes:
    """When each character of a segment is spoken, spaces not counted.

    Words whose text is that of the segment give the times; otherwise the characters share the segment evenly.
    """

    def __init__(self, segment: Segment, text: str) -> None:
        spoken = [_spaceless(word.text) for word in segment.words]
        if "".join(spoken) == _spaceless(text):
            timed = [(letters, word) for letters, word in zip(spoken, segment.words, strict=True) if letters]
        else:
            timed = [(_spaceless(text), Word(text, segment.start, segment.end, 1.0))]
        self.words = [word for _, word in timed]
        self.offsets = list(accumulate((len(letters) for letters, _ in timed), initial=0))
        self.first_ms, self.last_ms = round(segment.start * 1000), round(segment.end * 1000)

    def start_ms(self, offset: int) -> int:
        return self._at(offset, bisect_right(self.offsets, offset) - 1)

    def end_ms(self, offset: int) -> int:
        return self._at(offset, bisect_right(self.offsets, offset - 1) - 1)

    def _at(self, offset: int, index: int) -> int:
        word, first, last = self.words[index], self.offsets[index], self.offsets[index + 1]
        seconds = word.start + (word.end - word.start) * (offset - first) / (last - first)
        return max(self.first_ms, min(round(seconds * 1000), self.last_ms))


def _spaceless(text: str) -> str:
    return "".join(clean(text).split())
