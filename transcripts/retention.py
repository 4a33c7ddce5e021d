"""What is kept for a time only: what some keys send, and what vendors promise to forget."""

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from transcripts import trash
from transcripts.models import ApiRequest, IdempotentAnswer, Recording

logger = logging.getLogger(__name__)

# How long the answer to a request with an Idempotency-Key is remembered.
REMEMBERED = timedelta(hours=24)
# Rows of each kind that one round removes.
ROUND = 200


def delete_expired() -> None:
    now = timezone.now()
    delete_recordings(now)
    forget_requests(now)
    IdempotentAnswer.objects.filter(created_at__lt=now - REMEMBERED).delete()


def delete_recordings(now: datetime) -> None:
    """Remove what its key keeps for a time only, wherever it is: also from the trash, or half transcribed."""
    due = Recording.objects.filter(delete_after__lt=now)[:ROUND]
    if count := trash.delete_for_good(due):
        logger.info("%d recordings were deleted, as their API keys ask", count)


def forget_requests(now: datetime) -> None:
    """Forget calls whose vendor keeps answers for a time only. What was made of them stays with its owner.

    The time runs from when there is something to fetch. Batches, which take all with them, are not among
    these.
    """
    rows = ApiRequest.objects.filter(expires_at__lt=now, batch_files=None).prefetch_related("recordings")
    over = [request.pk for request in rows if _is_over(request, now)]
    ApiRequest.objects.filter(pk__in=over).delete()


def _is_over(request: ApiRequest, now: datetime) -> bool:
    recordings = request.recordings.all()
    if request.expires_at is None or any(recording.is_active for recording in recordings):
        return False
    ends = [recording.finished_at for recording in recordings if recording.finished_at]
    return max(ends, default=request.created_at) + (request.expires_at - request.created_at) < now
