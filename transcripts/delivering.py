"""Sends what waits in the outbox, until it was taken or nobody can be expected to take it any more.

A worker that dies in between is followed by one that sends again, under the same id: receivers may hear a
message twice, but none is lost.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from threading import BoundedSemaphore, Thread
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from transcripts import leases, outbound, outbox, webhooks
from transcripts.failpoints import failpoint
from transcripts.models import Delivery
from transcripts.models.lease import MAX_ATTEMPTS, LeasedQuerySet
from transcripts.outbound import FetchError

logger = logging.getLogger(__name__)

State = Delivery.State
Scheme = Delivery.Scheme

ANSWER_SECONDS = 15.0
# Seconds between the tries: ten in three days, as Standard Webhooks has them, and fal's ten in two hours.
PAUSES = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
FAL_PAUSES = (5, 15, 30, 60, 180, 480, 900, 1800, 3600)
# Of each pause at random, so that what failed together does not come back together.
JITTER = 0.1
# Nothing else is tried with an address for so long after it kept us waiting: others are told meanwhile.
REST = timedelta(seconds=60)

# Messages under way at once, of this process: who does not answer keeps nobody else from being told.
PLACES = 8

GAVE_UP = "It was tried several times and the worker stopped each time."
GONE = "Its address answered that it is gone (410): enable it again when there is one."
PRIVATE = "The address is in a private network, which STT_WEBHOOK_ALLOW does not list."


_places = BoundedSemaphore(PLACES)


class Untellable(Exception):
    """There is nothing to tell any more. One sentence for the log."""


@dataclass(frozen=True)
class Message:
    body: bytes
    headers: dict[str, str]


# Puts a delivery for a call into its vendor's words, and signs it as the vendor does.
Worded = Callable[[Delivery], Message]


@dataclass(frozen=True)
class Outcome:
    """What became of one try: the status of the answer, where there was one, and a sentence for the log."""

    answer: str
    status: int | None = None
    is_final: bool = False
    is_slow: bool = False

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def begin(pk: UUID, worded: Worded) -> None:
    """Start a try to send the message, as soon as there is a place; the lease tells whether it goes on."""
    _places.acquire()
    Thread(target=_deliver_and_leave, args=(pk, worded), name="delivery").start()


def _deliver_and_leave(pk: UUID, worded: Worded) -> None:
    try:
        deliver(pk, worded)
    except Exception:
        logger.exception("Delivery %s was not tried", pk)
    finally:
        connection.close()
        _places.release()


def deliver(pk: UUID, worded: Worded) -> None:
    """Try once to send the message, if its time has come.

    Args: worded: makes the message of a delivery that is not a webhook's.
    """
    if not outbox.waiting(timezone.now()).filter(pk=pk).claim():
        return
    delivery = Delivery.objects.select_related("webhook", "api_request").get(pk=pk)
    held = Delivery.objects.filter(pk=pk, fence=delivery.fence)
    if delivery.attempt > MAX_ATTEMPTS:
        conclude(delivery, held, Outcome(GAVE_UP, is_final=True))
        return
    failpoint("delivery-claimed")
    try:
        with leases.renewing(held):
            outcome = attempt(delivery, worded)
    except BaseException:
        # Something unforeseen: free for the next try, which the count of attempts bounds.
        held.update(lease_until=None)
        raise
    failpoint("message-sent")
    conclude(delivery, held, outcome)


def attempt(delivery: Delivery, worded: Worded) -> Outcome:
    try:
        message = standard(delivery) if delivery.scheme == Scheme.STANDARD else worded(delivery)
        sent = {"Content-Type": "application/json", **message.headers}
        status = outbound.post(delivery.url, sent, message.body, webhooks.policy(), ANSWER_SECONDS)
    except Untellable as reason:
        return Outcome(str(reason), is_final=True)
    except outbound.PrivateAddress:
        return Outcome(PRIVATE)
    except FetchError as error:
        return Outcome(str(error).replace("the link", "the address"), is_slow=error.is_passing)
    return Outcome(said(status), status)


def standard(delivery: Delivery) -> Message:
    if delivery.webhook is None:
        raise Untellable("The webhook was deleted.")
    body = delivery.body.encode()
    secrets = webhooks.usable_secrets(delivery.webhook)
    return Message(body, webhooks.headers(delivery.pk, secrets, body))


def said(status: int) -> str:
    """Return the status in words. What else a receiver says is not shown: it may be out of this network."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


@transaction.atomic
def conclude(delivery: Delivery, held: LeasedQuerySet, outcome: Outcome) -> None:
    """Write down what became of the try, and when the next one is."""
    now = timezone.now()
    tries = delivery.tries + 1
    pauses = FAL_PAUSES if delivery.scheme == Scheme.FAL else PAUSES
    is_gone = outcome.status == HTTPStatus.GONE
    is_over = outcome.is_taken or outcome.is_final or is_gone or tries > len(pauses)
    due_at = None if is_over else now + pause(pauses[tries - 1])
    changed = held.filter(state=State.WAITING).update(
        state=State.DELIVERED if outcome.is_taken else State.FAILED if is_over else State.WAITING,
        tries=tries,
        attempt=0,
        lease_until=None,
        due_at=due_at,
        ended_at=now if is_over else None,
        answer_status=outcome.status,
        answer=outcome.answer,
    )
    logger.info("Delivery %s, try %d: %s %s", delivery.pk, tries, outcome.status or "-", outcome.answer)
    if not changed:
        return
    if is_gone and delivery.webhook:
        webhooks.disable(delivery.webhook, GONE)
    if outcome.is_slow:
        let_rest(delivery)


def pause(seconds: float) -> timedelta:
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311


def let_rest(delivery: Delivery) -> None:
    """Put off what else waits for an address that does not answer: it keeps the worker from all others."""
    rest = timezone.now() + REST
    others = Delivery.objects.free().filter(state=State.WAITING, url=delivery.url, due_at__lt=rest)
    others.exclude(pk=delivery.pk).update(due_at=rest)
