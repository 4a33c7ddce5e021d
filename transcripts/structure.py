"""What people do to segments as such: split, merge, move, insert and delete them."""

import math
from collections.abc import Iterable, Mapping

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.alignment import align, clamp, divide, fit, is_in_step, is_spaceless, starts
from transcripts.editing import TEXT_LENGTH, check_length, words_said
from transcripts.finding import utf16
from transcripts.labels import clean_text
from transcripts.models import Revision, Segment, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act

Kind = Revision.Kind

# Seconds that a segment has at least, when somebody moves its boundaries.
SHORTEST = 0.05


def split(transcript: Transcript, author: User, pk: int, version: int, at: int) -> Act:
    """Cut a segment in two at the word boundary nearest to `at`, counted as browsers do."""
    with revisions.record(transcript, author, Kind.SPLIT) as act:
        segment = act.segment(pk, version)
        text = segment.text
        place = nearest(text, at)
        if place is None:
            raise Refused("There is nothing to split here: put the caret between two words.")
        words = clamp(words_of(segment), segment.start, segment.end)
        left, right = divide(words, text, place)
        middle = left[-1][2]
        act.put({"id": pk, "text": text[:place].strip(), "words": left, "end": middle, "is_edited": True})
        act.put(
            {
                "position": act.place_after(segment)[0],
                "start": max(middle, right[0][1]),
                "end": segment.end,
                "text": text[place:].strip(),
                "words": right,
                "speaker": segment.speaker.number if segment.speaker else None,
            }
        )
    return act


def merge(transcript: Transcript, author: User, pk: int, version: int) -> Act:
    """Join a segment to the one before it."""
    with revisions.record(transcript, author, Kind.MERGE) as act:
        segment = act.segment(pk, version)
        before = neighbour(act, segment, -1)
        if before is None:
            raise Refused("There is no segment before this one to merge it with.")
        text = joined(before.text, segment.text)
        if len(text) > TEXT_LENGTH:
            raise Refused(f"Together they would have more than {TEXT_LENGTH:,} characters: split one first.")
        start, end = min(before.start, segment.start), max(before.end, segment.end)
        words = clamp([*words_of(before), *words_of(segment)], start, end)
        act.put(
            {"id": before.pk, "text": text, "words": words, "start": start, "end": end, "is_edited": True}
        )
        act.remove(segment)
    return act


def move(transcript: Transcript, author: User, pk: int, version: int, start: float, end: float) -> Act:
    """Give a segment other bounds; a neighbour that they would newly overlap is moved along."""
    with revisions.record(transcript, author, Kind.BOUNDARY) as act:
        segment = act.segment(pk, version, ("start", "end"))
        start, end = bounds(transcript, start, end)
        if end - start < SHORTEST:
            raise Refused("A segment must end after it starts.")
        before, behind = neighbour(act, segment, -1), neighbour(act, segment, 1)
        if before and before.end <= segment.start and before.end > start:
            act.put(bounded(before, before.start, start))
        if behind and behind.start >= segment.end and behind.start < end:
            act.put(bounded(behind, end, behind.end))
        act.put(bounded(segment, start, end))
    return act


def insert(
    transcript: Transcript, author: User, after: int | None, start: float, end: float, text: str
) -> Act:
    """Put a new segment behind another one, or before all."""
    with revisions.record(transcript, author, Kind.INSERT) as act:
        previous = act.all_segments([after])[0] if after is not None else None
        start, end = bounds(transcript, start, end)
        text = clean_text(text)
        check_length(text)
        said = words_said(transcript, start, end)
        act.put(
            {
                "position": act.place_after(previous)[0],
                "start": start,
                "end": end,
                "text": text,
                "words": align([], text, start, end, said=said),
            }
        )
    return act


def delete(
    transcript: Transcript, author: User, pks: Iterable[int], versions: Mapping[int, int] | None = None
) -> Act:
    """Remove segments; those that are gone already do not matter.

    Args: versions: those that the author has seen, of each key.
    Raises: Conflict: somebody changed the text of one since.
    """
    with revisions.record(transcript, author, Kind.DELETE) as act:
        act.see_unchanged(versions or {})
        for pk in pks:
            act.remove(pk)
    return act


def neighbour(act: Act, segment: Segment, step: int) -> Segment | None:
    """Return the segment before (-1) or behind (1) another one."""
    segments = act.transcript.segments.select_related("speaker")
    if step < 0:
        return segments.filter(position__lt=segment.position).order_by("-position").first()
    return segments.filter(position__gt=segment.position).order_by("position").first()


def bounds(transcript: Transcript, start: float, end: float) -> tuple[float, float]:
    """Return both within the recording.

    Raises: Refused: they are no stretch of time.
    """
    if not (math.isfinite(start) and math.isfinite(end)) or end < start:
        raise Refused("A segment must end after it starts.")
    latest = transcript.recording.duration or math.inf
    return round(min(max(start, 0.0), latest), 3), round(min(max(end, 0.0), latest), 3)


def bounded(segment: Segment, start: float, end: float) -> revisions.Row:
    """Return the row that gives a segment other bounds."""
    if end - start < SHORTEST:
        raise Refused("The segment beside it would have no time left: merge or delete it instead.")
    words = fit(words_of(segment), start, end, words_said(segment.transcript, start, end))
    return {"id": segment.pk, "start": start, "end": end, "words": words, "is_edited": True}


def words_of(segment: Segment) -> list[list]:
    """Return words that are those of its text: imported text has none, and old corrections may differ."""
    if is_in_step(segment.words, segment.text):
        return segment.words
    return align(segment.words, segment.text, segment.start, segment.end)


def nearest(text: str, at: int) -> int | None:
    """Return where the word begins that is nearest to the browser's offset, if that is within the text."""
    if not 0 < at < utf16(text, len(text)):
        return None
    return min(starts(text)[1:], key=lambda place: abs(utf16(text, place) - at), default=None)


def joined(left: str, right: str) -> str:
    """Return both texts as one: with a space between, where the script writes one."""
    is_close = left and right and is_spaceless(left[-1]) and is_spaceless(right[0])
    return (left + right if is_close else f"{left} {right}").strip()
