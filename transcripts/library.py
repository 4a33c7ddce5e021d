"""What a library shows: the recordings that somebody may see, narrowed down and in an order."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from transcripts.models import Membership, Recording, Speaker, Transcript
from transcripts.models.recording import RecordingQuerySet
from transcripts.rows import Row, rows_of
from transcripts.search import find, hits

PAGE_SIZE = 20
EMPTY = Q(
    state=Recording.State.RECEIVING,
    bytes_received=0,
    source__in=(Recording.Source.MICROPHONE, Recording.Source.UPLOAD),
)

ORDERS: dict[str, tuple[Any, ...]] = {
    "newest": ("-created_at", "-pk"),
    "oldest": ("created_at", "pk"),
    "title": ("title_words", "-created_at"),
    "longest": (F("duration").desc(nulls_last=True), "-created_at"),
    "shortest": (F("duration").asc(nulls_last=True), "-created_at"),
}
# Seconds.
LENGTHS = {"short": (0, 300), "middle": (300, 1800), "long": (1800, 7200), "longest": (7200, 10**9)}
STATES = {
    "active": {state for state in Recording.State if state not in Recording.TERMINAL_STATES},
    "done": {Recording.State.DONE},
    "failed": {Recording.State.FAILED},
    "cancelled": {Recording.State.CANCELLED},
}


@dataclass(frozen=True)
class Wish:
    """What somebody wants to see. Empty fields narrow nothing down."""

    query: str = ""
    tags: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    language: str = ""
    state: str = ""
    source: str = ""
    length: str = ""
    speaker: str = ""
    whose: str = ""
    order: str = ""

    @property
    def is_ranked(self) -> bool:
        """What was looked for is shown best first, unless another order is asked for."""
        return bool(self.query) and not self.order


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    number: int
    has_next: bool
    # None where they are too many to count.
    count: int | None

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def pages(self) -> int | None:
        return None if self.count is None else max(1, -(-self.count // PAGE_SIZE))


def page_of(user: Any, wish: Wish, number: int = 1) -> Page:
    """Return one page of what the user may see; the last one where there are fewer."""
    order = ORDERS.get(wish.order, ORDERS["newest"])
    recordings = filtered(visible(user, wish.whose), wish).order_by(*order).select_related("owner")
    selection = find(user, recordings, wish.query, ranked=wish.is_ranked)
    if selection.count is not None:
        number = min(number, max(1, -(-selection.count // PAGE_SIZE)))
    start = (number - 1) * PAGE_SIZE
    # One more tells whether there is a next page.
    found = selection.slice(start, start + PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    rows = rows_of(shown, viewer=user, hits=hits(shown, wish.query))
    return Page(rows, number, len(found) > PAGE_SIZE, selection.count)


def visible(user: Any, whose: str = "") -> RecordingQuerySet:
    """Return what lists show: of `reachable`, all but what programs sent with keys that keep it out.

    Of what is sent there is nothing to see before its first bytes are here, which may never come.
    """
    return reachable(user, whose).filter(~EMPTY, is_listed=True)


def reachable(user: Any, whose: str = "") -> RecordingQuerySet:
    """Return the user's own recordings, and others' that they are a member of."""
    if whose == "shared":
        return Recording.objects.shared_with(user)
    # Without the others' the index of the owner's gives them in their order.
    if whose == "mine" or not Membership.objects.of(user).exists():
        return Recording.objects.of(user)
    return Recording.objects.visible_to(user)


def filtered(recordings: RecordingQuerySet, wish: Wish) -> RecordingQuerySet:
    for name in wish.tags:
        recordings = recordings.filter(tags__name=name)
    if wish.after:
        recordings = recordings.filter(created_at__gte=_midnight(wish.after))
    if wish.before:
        recordings = recordings.filter(created_at__lt=_midnight(wish.before) + timedelta(days=1))
    if wish.state in STATES:
        recordings = recordings.filter(state__in=STATES[wish.state])
    if wish.source:
        recordings = recordings.filter(source=wish.source)
    if wish.length in LENGTHS:
        shortest, longest = LENGTHS[wish.length]
        recordings = recordings.filter(duration__gte=shortest, duration__lt=longest)
    return recordings.filter(_in_transcript(wish))


def _in_transcript(wish: Wish) -> Q:
    condition = Q()
    if wish.language:
        spoken = Transcript.objects.filter(base=None, language=wish.language)
        condition &= Q(pk__in=spoken.values("recording"))
    if wish.speaker:
        named = Speaker.objects.filter(name__icontains=wish.speaker, transcript__base=None)
        condition &= Q(pk__in=named.values("transcript__recording"))
    return condition


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
