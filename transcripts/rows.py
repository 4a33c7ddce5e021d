"""Recordings as lists and status lines show them. Everything is resolved here; templates only print."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, prefetch_related_objects

from transcripts import speech
from transcripts.engine.languages import LANGUAGES
from transcripts.models import Recording, Rerun, Segment, Transcript
from transcripts.models.transcript import POSITION_STEP, POSITIONS_PER_SPAN
from transcripts.positions import stretch_at
from transcripts.progress import Progress, progress_of, rerun_progress
from transcripts.search import Hit

FIRST_WORDS = 160  # characters
# Where they are looked for: short spans hold a sentence, long ones a dozen.
FIRST_SPANS = 4
FIRST_SEGMENTS = 4
# Where channels are heard for themselves, their segments stand by time.
FIRST_MS = 30_000


@dataclass(frozen=True)
class Row:
    recording: Recording
    transcript: Transcript | None
    first_words: str
    progress: Progress
    waits_for_model: bool
    tags: tuple[str, ...] = ()
    # Sentences with what was looked for.
    hits: tuple[Hit, ...] = ()
    is_own: bool = True
    # The run over it that is under way, or has just ended.
    rerun: Rerun | None = None
    rerun_progress: Progress | None = None

    @property
    def says_text(self) -> bool:
        return bool(self.hits or self.first_words)

    @property
    def is_archive(self) -> bool:
        """Other recordings come out of it."""
        return self.recording.file_name.lower().endswith(".zip")

    @property
    def language_name(self) -> str:
        code = self.transcript.language if self.transcript else self.recording.language
        return LANGUAGES.get(code, "").title()

    @property
    def is_demo(self) -> bool:
        return bool(self.transcript and self.transcript.is_demo)

    @property
    def can_finish(self) -> bool:
        """Its page went away while recording: what came can be transcribed."""
        return (
            self.is_own
            and not self.recording.comes_from_link
            and self.recording.state == Recording.State.RECEIVING
            and self.recording.bytes_received > 0
        )

    @property
    def can_cancel(self) -> bool:
        cancellable = Recording.ACTIVE_STATES - {Recording.State.RECEIVING}
        if self.recording.comes_from_link:
            cancellable |= {Recording.State.RECEIVING}
        return self.is_own and self.recording.state in cancellable

    @property
    def can_retry(self) -> bool:
        return self.is_own and self.recording.state in {Recording.State.FAILED, Recording.State.CANCELLED}

    @property
    def can_rerun(self) -> bool:
        """Made with the demonstration model, and a real one is here now."""
        done = self.recording.state == Recording.State.DONE and not (self.rerun and self.rerun.is_open)
        return self.is_own and done and self.is_demo and not speech.serving(self.recording.task).is_demo


def rows_of(
    recordings: Iterable[Recording], *, viewer: Any = None, hits: Mapping[UUID, Sequence[Hit]] | None = None
) -> list[Row]:
    """Return a row a recording; the number of queries does not grow with them.

    Args: viewer: who looks at them, where they may be somebody else's.
    """
    recordings = list(recordings)
    prefetch_related_objects(recordings, "tags")
    transcripts = {t.recording_id: t for t in _transcripts(recordings)}
    # Where sentences were found, they are shown instead.
    begun = [t for t in transcripts.values() if not (hits or {}).get(t.recording_id)]
    words = _first_words(begun, {r.pk for r in recordings if r.is_multichannel})
    resting = speech.resting()
    progress = progress_of(recordings)
    reruns = {r.recording_id: r for r in Rerun.objects.recent().filter(recording__in=recordings)}
    return [
        Row(
            recording=recording,
            transcript=(transcript := transcripts.get(recording.pk)),
            first_words=words.get(transcript.pk, "") if transcript else "",
            progress=progress[recording.pk],
            waits_for_model=recording.is_active and resting.holds_up(recording.model, recording.task),
            tags=tuple(tag.name for tag in recording.tags.all()),
            hits=tuple((hits or {}).get(recording.pk, ())),
            is_own=viewer is None or recording.owner_id == viewer.pk,
            rerun=(rerun := reruns.get(recording.pk)),
            rerun_progress=rerun_progress(rerun) if rerun and rerun.is_open else None,
        )
        for recording in recordings
    ]


def row_of(recording: Recording, *, is_own: bool = True) -> Row:
    return replace(rows_of([recording])[0], is_own=is_own)


def _transcripts(recordings: list[Recording]) -> Iterable[Transcript]:
    # Later ones replace earlier ones of the same recording in the caller's dict.
    return Transcript.objects.filter(recording__in=recordings, base=None).order_by("pk")


def _texts(segments: QuerySet[Segment]) -> dict[int, str]:
    words: dict[int, str] = {}
    for transcript_id, text in segments.order_by("position").values_list("transcript", "text"):
        words[transcript_id] = f"{words.get(transcript_id, '')} {text}".strip()
    return words


def _first_words(transcripts: Collection[Transcript], channels: Set[UUID]) -> dict[int, str]:
    """Return how each text begins. `channels`: recordings whose channels are heard for themselves."""
    firsts = Segment.objects.annotate(place=F("position") % POSITIONS_PER_SPAN).filter(
        transcript__in=list(transcripts),
        position__lt=FIRST_SPANS * POSITIONS_PER_SPAN,
        place__lt=FIRST_SEGMENTS * POSITION_STEP,
    )
    words = _texts(firsts)
    if apart := [t for t in transcripts if t.recording_id in channels]:
        end = stretch_at(FIRST_MS, 0) * POSITIONS_PER_SPAN
        words |= _texts(Segment.objects.filter(transcript__in=apart, position__lt=end))
    return {
        pk: text if len(text) <= FIRST_WORDS else text[: FIRST_WORDS - 1] + "…" for pk, text in words.items()
    }
