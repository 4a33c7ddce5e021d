"""How far a request is, in fal's three words. What failed is COMPLETED, too, with the reason beside it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from transcripts.api import service
from transcripts.api.errors import ApiError
from transcripts.api.fal.errors import NotBegun, in_vendors_terms, kind_of
from transcripts.models import ApiRequest, Event, Recording

State = Recording.State

WAITING = frozenset({State.RECEIVING, State.QUEUED})
DELETED = "The recording of this request was deleted."
# Nothing is said of the copy for players, which is made when a request is complete: what was answered stays.
LOGGED = {
    State.QUEUED: "The file is here.",
    State.PREPARING: "The sound is being read.",
    State.TRANSCRIBING: "The sound is being transcribed.",
    State.FINISHING: "All of it is transcribed.",
    State.FAILED: "It could not be transcribed.",
    State.CANCELLED: service.CANCELLED,
}


@dataclass(frozen=True)
class Progress:
    """What is known of a request at one moment."""

    # None where it was deleted.
    recording: Recording | None
    is_complete: bool
    error: ApiError | None = None

    @property
    def heard(self) -> Recording:
        """Raises: ApiError: it ended without its text."""
        if self.error or self.recording is None:
            raise self.error or ApiError(DELETED, 404)
        return self.recording


def of_request(request: ApiRequest) -> Progress:
    recording = request.recordings.filter(deleted_at=None).first()
    if recording is None:
        return Progress(None, True, ApiError(DELETED, 404))
    if recording.state in WAITING and _is_late(request, timezone.now()) and service.cancel(recording.pk):
        recording.refresh_from_db()
    if _was_too_late(request, recording):
        return Progress(recording, True, NotBegun())
    try:
        service.check(recording)
    except ApiError as error:
        return Progress(recording, True, in_vendors_terms(error))
    return Progress(recording, service.is_heard(recording))


def _is_late(request: ApiRequest, at: datetime) -> bool:
    """Whether it was to be begun by then."""
    seconds = request.options.get("start_timeout")
    return seconds is not None and (at - request.created_at).total_seconds() >= seconds


def _was_too_late(request: ApiRequest, recording: Recording) -> bool:
    if recording.state != State.CANCELLED or recording.finished_at is None:
        return False
    is_begun = _when(_state_events(recording), {State.PREPARING}) is not None
    return not is_begun and _is_late(request, recording.finished_at)


def status_of(progress: Progress, *, with_logs: bool) -> dict[str, Any]:
    """Return the status as fal's clients read it; each of them needs all of its keys."""
    recording = progress.recording
    if not progress.is_complete and recording is not None and recording.state in WAITING:
        return {"status": "IN_QUEUE", "queue_position": _queue_position(recording)}
    events = _state_events(recording)
    logs = [_log(event) for event in events if event.payload["state"] in LOGGED] if with_logs else []
    if not progress.is_complete:
        return {"status": "IN_PROGRESS", "logs": logs}
    status = {"status": "COMPLETED", "logs": logs, "metrics": {"inference_time": _seconds_of_work(events)}}
    if error := progress.error:
        status |= {"error": str(error), "error_type": kind_of(error)}
    return status


def _queue_position(recording: Recording) -> int:
    waiting = Recording.objects.filter(state=State.QUEUED, deleted_at=None)
    return waiting.filter(created_at__lt=recording.created_at).count()


def _state_events(recording: Recording | None) -> list[Event]:
    return list(Event.objects.filter(recording=recording, kind=Event.Kind.STATE)) if recording else []


def _log(event: Event) -> dict[str, str]:
    state = event.payload["state"]
    return {
        "message": LOGGED[state],
        "level": "ERROR" if state == State.FAILED else "INFO",
        "source": "USER",
        "timestamp": event.created_at.isoformat(),
    }


def _seconds_of_work(events: list[Event]) -> float:
    """Return how long it took from the first look at the file until all was heard, or it ended."""
    start = _when(events, {State.PREPARING})
    end = _when(events, {State.FINISHING, State.FAILED, State.CANCELLED})
    return round((end - start).total_seconds(), 3) if start and end and end > start else 0.0


def _when(events: list[Event], states: set[State]) -> datetime | None:
    return next((event.created_at for event in events if event.payload["state"] in states), None)
