"""The trash: what an owner deleted stays there for a while, can be taken back, and counts as long."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import events, ingest, lifecycle
from transcripts.models import Event, Recording

State = Recording.State


def discard(recordings: Iterable[Recording]) -> list[Recording]:
    """Put recordings into the trash; return those that were not there. What is under way is stopped."""
    now = timezone.now()
    return [recording for recording in recordings if _discard(recording, now)]


@transaction.atomic
def _discard(recording: Recording, now: datetime) -> bool:
    if not Recording.objects.filter(pk=recording.pk, deleted_at=None).update(deleted_at=now):
        return False
    # The bytes of an upload stay as they came: taken back, it goes on where it stopped.
    if recording.state != State.RECEIVING or hasattr(recording, "url_import"):
        # Ended at the moment it was deleted: by that it is known as one to go on with.
        lifecycle.move(recording, State.CANCELLED, lease_until=None, message="", finished_at=now)
    # Open pages look, and find that it is gone.
    events.publish(recording.pk, Event.Kind.STATE, {"state": recording.state})
    return True


def restore(recordings: Iterable[Recording]) -> list[Recording]:
    """Take recordings back; return those that were in the trash. What deleting stopped goes on."""
    return [recording for recording in recordings if _restore(recording)]


@transaction.atomic
def _restore(recording: Recording) -> bool:
    deleted_at = recording.deleted_at
    if not Recording.objects.trashed().filter(pk=recording.pk).update(deleted_at=None):
        return False
    if recording.state == State.CANCELLED and recording.finished_at == deleted_at:
        lifecycle.retry(recording)
    return True


def delete_for_good(recordings: Iterable[Recording]) -> int:
    count = 0
    for recording in recordings:
        ingest.delete(recording)
        count += 1
    return count


def empty_expired() -> None:
    """Remove what has been in the trash for as long as things stay there."""
    delete_for_good(Recording.objects.filter(deleted_at__lt=timezone.now() - settings.STT_TRASH))


def bytes_held(owner: User) -> int:
    """Return what the owner's trash takes of the quota."""
    trashed = Recording.objects.trashed().filter(owner=owner)
    return trashed.aggregate(bytes=Sum("bytes_received"))["bytes"] or 0
