"""Where segments stand before people move anything: numbers in order, with room between them.

A span's segments have a stretch of POSITIONS_PER_SPAN numbers to themselves, so that spans may be heard in
any order. Where each channel is heard for itself the spans of several go on at the same time: then each tenth
of a second has such a stretch for every channel, and the segments stand in the order of time at once. A day
of eight channels stays below 2**53, which is as far as browsers count.
"""

from django.db.models import F, Q, QuerySet

from transcripts.engine.base import MAX_CHANNELS
from transcripts.models.span import Span
from transcripts.models.transcript import POSITION_STEP, POSITIONS_PER_SPAN

POSITIONS_PER_MS = POSITIONS_PER_SPAN // 100


def segment_position(span: Span, start: float, number: int) -> int:
    """Return the position of a segment of the span, its `number`th, which begins at `start`."""
    if span.channel is None:
        return span.position * POSITIONS_PER_SPAN + number * POSITION_STEP
    # Within its span, whatever the engine says: another one of the channel may begin at its end.
    ms = min(max(_ms(start), _ms(span.start)), _ms(span.end) - 1)
    return stretch_at(ms, span.channel) * POSITIONS_PER_SPAN + ms % 100 * POSITIONS_PER_MS + number


def stretch_at(ms: int, channel: int) -> int:
    """Return the number of the stretch of positions for a channel's segments that begin about then."""
    return ms // 100 * MAX_CHANNELS + channel


def channel_of(position: int) -> int:
    """Return the channel of a segment of a recording whose channels are heard for themselves."""
    return position // POSITIONS_PER_SPAN % MAX_CHANNELS


def first_position(span: Span) -> int:
    """Return the lowest position that a segment of the span may have."""
    if span.channel is None:
        return span.position * POSITIONS_PER_SPAN
    return stretch_at(_ms(span.start), span.channel) * POSITIONS_PER_SPAN


def among(span: Span, segments: QuerySet) -> QuerySet:
    """Return those of a transcript's segments that stand where the span's own do."""
    if span.channel is None:
        first = first_position(span)
        return segments.filter(position__gte=first, position__lt=first + POSITIONS_PER_SPAN)
    last = stretch_at(_ms(span.end) - 1, span.channel) * POSITIONS_PER_SPAN
    found = segments.annotate(place_channel=F("position") / POSITIONS_PER_SPAN % MAX_CHANNELS)
    within = Q(position__gte=first_position(span), position__lt=last + POSITIONS_PER_SPAN)
    return found.filter(within, place_channel=span.channel)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
