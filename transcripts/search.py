"""Finds recordings by what is said in them, and by their titles.

All terms have to be in one sentence, or in the title. Where that is so in few places, the recordings are
known, counted and ranked; where it is so in many, recordings are looked through in the order that is asked
for until a page is full: what the page costs does not grow with how much there is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q

from transcripts import search_index
from transcripts.models import Recording, Segment, Transcript
from transcripts.models.recording import RecordingQuerySet
from transcripts.search_terms import QUOTES, Term, found_in, parse

# In more places than this, recordings are neither counted nor ranked.
MANY = 1000
# Recordings that are looked through at once, and for one page at most.
BATCH = 40
MOST_WALKED = 2000
# Recordings of others that are searched for their member.
MOST_SHARED = 1000
HITS = 3
EXCERPT = 180  # characters
BEFORE_HIT = 60


class Selection(Protocol):
    """Recordings in an order, of which one page is wanted."""

    # None where they are too many to count.
    count: int | None

    def slice(self, start: int, stop: int) -> list[Recording]: ...


class Listed:
    """All of a queryset."""

    def __init__(self, recordings: RecordingQuerySet) -> None:
        self.recordings = recordings
        self.count: int | None = recordings.count()

    def slice(self, start: int, stop: int) -> list[Recording]:
        return list(self.recordings[start:stop])


class Ranked:
    """Those with the terms in their titles first, then those that hold them most often."""

    def __init__(
        self, recordings: RecordingQuerySet, terms: Sequence[Term], sentences: Counter[UUID]
    ) -> None:
        titles = dict(holding(recordings, terms, sentences).values_list("pk", "title_words"))
        # Sorting keeps the order of equals: the newest first.
        self.pks = sorted(titles, key=lambda pk: (not is_titled(titles[pk], terms), -sentences[pk]))
        self.count: int | None = len(self.pks)

    def slice(self, start: int, stop: int) -> list[Recording]:
        wanted = self.pks[start:stop]
        # By their keys alone: that they are to be seen is known, and SQLite would look for it among all.
        found = Recording.objects.select_related("owner").in_bulk(wanted)
        return [found[pk] for pk in wanted if pk in found]


class Walked:
    """Those of a queryset that hold the terms, found by looking through it."""

    count: int | None = None

    def __init__(self, recordings: RecordingQuerySet, terms: Sequence[Term]) -> None:
        self.recordings = recordings
        self.terms = terms

    def slice(self, start: int, stop: int) -> list[Recording]:
        return list(islice(self._matching(), start, stop))

    def _matching(self) -> Iterator[Recording]:
        for offset in range(0, MOST_WALKED, BATCH):
            batch = list(self.recordings[offset : offset + BATCH])
            if not batch:
                return
            transcripts = recordings_of(Transcript.objects.filter(recording__in=batch))
            places = search_index.within(self.terms, transcripts, 1)
            found = {transcripts[place.transcript_id] for place in places}
            yield from (row for row in batch if row.pk in found or is_titled(row.title_words, self.terms))


def find(user: Any, recordings: RecordingQuerySet, query: str, *, ranked: bool = False) -> Selection:
    """Return those of the user's `recordings` that hold the query; all of them for an empty one."""
    terms = parse(query)
    if not terms:
        # A quotation mark is the beginning of something; other signs are in no text's words.
        return Listed(recordings.none() if query.strip(f" {QUOTES}") else recordings)
    places = search_index.newest(terms, user.pk, _shared_with(user), MANY + 1)
    if places is None or len(places) > MANY:
        return Walked(recordings, terms)
    transcripts = recordings_of(Transcript.objects.filter(pk__in={place.transcript_id for place in places}))
    sentences = Counter(transcripts[pk] for pk, _ in places if pk in transcripts)
    if ranked:
        return Ranked(recordings, terms, sentences)
    return Listed(holding(recordings, terms, sentences))


def holding(recordings: RecordingQuerySet, terms: Sequence[Term], known: Iterable[UUID]) -> RecordingQuerySet:
    """Return those that hold the terms: in their sentences, as is `known` of them, or in their titles."""
    return recordings.filter(Q(pk__in=list(known)) | title_holds(terms))


def recordings_of(transcripts: Any) -> dict[int, UUID]:
    """Return the recording of each transcript, by the transcript's number; runs under way are left out."""
    return dict(transcripts.filter(base=None).values_list("pk", "recording_id"))


def _shared_with(user: Any) -> list[int]:
    # Two steps: in one, SQLite looks through everybody's transcripts for those that are shared.
    shared = Recording.objects.shared_with(user).order_by("-created_at").values_list("pk", flat=True)
    transcripts = Transcript.objects.filter(base=None, recording__in=list(shared[:MOST_SHARED]))
    return list(transcripts.values_list("pk", flat=True))


def title_holds(terms: Sequence[Term]) -> Q:
    condition = Q()
    for term in terms:
        condition &= Q(title_words__contains=_as_in_title(term))
    return condition


def is_titled(title_words: str, terms: Sequence[Term]) -> bool:
    return all(_as_in_title(term) in title_words for term in terms)


def _as_in_title(term: Term) -> str:
    return f" {' '.join(term.words)}{'' if term.is_open else ' '}"


@dataclass(frozen=True)
class Hit:
    """A sentence that holds the terms."""

    start: float
    # Pieces of it, and whether they are what was looked for.
    pieces: tuple[tuple[str, bool], ...]


def hits(recordings: Sequence[Recording], query: str) -> dict[UUID, list[Hit]]:
    """Return the first sentences with the query in each of the recordings."""
    terms = parse(query)
    if not terms:
        return {}
    transcripts = recordings_of(Transcript.objects.filter(recording__in=recordings))
    places = search_index.within(terms, transcripts, HITS)
    segments = Segment.objects.filter(pk__in=[place.segment_id for place in places]).order_by("start")
    found: dict[UUID, list[Hit]] = {}
    for pk, start, text in segments.values_list("transcript", "start", "text"):
        found.setdefault(transcripts[pk], []).append(Hit(start, marked(text, terms)))
    return found


def marked(text: str, terms: tuple[Term, ...]) -> tuple[tuple[str, bool], ...]:
    """Return an excerpt in pieces, of which those with a term say so."""
    places = found_in(text, terms)
    first = places[0][0] if places else 0
    begin = 0 if len(text) <= EXCERPT else max(0, min(first - BEFORE_HIT, len(text) - EXCERPT))
    end = min(len(text), begin + EXCERPT)
    pieces: list[tuple[str, bool]] = [("…", False)] if begin else []
    at = begin
    for start, stop in places:
        if start >= end:
            break
        pieces += [(text[at:start], False), (text[start : min(stop, end)], True)]
        at = min(stop, end)
    pieces += [(text[at:end], False), ("…" if end < len(text) else "", False)]
    return tuple(piece for piece in pieces if piece[0])
