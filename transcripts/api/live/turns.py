"""Which words belong to which turn of a conversation."""

from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from transcripts.api.spoken import Said

# Seconds of silence after which no span of a live recording is open any more.
SETTLED_SECONDS = 1.0
# The longest span of a live recording, and what its cut may wait for.
SPAN_SECONDS = 7.0


@dataclass(eq=False)
class Turn:
    """What one speaks between two silences. Times are seconds of the recording."""

    start: float
    end: float | None = None
    said: list[Said] = field(default_factory=list)
    is_complete: bool = False
    # Its sender wants no text of it.
    is_dropped: bool = False

    @property
    def text(self) -> str:
        return " ".join(piece.text for piece in self.said)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a recording has been heard."""

    prepared_until: float
    # The start of the first span that nobody has heard yet.
    first_open: float | None
    # The end of the last span.
    last_end: float
    said: tuple[Said, ...]
    is_heard: bool


def is_settled(turn: Turn, following: Turn | None, reading: Reading) -> bool:
    """Whether all that was said in a turn is known."""
    if turn.end is None or (reading.first_open is not None and reading.first_open < turn.end):
        return False
    if reading.is_heard or reading.last_end >= turn.end:
        return True
    is_quiet = following is None or following.start >= turn.end + SETTLED_SECONDS
    return reading.prepared_until >= turn.end + (SETTLED_SECONDS if is_quiet else SPAN_SECONDS)


def divided(said: Said, turns: list[Turn]) -> list[tuple[Turn, Said]]:
    """Return what of a segment was said in each of the turns, of which there is at least one."""

    def turn_at(middle: float) -> int:
        return sum(middle > _border(*pair) for pair in pairwise(turns))

    if not said.words:
        return [(turns[turn_at((said.start + said.end) / 2)], said)]
    groups = groupby(said.words, lambda word: turn_at((word.start + word.end) / 2))
    parts = [(turns[number], tuple(words)) for number, words in groups]
    if len(parts) == 1:
        return [(parts[0][0], said)]
    return [
        (
            turn,
            replace(said, words=w, start=w[0].start, end=w[-1].end, text="".join(x.text for x in w).strip()),
        )
        for turn, w in parts
    ]


def _border(turn: Turn, following: Turn) -> float:
    return ((turn.end or following.start) + following.start) / 2
