"""From Whisper's tokens to segments in the recording's own time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from transcripts.engine.base import SpanAudio, Word

SENTENCE_ENDS = (".", "?", "!", "。", "？", "！", "؟", "।", "…")
CLOSING = "\"'”’)]»」』"
# They end with a full stop, and no sentence ends with them.
ABBREVIATIONS = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e."}  # English
    | {"nr.", "z.b.", "bzw.", "ca.", "hr.", "fr."}  # German
    | {"sr.", "sra.", "dra.", "ud.", "uds.", "av."}  # Spanish
    | {"m.", "mme."}  # French
)
PAUSE = 1.5  # seconds; a longer one within a segment starts another
SLACK = 0.1  # seconds by which a word may lie outside the time that Whisper gave to its segment
MAX_WORD_SECONDS = 1.4  # Longer only where the alignment found nothing to hold on to.


@dataclass(frozen=True, slots=True)
class Passage:
    """What Whisper put between two of its timestamps; times are seconds of the span."""

    start: float
    end: float
    words: tuple[Word, ...]


class Timeline:
    """Times in a span's joined speech, and times in its recording."""

    def __init__(self, audio: SpanAudio) -> None:
        self._pieces = audio.pieces
        self._offsets = [0.0]
        for start, end in audio.pieces:
            self._offsets.append(self._offsets[-1] + end - start)

    def word(self, word: Word) -> Word:
        """Return the word in the recording's time, within the piece of speech that holds its middle."""
        i = self._piece((word.start + word.end) / 2)
        first, last = self._pieces[i]
        shift = first - self._offsets[i]
        start = min(max(word.start + shift, first), last)
        end = min(max(word.end + shift, start), last)
        return replace(word, start=round(start, 3), end=round(end, 3))

    def time(self, seconds: float) -> float:
        i = self._piece(seconds)
        first, last = self._pieces[i]
        return round(min(first + max(0.0, seconds - self._offsets[i]), last), 3)

    def _piece(self, seconds: float) -> int:
        for i, end in enumerate(self._offsets[1:-1]):
            if seconds < end:
                return i
        return len(self._pieces) - 1


def passages(
    groups: Sequence[dict[str, Any]], alignment: list[dict[str, Any]], offset: float, eot: int
) -> list[Passage]:
    """Return Whisper's segments with their words.

    Args:
        groups: `tokens`, `start` and `end` of each segment, in seconds of the span.
        alignment: words with `tokens`, `start` and `end`, in seconds of the window that begins at `offset`.
        eot: the first token that is no text.
    """
    result, remaining = [], iter(alignment)
    for group in groups:
        wanted = sum(token < eot for token in group["tokens"])
        words = []
        while wanted > 0 and (timing := next(remaining, None)) is not None:
            wanted -= len(timing["tokens"])
            if timing["word"]:
                start, end = offset + float(timing["start"]), offset + float(timing["end"])
                probability = round(float(timing["probability"]), 3)
                words.append(Word(timing["word"], start, end, probability, tuple(timing["tokens"])))
        result.append(Passage(group["start"], group["end"], tuple(words)))
    return result


def fitted(passage: Passage) -> tuple[Word, ...]:
    """Return the words within the time that Whisper gave to the passage.

    The alignment gives the silences around it to its first and last word, and sometimes loses it altogether.
    """
    words = passage.words
    outside = sum(not passage.start <= (word.start + word.end) / 2 <= passage.end for word in words)
    if 2 * outside > len(words):
        return _spread(passage)
    return tuple(_within(word, passage.start, passage.end) for word in words)


def _within(word: Word, first: float, last: float) -> Word:
    start, end = word.start, word.end
    if start < first - SLACK:
        start, end = first, max(end, first)
    if end > last + SLACK:
        start, end = min(start, last), last
    return replace(word, start=max(start, end - MAX_WORD_SECONDS), end=end)


def _spread(passage: Passage) -> tuple[Word, ...]:
    """Return the words one after the other through the passage, each as long as its letters."""
    letters = sum(len(word.text) for word in passage.words)
    rate = (passage.end - passage.start) / max(letters, 1)
    words, start = [], passage.start
    for word in passage.words:
        end = start + rate * len(word.text)
        words.append(replace(word, start=start, end=end))
        start = end
    return tuple(words)


def sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Yield the words in the pieces that are read as one: sentences, and what long pauses part."""
    current: list[Word] = []
    for word, following in pairwise([*words, None]):
        assert word is not None  # noqa: S101 -- only the last is None
        current.append(word)
        if following is None or following.start - word.end > PAUSE or _ends_sentence(word.text):
            yield current
            current = []


def in_order(words: Sequence[Word]) -> list[Word]:
    """Return the words with no start before the end of the word before."""
    result: list[Word] = []
    floor = 0.0
    for word in words:
        start = max(word.start, floor)
        floor = max(word.end, start)
        result.append(replace(word, start=start, end=floor))
    return result


def _ends_sentence(text: str) -> bool:
    plain = text.strip().rstrip(CLOSING)
    return plain.endswith(SENTENCE_ENDS) and plain.casefold() not in ABBREVIATIONS
