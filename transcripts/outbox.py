"""What other systems are to be told, written in the transaction of what it tells about.

The rows are sent by `delivering`. A message of a webhook is complete here; that of a call which named an
address is put into its vendor's words when it is sent, from what there is then.
"""

import json
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from transcripts import queues
from transcripts.models import ApiRequest, Delivery, Recording, Webhook
from transcripts.models.lease import LeasedQuerySet

# What a webhook can ask for.
EVENTS = {
    "recording.done": "A recording is transcribed",
    "recording.failed": "A recording could not be transcribed",
    "recording.cancelled": "A recording was cancelled",
}
TEST = "webhook.test"

SCHEMES = {ApiRequest.Vendor.FAL: Delivery.Scheme.FAL}

# How long the log of what was sent goes back.
LOGGED = timedelta(days=30)
# Rows that one round of `reconcile` gives jobs to.
ROUND = 500

State = Delivery.State


def tell(recording: Recording) -> None:
    """Write what is to be told of a recording that has just ended; nothing for one that has not."""
    if recording.state not in Recording.TERMINAL_STATES:
        return
    event = f"recording.{recording.state}"
    for webhook in Webhook.objects.filter(owner=recording.owner_id, disabled_at=None):
        if not webhook.events or event in webhook.events:
            write(webhook, event, facts_of(recording), recording)
    if recording.api_request_id:
        tell_caller(recording.api_request_id, recording, event)


def facts_of(recording: Recording) -> dict[str, object]:
    """Return what receivers need to fetch the rest: no text, and no names."""
    return {
        "id": str(recording.pk),
        "state": recording.state,
        "source": recording.source,
        "request_id": str(recording.api_request_id) if recording.api_request_id else None,
        "error": recording.message if recording.state == Recording.State.FAILED else None,
    }


def write(
    webhook: Webhook, event: str, data: dict[str, object], recording: Recording | None = None
) -> Delivery:
    """Put a message to a webhook into the outbox."""
    body = {"type": event, "timestamp": timezone.now().isoformat(), "data": data}
    return _put(
        Delivery(
            owner_id=webhook.owner_id,
            webhook=webhook,
            recording=recording,
            scheme=Delivery.Scheme.STANDARD,
            url=webhook.url,
            event=event,
            body=json.dumps(body, ensure_ascii=False),
        )
    )


def tell_caller(request_id: UUID, recording: Recording, event: str) -> None:
    """Tell the address that the call named, once, when all of its recordings have ended."""
    # Of two recordings that end together, the later must see that the other has ended.
    requests = ApiRequest.objects.select_for_update().exclude(callback_url="")
    request = requests.filter(pk=request_id).first()
    if request is None or request.deliveries.exists():
        return
    if request.recordings.exclude(state__in=Recording.TERMINAL_STATES).exists():
        return
    scheme = SCHEMES.get(ApiRequest.Vendor(request.vendor), Delivery.Scheme.PLAIN)
    _put(
        Delivery(
            owner_id=request.owner_id,
            api_request=request,
            recording=recording,
            scheme=scheme,
            url=request.callback_url,
            event=event,
        )
    )


def _put(delivery: Delivery) -> Delivery:
    delivery.due_at = timezone.now()
    delivery.save(force_insert=True)
    wake(delivery)
    return delivery


def wake(delivery: Delivery) -> None:
    transaction.on_commit(partial(queues.enqueue, "deliver", delivery.pk))


def waiting(now: datetime) -> LeasedQuerySet:
    """Return the rows whose time to be sent has come."""
    return Delivery.objects.filter(state=State.WAITING, due_at__lte=now)


def due() -> LeasedQuerySet:
    return waiting(timezone.now()).free().order_by("due_at")[:ROUND]


@transaction.atomic
def replay(delivery: Delivery) -> bool:
    """Send a message again, under the same id; False while it is on its way, or its webhook is disabled."""
    rows = Delivery.objects.filter(pk=delivery.pk, webhook__disabled_at=None).exclude(state=State.WAITING)
    if not rows.update(
        state=State.WAITING,
        due_at=timezone.now(),
        tries=0,
        attempt=0,
        ended_at=None,
        answer_status=None,
        answer="",
    ):
        return False
    wake(delivery)
    return True


def forget_ended() -> None:
    Delivery.objects.filter(ended_at__lt=timezone.now() - LOGGED).delete()
