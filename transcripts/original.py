"""What the engine first said, beside the text as it stands."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

from transcripts.history import Stretch, difference
from transcripts.models import Hypothesis, Transcript
from transcripts.positions import channel_of, first_position


@dataclass(frozen=True)
class Pair:
    """A span's text as the engine gave it and as it stands: "delete" was, and "insert" came."""

    start: float
    words: list[Stretch]

    @property
    def is_changed(self) -> bool:
        return any(stretch.kind != "equal" for stretch in self.words)


def pairs(transcript: Transcript) -> list[Pair]:
    """Return a pair for each span in which there was or is text."""
    hypotheses = list(transcript.hypotheses.select_related("span"))
    now = texts_now(transcript, [place_of(h) for h in hypotheses])
    found = [
        Pair(h.span.start, difference(" ".join(s["text"] for s in h.segments), " ".join(now[place_of(h)])))
        for h in hypotheses
        if h.state == Hypothesis.State.DONE
    ]
    return [pair for pair in found if pair.words]


# A channel, or None for all of them together, and a position.
Place = tuple[int | None, int]


def place_of(hypothesis: Hypothesis) -> Place:
    return hypothesis.span.channel, first_position(hypothesis.span)


def texts_now(transcript: Transcript, firsts: list[Place]) -> dict[Place, list[str]]:
    """Return the segments' texts by where the span begins in which they stand."""
    firsts = sorted(firsts)
    is_apart = transcript.recording.is_multichannel
    now: dict[Place, list[str]] = defaultdict(list)
    for position, text in transcript.segments.order_by("position").values_list("position", "text"):
        place = channel_of(position) if is_apart else None, position
        if index := bisect_right(firsts, place):
            now[firsts[index - 1]].append(text)
    return now
