"""Addresses of other systems that are told what happens to the owner's recordings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from transcripts import access, outbox, webhooks
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.cursors import decoded, encoded, whole
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.etags import IF_MATCH, alone, require_match, tag_of, tagged
from transcripts.api.own.fields import Given, Paging, PathNumber, Shown, Text
from transcripts.models import Delivery, Webhook

router = Router(tags=["Webhooks"], auth=reads)

Event = Literal["recording.done", "recording.failed", "recording.cancelled"]
Events = Annotated[list[Event], Field(max_length=10, description="Empty for all.")]
Url = Annotated[Text, Field(max_length=2000)]


class WebhookShown(Shown):
    id: int
    url: str
    events: list[str] = Field(description="Empty for all.")
    is_enabled: bool
    disabled_because: str
    created_at: datetime


class NewWebhookShown(WebhookShown):
    secret: str = Field(description="What messages are signed with (Standard Webhooks); told only now.")


class Webhooks(Shown):
    items: list[WebhookShown]


class NewWebhook(Given):
    url: Url
    events: Events = []


class WebhookChanges(Given):
    """What is left out stays as it is."""

    url: Url = ""
    events: Events = []
    is_enabled: bool = True


class Secret(Shown):
    secret: str = Field(description="The one before signs beside it for a day.")


class DeliveryShown(Shown):
    id: UUID = Field(description="Receivers know the message by it: the header `webhook-id`.")
    event: str
    recording: UUID | None
    url: str
    state: str = Field(description="`waiting`, `delivered` or `failed`.")
    tries: int
    due_at: datetime | None
    answer_status: int | None
    answer: str
    created_at: datetime
    ended_at: datetime | None


class Deliveries(Shown):
    items: list[DeliveryShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")


def facts_of(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.pk,
        "url": webhook.url,
        "events": webhook.events,
        "is_enabled": webhook.disabled_at is None,
        "disabled_because": webhook.disabled_because,
        "created_at": webhook.created_at,
    }


def webhook_shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown(**facts_of(webhook))


def delivery_shown(delivery: Delivery) -> DeliveryShown:
    known = [name for name in DeliveryShown.model_fields if name != "recording"]
    facts = {name: getattr(delivery, name) for name in known}
    return DeliveryShown(recording=delivery.recording_id, **facts)


def answer(request: Call, webhook: Webhook) -> HttpResponse:
    body = webhook_shown(webhook)
    return tagged(request, body, tag_of(body))


@router.get("/webhooks", response=Webhooks)
def list_webhooks(request: Call) -> Webhooks:
    rows = Webhook.objects.filter(owner=request.auth.user)
    return Webhooks(items=[webhook_shown(webhook) for webhook in rows])


@router.post(
    "/webhooks",
    response={201: NewWebhookShown},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def create_webhook(request: Call, given: NewWebhook) -> Made:
    """Subscribe an address. Its secret is in this answer, and never again."""
    webhook, secret = webhooks.create(request.auth.user, given.url, given.events)
    return Made(NewWebhookShown(**facts_of(webhook), secret=secret), f"/api/v1/webhooks/{webhook.pk}")


@contextmanager
def seen(request: Call, webhook_id: int) -> Iterator[Webhook]:
    """Give the webhook, to be changed as the caller has seen it."""
    user = request.auth.user
    with alone(access.webhook_own(user, webhook_id)):
        webhook = access.webhook_own(user, webhook_id)
        require_match(request, tag_of(webhook_shown(webhook)))
        yield webhook


@router.get("/webhooks/{int:webhook_id}", response=WebhookShown)
def get_webhook(request: Call, webhook_id: PathNumber) -> HttpResponse:
    return answer(request, access.webhook_own(request.auth.user, webhook_id))


@router.patch(
    "/webhooks/{int:webhook_id}",
    response=WebhookShown,
    auth=manages,
    openapi_extra=joined(IF_MATCH, refusals(400)),
)
def change_webhook(request: Call, webhook_id: PathNumber, changes: WebhookChanges) -> HttpResponse:
    """Give it another address or other events, or switch it off or on again."""
    given = changes.model_fields_set
    with seen(request, webhook_id) as webhook:
        if given & {"url", "events"}:
            webhooks.change(
                webhook,
                changes.url if "url" in given else webhook.url,
                changes.events if "events" in given else webhook.events,
            )
        if "is_enabled" in given:
            (webhooks.enable if changes.is_enabled else webhooks.disable)(webhook)
    return answer(request, access.webhook_own(request.auth.user, webhook_id))


@router.delete(
    "/webhooks/{int:webhook_id}", response={204: None}, auth=manages, openapi_extra=joined(IF_MATCH)
)
def delete_webhook(request: Call, webhook_id: PathNumber) -> HttpResponse:
    with seen(request, webhook_id) as webhook:
        webhook.delete()
    return HttpResponse(status=204)


@router.post("/webhooks/{int:webhook_id}/rotate", response=Secret, auth=manages)
def rotate_secret(request: Call, webhook_id: PathNumber) -> Secret:
    """Give it a new secret."""
    return Secret(secret=webhooks.rotate(access.webhook_own(request.auth.user, webhook_id)))


@router.post(
    "/webhooks/{int:webhook_id}/test",
    response={202: DeliveryShown},
    auth=manages,
    openapi_extra=refusals(409),
)
def send_test(request: Call, webhook_id: PathNumber) -> DeliveryShown:
    """Send a message that tells nothing, to see whether it arrives."""
    webhook = access.webhook_own(request.auth.user, webhook_id)
    if webhook.disabled_at is not None:
        raise ApiError("The webhook is disabled: enable it first.", 409)
    return delivery_shown(webhooks.send_test(webhook))


@router.get("/webhooks/{int:webhook_id}/deliveries", response=Deliveries, openapi_extra=refusals(400))
def list_deliveries(request: Call, webhook_id: PathNumber, paging: Query[Paging]) -> Deliveries:
    """What was sent in the last 30 days, or waits to be, the newest first."""
    webhook = access.webhook_own(request.auth.user, webhook_id)
    [start] = decoded(paging.cursor, whole) if paging.cursor else [0]
    found = list(webhook.deliveries.all()[start : start + paging.limit + 1])
    return Deliveries(
        items=[delivery_shown(delivery) for delivery in found[: paging.limit]],
        next=encoded(start + paging.limit) if len(found) > paging.limit else None,
    )


@router.post(
    "/deliveries/{uuid:delivery_id}/replay",
    response={202: DeliveryShown},
    auth=manages,
    openapi_extra=refusals(409),
)
def replay_delivery(request: Call, delivery_id: UUID) -> DeliveryShown:
    """Send a message again, under the same id."""
    delivery = access.delivery_own(request.auth.user, delivery_id)
    if not outbox.replay(delivery):
        raise ApiError("It is on its way already, or its webhook is disabled.", 409)
    return delivery_shown(access.delivery_own(request.auth.user, delivery_id))
