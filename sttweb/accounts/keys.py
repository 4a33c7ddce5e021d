"""API keys: made, found and revoked. The key itself is shown once and kept nowhere."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from django.utils import timezone

from sttweb.accounts.models import ApiKey, User

START = "stt_"
SECRET_BYTES = 32
TOKEN_START = "sttoken_"  # noqa: S105
TOKEN_SALT = "accounts.keys.token"  # noqa: S105
TOKEN_SECONDS = 600
PREFIX_LENGTH = 10
# How exactly it is known when a key was last used: each writing costs a commit.
USE_SECONDS = 60

# Usable ones of an account.
MOST = 100

ALL_SCOPES = tuple(ApiKey.Scope.values)


def issue(owner: User, name: str, scopes: Iterable[str] = ALL_SCOPES, **limits: Any) -> tuple[ApiKey, str]:
    """Make a key; return its row, and the key itself, which cannot be had again."""
    text = START + secrets.token_urlsafe(SECRET_BYTES)
    key = ApiKey.objects.create(
        owner=owner,
        name=name,
        prefix=text[:PREFIX_LENGTH],
        digest=digest_of(text),
        scopes=list(scopes),
        **limits,
    )
    return key, text


def find(text: str) -> ApiKey | None:
    """Return the key, or a token's, that may be used now; None for an unknown, expired or revoked one."""
    named = Q(pk=_key_of_token(text)) if text.startswith(TOKEN_START) else Q(digest=digest_of(text))
    return usable().filter(named).select_related("owner").first()


def issue_token(key: ApiKey) -> str:
    """Return what stands for the key during TOKEN_SECONDS, unless it is revoked before."""
    return TOKEN_START + _signer().sign(str(key.pk))


def _key_of_token(text: str) -> int | None:
    try:
        return int(_signer().unsign(text.removeprefix(TOKEN_START), max_age=TOKEN_SECONDS))
    except signing.BadSignature:
        return None


def _signer() -> signing.TimestampSigner:
    # Of a key with a colon in it, only what follows counts.
    return signing.TimestampSigner(sep=".", salt=TOKEN_SALT)


def usable() -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(_unexpired(timezone.now()), revoked_at=None, owner__is_active=True)


def note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > timedelta(seconds=USE_SECONDS):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def revoke(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def digest_of(text: str) -> str:
    # The key is random: no slow hash is needed to keep it from being guessed.
    return hashlib.sha256(text.encode()).hexdigest()


def _unexpired(now: datetime) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=now)
