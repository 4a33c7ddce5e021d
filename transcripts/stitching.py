"""What of a new run takes the place of what: nothing that a person wrote is touched.

Words are told apart by their middles, so that one on a border is neither lost nor said twice.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from transcripts.models import Segment

# (start, end) in seconds of the recording.
Stretch = tuple[float, float]
# [text, start, end, probability]: as a hypothesis stores a word.
Word = list[Any]

# Seconds by which what the engine gave may reach over the border of a stretch and still be within it.
SLACK = 0.05
# Seconds of the shortest rest of a sentence that comes where there was no text before.
SHORTEST_REST = 1.0
# Seconds that a word may reach into what another speaker said.
SLIVER_SECONDS = 0.5
# Seconds between the beginnings of the same text heard twice.
SAME_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment that a new run gives."""

    start: float
    end: float
    text: str
    words: list[Word]
    # Where it would stand if nothing were in its way.
    position: int
    # Of a recording whose channels are heard for themselves.
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    removed: list[Segment]
    pieces: list[Piece]


def is_within(segment: Segment, stretch: Stretch | None) -> bool:
    if stretch is None:
        return True
    return segment.start >= stretch[0] - SLACK and segment.end <= stretch[1] + SLACK


def overlaps(first: Stretch, second: Stretch) -> bool:
    return min(first[1], second[1]) - max(first[0], second[0]) > SLACK


def stitch(
    segments: Sequence[Segment], heard: Iterable[Piece], stretch: Stretch | None, closed: Iterable[Stretch]
) -> Outcome:
    """Return what of the segments goes, and what comes in its place.

    Args:
        heard: the segments of the new run, in the order of time.
        stretch: what was run again; None for the whole.
        closed: where everything stays: people deleted text there, or the new run heard nothing of it.
    """
    closed = list(closed)
    open_ = {s.pk: s for s in segments if not s.is_edited and is_within(s, stretch)}
    open_ = {pk: s for pk, s in open_.items() if not any(overlaps((s.start, s.end), c) for c in closed)}
    closed += [(s.start, s.end) for s in segments if s.pk not in open_]
    border = Border(stretch, closed)
    pieces = [part for piece in heard for part in parts(piece, border, list(open_.values()))]
    return _without_the_same(list(open_.values()), pieces)


class Border:
    """Where words may come: within a stretch, and outside of what is closed."""

    def __init__(self, stretch: Stretch | None, closed: Iterable[Stretch]) -> None:
        self._stretch = stretch or (float("-inf"), float("inf"))
        self._starts: list[float] = []
        self._ends: list[float] = []
        for start, end in sorted(closed):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def lets_in(self, word: Word) -> bool:
        middle = (word[1] + word[2]) / 2
        if not self._stretch[0] - SLACK <= middle <= self._stretch[1] + SLACK:
            return False
        before = bisect_right(self._starts, middle) - 1
        return before < 0 or middle >= self._ends[before]


def parts(piece: Piece, border: Border, old: Sequence[Segment]) -> Iterator[Piece]:
    """Yield what of a piece is let in."""
    words = piece.words or [[piece.text, piece.start, piece.end, 1.0]]
    for number, (is_in, group) in enumerate(groupby(words, border.lets_in)):
        part = list(group)
        if is_in and len(part) == len(words):
            yield piece
        elif is_in:
            rest = Piece(part[0][1], part[-1][2], text_of(part), part, piece.position + number, piece.channel)
            if rest.text and is_worth_keeping(rest, old):
                yield rest


def text_of(words: Iterable[Word]) -> str:
    return "".join(word[0] for word in words).strip()


def is_worth_keeping(rest: Piece, old: Sequence[Segment]) -> bool:
    """Whether it is more than a word that the new run timed a little outside of what stays."""
    is_long = rest.end - rest.start >= SHORTEST_REST
    return is_long or any(overlaps((rest.start, rest.end), (s.start, s.end)) for s in old)


def _without_the_same(old: list[Segment], new: list[Piece]) -> Outcome:
    """Leave alone what was heard just as before: only changes are to be seen as such."""
    by_text: dict[str, list[Segment]] = {}
    for segment in old:
        by_text.setdefault(segment.text, []).append(segment)
    kept: set[int] = set()
    pieces = []
    for piece in new:
        same = (s for s in by_text.get(piece.text, ()) if abs(s.start - piece.start) < SAME_SECONDS)
        twin = next((s for s in same if s.pk not in kept), None)
        if twin:
            kept.add(twin.pk)
        else:
            pieces.append(piece)
    return Outcome([s for s in old if s.pk not in kept], pieces)


def turns(piece: Piece, segments: Iterable[Segment]) -> Iterator[tuple[Piece, int | None]]:
    """Yield the piece parted where the speaker changes, each part with who spoke there before."""
    near = [s for s in segments if min(piece.end, s.end) > max(piece.start, s.start)]
    if len({number_of(segment) for segment in near}) < 2:
        yield piece, number_of(near[0]) if near else None
        return
    heard = _said_in(piece, near)
    for at, (number, group) in enumerate(groupby(heard, lambda said: number_of(said[1]))):
        words = [word for word, _ in group]
        start, end = words[0][1], words[-1][2]
        yield Piece(start, end, text_of(words), words, piece.position + at, piece.channel), number


def number_of(segment: Segment) -> int | None:
    return segment.speaker.number if segment.speaker else None


def _said_in(piece: Piece, segments: Sequence[Segment]) -> list[tuple[Word, Segment]]:
    """Return each word with the segment that it was said in, or next to."""
    words = piece.words or [[piece.text, piece.start, piece.end, 1.0]]
    said = [(word, min(segments, key=lambda s: _distance(word, s))) for word in words]
    runs = [list(run) for _, run in groupby(said, lambda one: one[1].pk)]
    for before, run in pairwise(runs):
        if _is_sliver(run):
            run[:] = [(word, before[-1][1]) for word, _ in run]
    if len(runs) > 1 and _is_sliver(runs[0]):
        runs[0] = [(word, runs[1][0][1]) for word, _ in runs[0]]
    return [one for run in runs for one in run]


def _distance(word: Word, segment: Segment) -> float:
    middle = (word[1] + word[2]) / 2
    return max(segment.start - middle, middle - segment.end, 0.0)


def _is_sliver(run: Sequence[tuple[Word, Segment]]) -> bool:
    """Whether it is a word that the new run timed a little outside of its sentence, and no short answer."""
    length = run[-1][0][2] - run[0][0][1]
    segment = run[0][1]
    return length < SLIVER_SECONDS and length < (segment.end - segment.start) / 2


class NoRoom(Exception):
    """Between two segments there are not enough positions; `behind` is the first of them, if any."""

    def __init__(self, behind: Segment | None, count: int) -> None:
        super().__init__(f"{count} pieces find no room")
        self.behind, self.count = behind, count


def positions(pieces: Sequence[Piece], kept: Sequence[Segment]) -> list[int]:
    """Return a position for each piece, in the order of time, between those of the segments that stay.

    Args: kept: in the order of their positions.
    Raises: NoRoom
    """
    starts = [segment.start for segment in kept]
    places: list[int] = []
    for gap, group in groupby(pieces, lambda piece: bisect_right(starts, piece.start)):
        inside = list(group)
        low = kept[gap - 1].position if gap else -1
        high = kept[gap].position if gap < len(kept) else None
        wanted = [piece.position for piece in inside]
        fits = all(a < b for a, b in pairwise([low, *wanted, *([] if high is None else [high])]))
        places += wanted if fits else _spread(low, high, len(inside), kept[gap - 1] if gap else None)
    return places


def _spread(low: int, high: int | None, count: int, behind: Segment | None) -> list[int]:
    if high is None:
        return [low + 1000 * (number + 1) for number in range(count)]
    step = (high - low) // (count + 1)
    if step < 1:
        raise NoRoom(behind, count)
    return [low + step * (number + 1) for number in range(count)]
