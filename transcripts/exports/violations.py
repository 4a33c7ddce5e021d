"""Where subtitles do not keep to their profile."""

from dataclasses import dataclass
from itertools import pairwise

from transcripts.exports.characters import width
from transcripts.exports.cues import Cue
from transcripts.exports.profiles import Profile

# Files write milliseconds.
ROUNDING_MS = 1


@dataclass(frozen=True, slots=True)
class Violation:
    """`segment` is the index of the document's segment that the subtitle begins in."""

    start_ms: int
    segment: int
    sentence: str


def violations(cues: list[Cue], profile: Profile) -> list[Violation]:
    found = [_violation(cue, sentence) for cue in cues for sentence in _of_one(cue, profile)]
    for cue, following in pairwise(cues):
        gap_ms = following.start_ms - cue.end_ms
        if gap_ms < 0:
            found.append(_violation(following, "It comes before the subtitle before it has gone."))
        elif gap_ms + ROUNDING_MS < profile.gap * 1000:
            found.append(_violation(following, f"It comes {gap_ms} ms after the one before: too soon."))
    return sorted(found, key=lambda violation: violation.start_ms)


def _violation(cue: Cue, sentence: str) -> Violation:
    return Violation(cue.start_ms, cue.segment, sentence)


def _of_one(cue: Cue, profile: Profile) -> list[str]:
    found = []
    seconds = (cue.end_ms - cue.start_ms) / 1000
    rounding = ROUNDING_MS / 1000
    if len(cue.lines) > profile.lines:
        found.append(f"It has {len(cue.lines)} lines; {profile.lines} are allowed.")
    longest_line = max(map(width, cue.lines))
    if longest_line > profile.line_length:
        found.append(f"A line has {longest_line} characters; {profile.line_length} are allowed.")
    if cue.columns > profile.reading_speed * (seconds + rounding):
        speed = cue.columns / max(seconds, rounding)
        found.append(f"{speed:.1f} characters a second are too fast; {profile.reading_speed:g} are allowed.")
    if seconds + rounding < profile.shortest:
        found.append(f"It stays {seconds:.2f} s; {profile.shortest:g} s is the shortest.")
    if seconds - rounding > profile.longest:
        found.append(f"It stays {seconds:.2f} s; {profile.longest:g} s is the longest.")
    return found
