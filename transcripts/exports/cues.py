"""Segments as subtitles: which words stand together, in which lines, and when."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from transcripts.exports.breaks import (
    AFTER_ARTICLE,
    CLAUSE,
    CONJUNCTION,
    INSIDE_WORD,
    PLAIN,
    SENTENCE,
    Grammar,
)
from transcripts.exports.characters import clean, split_columns, width
from transcripts.exports.document import Document, Options
from transcripts.exports.pieces import Piece, pieces_of
from transcripts.exports.profiles import Profile
from transcripts.exports.schedule import schedule
from transcripts.exports.selection import selected

# Silence that always ends a subtitle, and silence that makes a break easier.
RUN_PAUSE_MS = 2500
EASY_PAUSE_MS = 300
# What a subtitle costs by itself, so that there are few; a second that it lacks; a second of silence in it.
CUE_COST = 15.0
# The first words of a sentence at the end of what holds the one before.
STUB_COST = 15.0
DEFICIT_COST = 30.0
PAUSE_COST = 8.0
# What lines of very different lengths cost.
IMBALANCE_COST = 25.0


@dataclass(slots=True)
class Cue:
    """Text on the screen from `start_ms` until `end_ms` of the recording."""

    pieces: list[list[Piece]]
    start_ms: int
    end_ms: int
    speaker: str

    @property
    def lines(self) -> list[str]:
        return [joined(line) for line in self.pieces]

    @property
    def columns(self) -> int:
        """What must be read; a line's end counts as the space that it stands for."""
        return sum(width(line) + 1 for line in self.lines) - 1

    @property
    def segment(self) -> int:
        """Which segment of the document it begins in."""
        return self.pieces[0][0].segment


@dataclass(slots=True)
class _Run:
    """Pieces of one speaker without a long silence or another speaker between them."""

    speaker: str
    pieces: list[Piece]


def joined(pieces: list[Piece]) -> str:
    return "".join(f" {p.text}" if p.is_spaced and n else p.text for n, p in enumerate(pieces))


def cues_of(document: Document, options: Options, *, is_labelled: bool = False) -> list[Cue]:
    """Return subtitles that keep to the profile, in order of time; none overlap, and each has a length.

    Where speech is too fast to be read, subtitles begin a little early or late; where that is not enough, the
    reading speed gives way, and `violations` says so. Where times are missing or contradict each other, order
    and text are kept.

    Args: is_labelled: begin what another speaker says with the name.
    """
    document = selected(document, options)
    grammar = Grammar(document.language)
    found: list[Cue] = []
    for run in _runs(document, options.profile, is_labelled):
        found += _Breaker(run, options.profile, grammar).cues()
    found.sort(key=lambda cue: cue.start_ms)
    schedule(found, options.profile, round((document.duration or 0) * 1000))
    return found


def _runs(document: Document, profile: Profile, is_labelled: bool) -> Iterator[_Run]:
    run: _Run | None = None
    # One who speaks alone need not be named.
    is_labelled &= len({segment.speaker for segment in document.segments}) > 1
    order = sorted(range(len(document.segments)), key=lambda index: document.segments[index].start)
    for index in order:
        segment = document.segments[index]
        pieces = list(pieces_of(segment, index, profile.line_length))
        speaker = clean(segment.speaker)
        if not pieces:
            continue
        if run and run.speaker == speaker and 0 <= pieces[0].start_ms - run.pieces[-1].end_ms < RUN_PAUSE_MS:
            run.pieces += pieces
            continue
        is_new = is_labelled and speaker and (run is None or run.speaker != speaker)
        if run:
            yield run
        run = _Run(speaker, [*(_label(speaker, pieces[0], profile) if is_new else []), *pieces])
    if run:
        yield run


def _label(speaker: str, first: Piece, profile: Profile) -> list[Piece]:
    parts = [part for word in f"{speaker}:".split() for part in split_columns(word, profile.line_length)]
    return [Piece(part, first.start_ms, first.start_ms, True, first.segment, width(part)) for part in parts]


class _Breaker:
    """Chooses the cheapest way to cut a run into subtitles, and each of these into lines."""

    def __init__(self, run: _Run, profile: Profile, grammar: Grammar) -> None:
        self.run, self.profile, self.pieces = run, profile, run.pieces
        # Columns up to each piece, with the spaces before each.
        self.ends = list(accumulate((p.columns + p.is_spaced for p in self.pieces), initial=0))
        self.costs = [0.0, *(_break_cost(grammar, a, b) for a, b in pairwise(self.pieces)), 0.0]
        silences = (max(0, b.start_ms - a.end_ms - 1000) / 1000 for a, b in pairwise(self.pieces))
        self.silences = [0.0, *accumulate(silences, initial=0.0)]
        self.sentences = list(accumulate((cost == SENTENCE for cost in self.costs[1:]), initial=0))
        self.capacity = max(1, int(profile.reading_speed * profile.longest))

    def cues(self) -> list[Cue]:
        bounds = self._bounds()
        return [self._cue(start, end) for start, end in pairwise(bounds)]

    def _cue(self, start: int, end: int) -> Cue:
        lines = [
            self.pieces[a:b] for a, b in pairwise([*self._lines(start, end, self.profile.lines)[1], end])
        ]
        return Cue(lines, self.pieces[start].start_ms, self._spoken_end(start, end), self.run.speaker)

    def _spoken_end(self, start: int, end: int) -> int:
        return max(piece.end_ms for piece in self.pieces[start:end])

    def _bounds(self) -> list[int]:
        """Return where subtitles begin, and the end: the shortest way from the first piece to the last."""
        count = len(self.pieces)
        best = [0.0] + [float("inf")] * count
        origin = [0] * (count + 1)
        for start in range(count):
            for end in self._ends(start):
                cost = best[start] + self._cost(start, end)
                if cost < best[end]:
                    best[end], origin[end] = cost, start
        bounds = [count]
        while bounds[-1]:
            bounds.append(origin[bounds[-1]])
        return bounds[::-1]

    def _ends(self, start: int) -> Iterator[int]:
        """Return where a subtitle that begins at `start` can end; after one piece at least."""
        longest_ms = self.pieces[start].start_ms + self.profile.longest * 1000
        yield start + 1
        for end in range(start + 2, len(self.pieces) + 1):
            if self._columns(start, end) > self.capacity or self.pieces[end - 1].end_ms > longest_ms:
                return
            if self._line_count(start, end) > self.profile.lines:
                return
            yield end

    def _columns(self, start: int, end: int) -> int:
        return self.ends[end] - self.ends[start] - self.pieces[start].is_spaced

    def _line_end(self, start: int) -> int:
        """Return the end of the fullest line that begins at `start`."""
        limit = self.ends[start] + self.pieces[start].is_spaced + self.profile.line_length
        return max(start + 1, bisect_right(self.ends, limit) - 1)

    def _line_count(self, start: int, end: int) -> int:
        count = 0
        while start < end and count <= self.profile.lines:
            start, count = self._line_end(start), count + 1
        return count

    def _cost(self, start: int, end: int) -> float:
        cost = CUE_COST + self.costs[end] + PAUSE_COST * (self.silences[end] - self.silences[start + 1])
        if self.costs[end] > CLAUSE and self.sentences[end - 1] > self.sentences[start]:
            cost += STUB_COST
        columns = self._columns(start, end)
        needed = max(columns / self.profile.reading_speed, self.profile.shortest)
        if end < len(self.pieces):
            available = (self.pieces[end].start_ms - self.pieces[start].start_ms) / 1000 - self.profile.gap
            cost += DEFICIT_COST * max(0.0, needed - available)
        if columns > self.profile.line_length and self.profile.lines == 2:
            first = self._first_break(start, end)
            cost += min(self.costs[first : self._line_end(start) + 1], default=0.0) / 2
        return cost

    def _first_break(self, start: int, end: int) -> int:
        """Return the first place to break in two so that the second line is not too long."""
        limit = self.ends[end] - self.profile.line_length
        first = start + 1
        while first < end - 1 and self.ends[first] + self.pieces[first].is_spaced < limit:
            first += 1
        return first

    def _lines(self, start: int, end: int, count: int) -> tuple[float, list[int]]:
        """Return the cheapest way to write the pieces on at most `count` lines, and where these begin."""
        columns = self._columns(start, end)
        if columns <= self.profile.line_length or count == 1:
            return 0.0, [start]
        found: tuple[float, list[int]] = float("inf"), [start]
        for first in range(start + 1, min(self._line_end(start), end - 1) + 1):
            if self._line_count(first, end) < count:
                cost, rest = self._lines(first, end, count - 1)
                imbalance = abs(self._columns(start, first) / columns - 1 / count)
                cost += self.costs[first] + IMBALANCE_COST * imbalance
                found = min(found, (cost, [start, *rest]))
        return found


def _break_cost(grammar: Grammar, before: Piece, after: Piece) -> float:
    if before.end_ms == before.start_ms == after.start_ms and before.text.endswith(":"):
        return INSIDE_WORD  # a speaker's name stays with what is said
    cost = grammar.cost(before.text, after.text, is_spaced=after.is_spaced)
    if before.segment != after.segment and cost < AFTER_ARTICLE:
        cost = min(cost, CONJUNCTION)
    if after.start_ms - before.end_ms >= EASY_PAUSE_MS and cost <= PLAIN:
        cost /= 2
    return cost
