"""Deleting an account: at once nobody can use it, or see what it had; the rest goes in the background.

Thousands of recordings take minutes to remove. Whatever a process that dies leaves is found in the next round
of `reconcile`: the row of the account is the last that goes.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Model, Q, QuerySet, Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import ingest
from transcripts.models import (
    ApiFile,
    ApiRequest,
    BatchFile,
    Delivery,
    IdempotentAnswer,
    Membership,
    Recording,
    Share,
    Webhook,
)
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

# Of one round, for each account: others' work waits for the same housekeeping.
ROUND_SECONDS = 2.0
# Rows that are looked up, or removed, at once.
SLICE = 500
# Accounts that a refusal names.
NAMED = 3


def check(user: User) -> None:
    """Raises: Refused: others would be left without anybody who may open the admin."""
    others = others_than(user)
    if not user.is_administrator or others.filter(is_active=True, is_staff=True).exists():
        return
    if left := list(others.order_by("pk").values_list("email", flat=True)):
        raise Refused(
            f"There must be an administrator for {_named(left)}: give staff and superuser status to another "
            "account in the admin first.",
            409,
        )


def others_than(user: User) -> QuerySet[User]:
    return User.objects.filter(deleted_at=None).exclude(pk=user.pk)


def _named(emails: list[str]) -> str:
    if len(emails) > NAMED + 1:
        emails = [*emails[:NAMED], f"{len(emails) - NAMED} others"]
    *before, last = emails
    return f"{', '.join(before)} and {last}" if before else last


@transaction.atomic
def begin(user: User) -> None:
    """Close the account, hide all that it has, and end what it was given and what it asked to be told.

    Raises: Refused: others would be left without anybody who may open the admin.
    """
    # Of two administrators that go at one moment, the later must see that the other has gone.
    rows = User.objects.select_for_update().filter(Q(pk=user.pk) | Q(is_staff=True)).order_by("pk")
    account = next((row for row in rows if row.pk == user.pk and row.deleted_at is None), None)
    if account is None:
        return
    check(account)
    now = timezone.now()
    # Whoever has this address next is somebody else.
    EmailAddress.objects.filter(user=account).delete()
    Membership.objects.filter(email=account.email).delete()
    Recording.objects.of(account).update(deleted_at=now)
    Webhook.objects.filter(owner=account, disabled_at=None).update(disabled_at=now)
    ApiRequest.objects.filter(owner=account).exclude(callback_url="").update(callback_url="")
    BatchFile.objects.filter(api_request__owner=account, is_waiting=True).update(is_waiting=False)
    Delivery.objects.filter(owner=account, state=Delivery.State.WAITING).delete()
    account.close()
    logger.info("Account %d is to be deleted", account.pk)


def what_goes(user: User) -> list[str]:
    """Return, for people, what is deleted with the account: of each kind how many, where there are any."""
    shares = Share.objects.filter(recording__owner=user, revoked_at=None)
    members = Membership.objects.filter(recording__owner=user).values("email").distinct()
    counts = (
        (shares.count(), "link to a recording", "links to recordings"),
        (members.count(), "person's access to recordings", "people's access to recordings"),
        (user.tags.count(), "tag", "tags"),
        (user.terms.count(), "name or term of the vocabulary", "names and terms of the vocabulary"),
        (user.subtitle_profiles.count(), "subtitle profile", "subtitle profiles"),
        (user.api_keys.count(), "API key", "API keys"),
        (user.api_files.count(), "file that a program has sent", "files that programs have sent"),
        (user.webhooks.count(), "webhook", "webhooks"),
    )
    named = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return [*_recordings_of(user), *named]


def _recordings_of(user: User) -> list[str]:
    owned = Recording.objects.filter(owner=user)
    count, trashed = owned.count(), owned.trashed().count()
    if not count:
        return []
    size = filesizeformat(owned.aggregate(bytes=Sum("bytes_received"))["bytes"])
    they = "1 recording" if count == 1 else f"{count} recordings"
    where = f" ({trashed} in the trash)" if trashed else ""
    return [f"{they}{where}, with the sound ({size}), the texts, their history and all notes"]


def begun() -> QuerySet[User]:
    return User.objects.exclude(deleted_at=None)


def go_on(user: User) -> None:
    """Remove as much as one round has time for, and the account with the last of it."""
    until = time.monotonic() + ROUND_SECONDS
    for _ in _pieces(user):
        if time.monotonic() > until:
            return
    _forget_sessions(user)
    _finish(user)


def _pieces(user: User) -> Iterator[None]:
    """Remove a piece before each step: first what somebody may be working on."""
    recordings = Recording.objects.filter(owner=user)
    for rows in (recordings.exclude(state__in=Recording.TERMINAL_STATES), recordings):
        while found := list(rows[:SLICE]):
            for recording in found:
                ingest.delete(recording)
                yield
    # The files that programs sent are removed with the folders that are nobody's.
    models: tuple[type[Model], ...] = (Delivery, ApiRequest, ApiFile, IdempotentAnswer)
    for model in models:
        owned: QuerySet[Any] = model._default_manager.filter(owner=user)
        while keys := list(owned.values_list("pk", flat=True)[:SLICE]):
            owned.filter(pk__in=keys).delete()
            yield


def _forget_sessions(user: User) -> None:
    """Remove the rows, which have been good for nothing since the account was closed."""
    sessions = Session.objects.iterator()
    mine = [s.pk for s in sessions if s.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=mine).delete()


@transaction.atomic
def _finish(user: User) -> None:
    # A request that was let in before may still begin a recording: not while the row is held.
    account = User.objects.select_for_update().filter(pk=user.pk).first()
    if account and not Recording.objects.filter(owner=account).exists():
        account.delete()
        logger.info("Account %d is deleted", user.pk)
