"""Calls that name many files at once, each by a link; how far they are, and when all of it is deleted."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from transcripts import ingest, lifecycle, outbound, quotas, url_import
from transcripts.models import ApiRequest, BatchFile, Recording
from transcripts.refusals import Refused
from transcripts.wishes import Wishes

logger = logging.getLogger(__name__)

State = Recording.State

# What is wished of each file, kept with the call for those that are begun later.
KEPT_WISHES = (
    *("title", "source", "language", "task", "prompt", "model", "temperature"),
    *("is_listed", "is_multichannel", "is_diarized"),
)
# Hours, among the call's options: everything is deleted so long after the last file has ended.
HOURS = "hours_kept"

DELETED = "This recording was deleted."
CANCELLED = "This was cancelled."


class Stage(Enum):
    WAITING = auto()
    RUNNING = auto()
    SUCCEEDED = auto()
    FAILED = auto()


@dataclass(frozen=True)
class Progress:
    """How far one file is. `message` says why it failed."""

    number: int
    url: str
    stage: Stage
    recording: Recording | None = None
    message: str = ""

    @property
    def has_ended(self) -> bool:
        return self.stage in (Stage.SUCCEEDED, Stage.FAILED)


def check_links(urls: Sequence[str]) -> None:
    """Raises: Refused: one of them is no link that may be fetched."""
    for url in urls:
        try:
            outbound.parse(url, url_import.policy())
        except outbound.FetchError as error:
            raise Refused(f"{url[:200]}: {error}") from None


def begin(request: ApiRequest, urls: Sequence[str], wishes: Wishes) -> None:
    """Take the files of a call on: at once those that there is room for, the others later.

    Raises: Refused: none can be taken, for the reason of the first.
    """
    with quotas.reserving(), transaction.atomic():
        _begin_all(request, urls, wishes)


def _begin_all(request: ApiRequest, urls: Sequence[str], wishes: Wishes) -> None:
    request.options["wishes"] = {name: getattr(wishes, name) for name in KEPT_WISHES}
    request.options["delete_after"] = wishes.delete_after.isoformat() if wishes.delete_after else None
    request.save(update_fields=["options"])
    BatchFile.objects.bulk_create(
        BatchFile(api_request=request, number=number, url=url) for number, url in enumerate(urls)
    )
    refused = begin_waiting(request)
    if len(refused) == len(urls):
        raise refused[0]


def begin_all_waiting() -> None:
    """Go on with the calls whose files have waited for room."""
    waiting = BatchFile.objects.filter(is_waiting=True).values("api_request")
    for request in ApiRequest.objects.filter(pk__in=waiting).order_by("created_at"):
        begin_waiting(request)


def begin_waiting(request: ApiRequest) -> list[Refused]:
    """Make recordings of the files that wait, as far as there is room; return why others cannot be taken."""
    refused = []
    for file in request.batch_files.filter(is_waiting=True):
        try:
            _begin(request, file)
        except Refused as refusal:
            if refusal.status == 429:
                break  # others are under way
            BatchFile.objects.filter(pk=file.pk).update(is_waiting=False, refusal=str(refusal))
            refused.append(refusal)
    return refused


def _begin(request: ApiRequest, file: BatchFile) -> None:
    claimed = BatchFile.objects.filter(pk=file.pk, is_waiting=True)
    with quotas.reserving(), transaction.atomic():
        if claimed.update(is_waiting=False):
            recording = url_import.begin(request.owner, file.url, _wishes(request))
            BatchFile.objects.filter(pk=file.pk).update(recording=recording)


def _wishes(request: ApiRequest) -> Wishes:
    delete_after = request.options["delete_after"]
    return Wishes(
        **request.options["wishes"],
        api_request=request,
        delete_after=parse_datetime(delete_after) if delete_after else None,
    )


def progress(request: ApiRequest) -> list[Progress]:
    return [_progress(file) for file in request.batch_files.select_related("recording")]


def _progress(file: BatchFile) -> Progress:
    def at(stage: Stage, **facts: Any) -> Progress:
        return Progress(file.number, file.url, stage, **facts)

    recording = file.recording
    if recording is None or recording.deleted_at:
        return at(Stage.WAITING) if file.is_waiting else at(Stage.FAILED, message=file.refusal or DELETED)
    if recording.state == State.DONE:
        return at(Stage.SUCCEEDED, recording=recording)
    if recording.state in Recording.TERMINAL_STATES:
        return at(Stage.FAILED, recording=recording, message=recording.message or CANCELLED)
    is_waiting = recording.state in (State.RECEIVING, State.QUEUED)
    return at(Stage.WAITING if is_waiting else Stage.RUNNING, recording=recording)


def ended_at(request: ApiRequest, files: Sequence[Progress]) -> datetime | None:
    """Return when the last file ended, or None while one has not."""
    if not all(file.has_ended for file in files):
        return None
    ends = [file.recording.finished_at for file in files if file.recording and file.recording.finished_at]
    return max(ends, default=request.created_at)


def remove(request: ApiRequest) -> None:
    """Delete a call with all that came of it, for good."""
    for recording in Recording.objects.filter(api_request=request):
        lifecycle.cancel(recording)
        ingest.delete(recording)
    request.delete()


def remove_expired() -> None:
    """Delete the calls whose time is over, which runs from the end of their last file."""
    now = timezone.now()
    batches = ApiRequest.objects.filter(expires_at__lt=now, batch_files__isnull=False)
    for request in batches.distinct():
        kept = timedelta(hours=request.options[HOURS])
        due = (ended_at(request, progress(request)) or now) + kept
        if due > now:
            ApiRequest.objects.filter(pk=request.pk).update(expires_at=due)
        else:
            logger.info("Batch %s is deleted: its time is over", request.pk)
            remove(request)
