"""Find and replace over transcripts: each hit in its context, and one revision a transcript."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from uuid import UUID, uuid4

from django.db import transaction

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.alignment import Word
from transcripts.editing import MARGIN, corrected, words_said
from transcripts.finding import MAX_HITS, Finder, Hit, Query, replaced, utf16
from transcripts.labels import clean_text
from transcripts.models import Recording, Revision, Segment, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act

# Transcripts whose segments are asked for at once.
BATCH = 200
# Characters on either side of a hit that are shown with it.
CONTEXT = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A hit in its context, as a list shows it. Offsets are the browser's."""

    segment_id: int
    at: float
    start: int
    end: int
    before: str
    found: str
    replacement: str
    after: str


@dataclass(frozen=True, slots=True)
class SegmentHits:
    segment_id: int
    at: float
    text: str
    hits: list[Hit]

    def places(self) -> Iterator[Place]:
        for hit in self.hits:
            before, after = self.text[: hit.start], self.text[hit.end :]
            yield Place(
                segment_id=self.segment_id,
                at=self.at,
                start=utf16(self.text, hit.start),
                end=utf16(self.text, hit.end),
                before=before if len(before) <= CONTEXT else "…" + before[-CONTEXT:],
                found=self.text[hit.start : hit.end],
                replacement=hit.replacement,
                after=after if len(after) <= CONTEXT else after[:CONTEXT] + "…",
            )


@dataclass(slots=True)
class TranscriptHits:
    transcript: Transcript
    segments: list[SegmentHits] = field(default_factory=list)

    @property
    def recording(self) -> Recording:
        return self.transcript.recording

    @property
    def count(self) -> int:
        return sum(len(segment.hits) for segment in self.segments)

    def places(self, most: int) -> list[Place]:
        return list(islice((place for segment in self.segments for place in segment.places()), most))


def current_transcripts(user: User) -> list[Transcript]:
    """Return the transcript that is read of each of the user's recordings, newest recording first."""
    listed = Recording.objects.of(user).filter(is_listed=True)
    transcripts = Transcript.objects.filter(base=None, recording__in=listed)
    rows = transcripts.select_related("recording").order_by("-recording__created_at", "recording_id", "pk")
    return list({transcript.recording_id: transcript for transcript in rows}.values())


def find(finder: Finder, transcripts: Sequence[Transcript]) -> list[TranscriptHits]:
    """Return the hits of those transcripts that have any.

    Raises: Refused: there are too many, or it took too long.
    """
    found: list[TranscriptHits] = []
    count = 0
    for first in range(0, len(transcripts), BATCH):
        by_pk = {row.pk: TranscriptHits(row) for row in transcripts[first : first + BATCH]}
        for pk, segment_id, at, text in _candidates(finder.query, list(by_pk)):
            hits = finder.hits(text)
            if hits:
                by_pk[pk].segments.append(SegmentHits(segment_id, at, text, hits))
            count += len(hits)
            if count > MAX_HITS:
                raise Refused(f"There are more than {MAX_HITS:,} places: look for something more exact.")
        found += [hits for hits in by_pk.values() if hits.segments]
    return found


def replace(
    finder: Finder,
    transcript: Transcript,
    author: User,
    *,
    only: tuple[int, int] | None = None,
    group: UUID | None = None,
) -> tuple[Act, int]:
    """Replace what is found as one revision; return it, and how many places that were.

    Args:
        only: the segment and the browser's offset of the one hit that shall be replaced.
        group: that of what is replaced in other transcripts at once.
    Raises: Refused: a text would be too long, there are too many hits, or it took too long.
    """
    with revisions.record(transcript, author, Revision.Kind.REPLACE) as act:
        act.group = group
        found = find(finder, [transcript])
        chosen = {s.segment_id: _chosen(s, only) for hits in found for s in hits.segments}
        segments = act.all_segments(pk for pk, hits in chosen.items() if hits)
        for segment, said in zip(segments, _said_around(transcript, segments), strict=True):
            text = clean_text(replaced(segment.text, chosen[segment.pk]))
            if text != segment.text:
                act.put(corrected(segment, text, said))
    return act, sum(map(len, chosen.values()))


def replace_everywhere(query: Query, user: User) -> list[tuple[Act, int]]:
    """Replace in all of the user's own transcripts that have a hit, as one group of revisions.

    Raises: Refused: it is not possible in one of them; then nothing was replaced in any.
    """
    found = find(Finder(query), current_transcripts(user))
    group = uuid4() if len(found) > 1 else None
    with transaction.atomic():
        return [replace(Finder(query), hits.transcript, user, group=group) for hits in found]


def _said_around(transcript: Transcript, segments: list[Segment]) -> Iterator[list[Word]]:
    """Return the engine's words around each segment, all of which are asked for at once."""
    if not segments:
        return
    start, end = min(s.start for s in segments), max(s.end for s in segments)
    words = sorted(words_said(transcript, start, end), key=itemgetter(1))
    starts = [word[1] for word in words]
    for segment in segments:
        first = bisect_left(starts, segment.start - MARGIN)
        yield words[first : bisect_right(starts, segment.end + MARGIN)]


def _chosen(found: SegmentHits, only: tuple[int, int] | None) -> list[Hit]:
    if only is None:
        return found.hits
    return [hit for hit in found.hits if (found.segment_id, utf16(found.text, hit.start)) == only]


def _candidates(query: Query, transcripts: list[int]) -> Iterator[tuple[int, int, float, str]]:
    """Return the segments that may hold a hit, in the order of the transcripts and their positions."""
    segments = Segment.objects.filter(transcript__in=transcripts)
    if needle := ascii_part(query):
        # What the database folds of letters beyond English differs: it is asked for the rest only.
        segments = segments.filter(text__icontains=needle)
    segments = segments.order_by("transcript_id", "position")
    return segments.values_list("transcript_id", "pk", "start", "text").iterator()


def ascii_part(query: Query) -> str:
    """Return the longest stretch of English letters that every hit has; empty where nothing is sure."""
    if query.is_regex:
        return ""
    return max(re.findall(r"[0-9A-Za-z ]+", query.text), key=len, default="")
