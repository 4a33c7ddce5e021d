"""How far recordings are, and how long they will take.

All that wait share the workers batch by batch, so what is short is done before what is long: a recording
takes as long as it does itself, and as each other does until then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max, Min, Q, Sum
from django.utils import timezone

from transcripts import speech, speeds
from transcripts.models import Hypothesis, Recording, Rerun

State = Recording.State
# Seconds of work on a recording before its own speed is worth an estimate.
SETTLED_SECONDS = 3.0
# Seconds by which text may lag without a word about it: a long sentence is one span, which waits for its end.
USUAL_LAG_SECONDS = 10.0
# Those that wait and are looked at one by one. Beyond them only the place in the queue is known.
MOST_QUEUED = 500
QUEUED_STATES = (State.QUEUED, State.PREPARING, State.TRANSCRIBING)


# Duration, what of it is prepared, and when the work on it began.
Queued = tuple[float | None, float, datetime | None]


@dataclass(frozen=True)
class Progress:
    percent: int | None = None
    seconds_left: float | None = None
    # 1 is next; None once work has begun.
    queue_position: int | None = None
    # By how much the text lags behind what is being spoken, if that is worth telling.
    seconds_behind: float | None = None


@dataclass(frozen=True)
class Work:
    """What is known of a recording that waits or is worked on. Times are seconds of the recording."""

    duration: float | None
    started_at: datetime | None
    done_until: float

    @property
    def missing(self) -> float | None:
        return None if self.duration is None else max(0.0, self.duration - self.done_until)


def progress_of(recordings: Iterable[Recording]) -> dict[UUID, Progress]:
    """Return the progress of each recording, in as many queries for many as for one."""
    recordings = list(recordings)
    if not any(recording.is_active for recording in recordings):
        return {recording.pk: Progress() for recording in recordings}
    queue = queued()
    growing = [recording.pk for recording in recordings if recording.state == State.RECEIVING]
    heard = heard_until([*list(queue)[:MOST_QUEUED], *growing])
    works = {pk: work_of(row, heard.get(pk)) for pk, row in list(queue.items())[:MOST_QUEUED]}
    waiting = [pk for pk, (_, _, started_at) in queue.items() if started_at is None]
    positions = {pk: place for place, pk in enumerate(waiting, 1)}
    speed = speeds.speed_of(speech.serving(Recording.Task.TRANSCRIBE).name) if works else None
    return {
        recording.pk: _progress(recording, works, positions.get(recording.pk), heard, speed)
        for recording in recordings
    }


def queued() -> dict[UUID, Queued]:
    """Return what waits and what is worked on, of everybody, in its order."""
    rows = Recording.objects.filter(Q(transcripts=None) | Q(transcripts__base=None))
    rows = rows.filter(state__in=QUEUED_STATES, deleted_at=None).order_by("created_at", "pk")
    facts = rows.values_list("pk", "duration", "prepared_until", "transcripts__started_at")
    return {pk: (duration, prepared_until, began) for pk, duration, prepared_until, began in facts}


def heard_until(pks: list[UUID]) -> dict[UUID, tuple[float | None, float]]:
    """Return the start of the first span that is missing, if one is, and the end of the last span."""
    first = Min("span__start", filter=Q(state=Hypothesis.State.READY))
    rows = Hypothesis.objects.filter(transcript__recording__in=pks, transcript__base=None).order_by()
    facts = rows.values_list("transcript__recording").annotate(first=first, last=Max("span__end"))
    return {pk: (start, end) for pk, start, end in facts}


def work_of(row: Queued, heard: tuple[float | None, float] | None) -> Work:
    first, last = heard or (None, 0.0)
    duration, prepared_until, started_at = row
    return Work(max(duration or 0.0, prepared_until) or None, started_at, last if first is None else first)


def _progress(
    recording: Recording,
    works: Mapping[UUID, Work],
    position: int | None,
    heard: Mapping[UUID, tuple[float | None, float]],
    speed: float | None,
) -> Progress:
    match recording.state:
        case State.RECEIVING:
            behind = _behind(recording, heard.get(recording.pk))
            return Progress(_share(recording.bytes_received, recording.size), seconds_behind=behind)
        case State.FINISHING:
            return Progress(percent=99)
    work = works.get(recording.pk)
    if work is None:
        return Progress(queue_position=position)
    percent = None if recording.state == State.QUEUED else _share(work.done_until, work.duration)
    return Progress(percent, seconds_left(work, works.values(), speed), position)


def seconds_behind(recording: Recording) -> float | None:
    """Return by how much the text lags behind what is being spoken, if that is worth telling."""
    return _behind(recording, heard_until([recording.pk]).get(recording.pk))


def _behind(recording: Recording, heard: tuple[float | None, float] | None) -> float | None:
    first = heard[0] if heard else None
    is_spoken = recording.is_live
    if first is None or recording.state != State.RECEIVING or not is_spoken:
        return None
    lag = recording.prepared_until - first
    return lag if lag > USUAL_LAG_SECONDS else None


def rerun_progress(rerun: Rerun) -> Progress:
    """How much of the speech that it covers was heard again."""
    ended = rerun.transcript.hypotheses.exclude(state=Hypothesis.State.READY)
    heard = ended.aggregate(sum=Sum(F("span__end") - F("span__start")))["sum"] or 0.0
    whole = rerun.spans.aggregate(sum=Sum(F("end") - F("start")))["sum"] or 0.0
    work = Work(whole, rerun.transcript.started_at, heard)
    return Progress(_share(heard, whole), _at_own_pace(work, max(0.0, whole - heard)))


def _share(part: float, whole: float | None) -> int | None:
    """Percent, and never 100 of what is still going on."""
    return min(99, int(100 * part / whole)) if whole else None


def seconds_left(work: Work, works: Iterable[Work], speed: float | None) -> float | None:
    """Return how long it will take, or None where that cannot be known yet."""
    if work.missing is None:
        return None
    if speed is None:
        return _at_own_pace(work, work.missing)
    lengths = [other.missing for other in works]
    if None in lengths:
        return None
    return sum(min(length, work.missing) for length in lengths if length is not None) / speed


def _at_own_pace(work: Work, missing: float) -> float | None:
    if work.started_at is None or work.done_until <= 0:
        return None
    elapsed = (timezone.now() - work.started_at).total_seconds()
    return missing * elapsed / work.done_until if elapsed >= SETTLED_SECONDS else None
