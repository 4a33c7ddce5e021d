"""What a page knows of its segments beside their text, as columns: between the text they would weigh more."""

from collections.abc import Iterable
from typing import Any

from transcripts.models import Segment


def columns_of(segments: Iterable[Segment]) -> dict[str, list[Any]]:
    """Return one list for each fact, in the segments' order.

    Keys, positions and starts are differences to the segment before; times are milliseconds.
    """
    rows = [
        (s.pk, s.position, round(s.start * 1000), round((s.end - s.start) * 1000), s.version, s.speaker)
        for s in segments
    ]
    keys, positions, starts, lengths, versions, speakers = zip(*rows, strict=True) if rows else [()] * 6
    return {
        "keys": steps(keys),
        "positions": steps(positions),
        "starts": steps(starts),
        "lengths": list(lengths),
        "versions": list(versions),
        "speakers": [speaker.number if speaker else 0 for speaker in speakers],
    }


def steps(numbers: Iterable[int]) -> list[int]:
    before, found = 0, []
    for number in numbers:
        found.append(number - before)
        before = number
    return found


def words_of(segments: Iterable[Segment]) -> dict[int, list[Any]]:
    """Return version, words' times and words' lengths of each segment by its key."""
    return {s.pk: [s.version, s.word_times, s.word_lengths] for s in segments}
