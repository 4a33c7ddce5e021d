"""Where segments stand: numbers with room between them, so that others can come between."""

from typing import Any

from django.db.models import F

from transcripts.models import Segment, Transcript
from transcripts.models.transcript import POSITION_STEP, POSITIONS_PER_SPAN

# Beyond every position: where rows wait while the others are moved, since no two may share one.
BEYOND = 10**17


def behind(transcript: Transcript, segment: Segment | None, count: int = 1) -> tuple[list[int], set[int]]:
    """Return free positions between a segment, or the start, and the next; and which segments were moved.

    The order never changes: where there is no room, the segments of that span are spread out first.
    """
    moved: set[int] = set()
    left, right = _gap(transcript, segment)
    if right - left <= count:
        moved = _spread(transcript, right if segment is None else left, count)
        if segment is not None:
            segment.refresh_from_db(fields=["position"])
        left, right = _gap(transcript, segment)
    step = min((right - left) // (count + 1), POSITION_STEP)
    return [left + (number + 1) * step for number in range(count)], moved


def _gap(transcript: Transcript, segment: Segment | None) -> tuple[int, int]:
    """Return the positions between which there is nothing, in the span that the segment stands in.

    Other spans may be heard later, and their segments come with positions of their own.
    """
    positions = transcript.segments.order_by("position").values_list("position", flat=True)
    left = segment.position if segment else -1
    following = positions.filter(position__gt=left).first()
    if segment is None:
        if following is None:
            return left, POSITIONS_PER_SPAN
        return max(left, _first(following) - 1), following
    end = _first(left) + POSITIONS_PER_SPAN
    return left, end if following is None else min(following, end)


def _first(position: int) -> int:
    """Return the first position of the same span."""
    return position - position % POSITIONS_PER_SPAN


def _spread(transcript: Transcript, position: int, count: int) -> set[int]:
    """Give the segments of the span at this position even gaps, with room for `count` in each."""
    first = _first(position)
    rows = transcript.segments.filter(position__gte=first, position__lt=first + POSITIONS_PER_SPAN)
    segments = list(rows.order_by("position").only("pk", "position"))
    step = POSITIONS_PER_SPAN // (len(segments) + 1)
    if step <= count:
        raise ValueError("More segments than a span has places.")
    rows.update(position=F("position") + BEYOND)
    for number, segment in enumerate(segments, 1):
        segment.position = first + number * step
    Segment.objects.bulk_update(segments, ["position"])
    return {segment.pk for segment in segments}


def free(transcript: Transcript, rows: list[dict[str, Any]]) -> tuple[list[int], set[int]]:
    """Return the positions that the rows ask for, or where one is taken, the next place in time."""
    wanted = [row["position"] for row in rows]
    taken = {s.position: s for s in transcript.segments.filter(position__in=wanted)}
    moved: set[int] = set()
    positions = []
    for row in rows:
        position = row["position"]
        if position in taken or position in positions:
            earlier = transcript.segments.filter(start__lte=row["start"]).order_by("position").last()
            [position], others = behind(transcript, earlier)
            moved |= others
        positions.append(position)
    return positions, moved
