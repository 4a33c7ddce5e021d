"""When subtitles come and go."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol

from transcripts.exports.profiles import Profile

# How far a subtitle may be from what is said, for the sake of being read.
LEAD_MS = 500
LAG_MS = 1500
# A shorter pause between two subtitles only flickers: the first stays until the second comes.
FLICKER_MS = 500


class Timed(Protocol):
    start_ms: int
    end_ms: int

    @property
    def columns(self) -> int: ...


def schedule(cues: Sequence[Timed], profile: Profile, duration_ms: int) -> None:
    """Set the times of subtitles in the order in which they begin to be spoken.

    From the last to the first it is found until when each must come so that those after it can be read in
    time; then each comes when it is spoken, or as much earlier or later as that asks.

    Args: duration_ms: of the recording, after whose end nothing is seen; 0 where it is not known.
    """
    gap, shortest, longest = (round(s * 1000) for s in (profile.gap, profile.shortest, profile.longest))
    needs = [min(longest, max(shortest, _reading_ms(cue, profile))) for cue in cues]
    spoken = [(cue.start_ms, cue.end_ms) for cue in cues]
    due = _due(spoken, needs, gap, duration_ms)
    earliest = 0
    for index, cue in enumerate(cues):
        start, end = spoken[index]
        cue.start_ms = max(earliest, start - LEAD_MS, min(start, due[index]))
        latest = start + LAG_MS
        if index and cue.start_ms > latest:
            # Too fast to be read: the one before has to go, though not before its shortest time.
            cue.start_ms = max(latest, cues[index - 1].start_ms + min(needs[index - 1], shortest) + gap)
        cue.end_ms = min(max(end, cue.start_ms + needs[index]), cue.start_ms + longest)
        earliest = cue.start_ms + needs[index] + gap
    for cue, following in pairwise(cues):
        _part(cue, following, gap, longest)


def _reading_ms(cue: Timed, profile: Profile) -> int:
    # Rounded up, so that the speed is never over the limit by a rounding.
    return -int(-cue.columns * 1000 // profile.reading_speed)


def _due(spoken: list[tuple[int, int]], needs: list[int], gap: int, duration_ms: int) -> list[int]:
    """Return until when each must come for all after it to come in time."""
    due = [start + LAG_MS for start, _ in spoken]
    following = max(duration_ms, spoken[-1][1]) + gap if spoken and duration_ms else None
    for index in reversed(range(len(spoken))):
        if following is not None:
            due[index] = min(due[index], following - gap - needs[index])
        following = due[index]
    return due


def _part(cue: Timed, following: Timed, gap: int, longest: int) -> None:
    """End the one as long before the other as there must be, or as there need not be more."""
    latest = max(following.start_ms - gap, cue.start_ms + 1)
    if cue.end_ms > latest - FLICKER_MS:
        cue.end_ms = min(latest, cue.start_ms + longest)
