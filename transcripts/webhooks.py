"""Addresses that want to be told, and how they know that it is us: Standard Webhooks.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import outbound, outbox
from transcripts.models import Delivery, Webhook
from transcripts.outbound import FetchError
from transcripts.refusals import Refused

MOST = 20
SECRET_START = "whsec_"  # noqa: S105
SECRET_BYTES = 32
# How long a replaced secret still signs, beside its successor.
OVERLAP = timedelta(hours=24)

NOT_AN_ADDRESS = "That is no web address: it must begin with https:// or http://."


def policy() -> outbound.Policy:
    return outbound.Policy(
        allowed=tuple(settings.STT_WEBHOOK_ALLOW),
        ports=frozenset(settings.STT_WEBHOOK_PORTS),
        on_every_port=True,
    )


def check_address(url: str) -> str:
    """Return the address, as far as it can be known before connecting that messages may go there.

    Raises: Refused: with one sentence.
    """
    try:
        return str(outbound.parse(url, policy()))
    except outbound.NotOfTheWeb:
        raise Refused(NOT_AN_ADDRESS) from None
    except FetchError as error:
        raise Refused(str(error).replace("The link", "The address")) from None


def create(owner: User, url: str, events: Iterable[str] = ()) -> tuple[Webhook, str]:
    """Subscribe an address; return its row, and the secret that its messages are signed with.

    Args: events: some of `outbox.EVENTS`; none for all.
    Raises: Refused: nothing may be sent there, or there are enough of them.
    """
    address, asked = check_address(url), check_events(events)
    if Webhook.objects.filter(owner=owner).count() >= MOST:
        raise Refused(f"You have {MOST} webhooks, which is as many as there may be: delete one first.", 409)
    secret = new_secret()
    webhook = Webhook.objects.create(
        owner=owner, url=address, events=asked, secrets=[{"secret": secret, "until": None}]
    )
    return webhook, secret


def change(webhook: Webhook, url: str, events: Iterable[str]) -> None:
    """Give it another address and other events.

    Raises: Refused: nothing may be sent there.
    """
    webhook.url, webhook.events = check_address(url), check_events(events)
    webhook.save(update_fields=["url", "events"])


def check_events(events: Iterable[str]) -> list[str]:
    asked = sorted(set(events))
    if unknown := [name for name in asked if name not in outbox.EVENTS]:
        raise Refused(f"There is no event “{unknown[0][:50]}”.")
    return asked


def new_secret() -> str:
    return SECRET_START + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


@transaction.atomic
def rotate(webhook: Webhook) -> str:
    """Give the webhook a new secret and return it. The one before signs as well for `OVERLAP`."""
    row = Webhook.objects.select_for_update().get(pk=webhook.pk)
    secret = new_secret()
    until = (timezone.now() + OVERLAP).isoformat()
    before = [{"secret": old, "until": until} for old in usable_secrets(row)[:1]]
    row.secrets = [{"secret": secret, "until": None}, *before]
    row.save(update_fields=["secrets"])
    webhook.secrets = row.secrets
    return secret


def usable_secrets(webhook: Webhook) -> list[str]:
    """Return those that sign now, the newest first."""
    now = timezone.now()
    return [
        entry["secret"]
        for entry in webhook.secrets
        if entry["until"] is None or datetime.fromisoformat(entry["until"]) > now
    ]


def enable(webhook: Webhook) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(disabled_at=None, disabled_because="")


def disable(webhook: Webhook, because: str = "") -> None:
    """Tell it nothing more, nor what waits."""
    now = timezone.now()
    with transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk, disabled_at=None).update(
            disabled_at=now, disabled_because=because
        )
        waiting = Delivery.objects.filter(webhook=webhook, state=Delivery.State.WAITING)
        waiting.update(
            state=Delivery.State.FAILED, ended_at=now, answer_status=None, answer="The webhook was disabled."
        )


def send_test(webhook: Webhook) -> Delivery:
    """Send a message that tells nothing, to see whether it arrives."""
    return outbox.write(webhook, outbox.TEST, {})


def headers(delivery_id: UUID, secrets_now: Iterable[str], body: bytes) -> dict[str, str]:
    """Return what makes a receiver believe the message now: its id, this moment, and a signature a secret."""
    stamp = str(int(time.time()))
    signed = b".".join((str(delivery_id).encode(), stamp.encode(), body))
    return {
        "webhook-id": str(delivery_id),
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signature(secret, signed) for secret in secrets_now),
    }


def signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_START))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
