"""Giving others access to a recording, by a link or by their address, and taking it back."""

import hashlib
import secrets
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transcripts import events
from transcripts.engine.audio import cut_out
from transcripts.engine.errors import AudioError
from transcripts.models import Membership, Recording, Share
from transcripts.refusals import Refused

# Bytes of chance in a token.
TOKEN_BYTES = 32
MAX_LINKS = 100
MAX_MEMBERS = 100
# What a browser keeps, at the link's own address, once it knew the password.
COOKIE = "share"
# Seconds for which a browser need not be asked for the password again.
UNLOCKED_SECONDS = 12 * 3600
UNLOCKED = signing.TimestampSigner(salt="transcripts.sharing.unlocked")


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find(token: str) -> Share | None:
    """Return what a token opens: the same nothing for unknown, expired and revoked ones."""
    shares = Share.objects.valid().select_related("recording")
    return shares.filter(token_hash=hash_of(token)).first()


def create(share: Share, password: str) -> str:
    """Save a link that was not saved yet, and return its token, which is kept nowhere.

    Raises: Refused: there are too many links, or the part to be shared has no sound that can be cut out.
    """
    if share.recording.shares.filter(revoked_at=None).count() >= MAX_LINKS:
        raise Refused(f"A recording can have {MAX_LINKS} links: revoke one that is not needed any more.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    share.token_hash = hash_of(token)
    share.password = make_password(password) if password else ""
    if share.is_part and share.has_audio:
        share.excerpt_type = _cut(share)
    share.save()
    return token


def _cut(share: Share) -> str:
    recording = share.recording
    source = recording.playback_path if recording.playback_type else recording.source_path
    share.excerpt_path.parent.mkdir(parents=True, exist_ok=True)
    end = share.end if share.end is not None else (recording.duration or 0.0)
    try:
        return cut_out(source, share.excerpt_path, share.start or 0.0, end)
    except (AudioError, FileNotFoundError):
        raise Refused("This part's sound cannot be cut out: share it without audio.") from None


@transaction.atomic
def revoke(share: Share) -> None:
    """End the link, and within moments whatever is open through it."""
    Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now())
    share.memberships.all().delete()
    share.excerpt_path.unlink(missing_ok=True)
    _tell(share.recording_id)


def count_view(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(views=F("views") + 1, viewed_at=timezone.now())


def opens(share: Share, password: str) -> bool:
    return check_password(password, share.password)


def unlocked_value(share: Share) -> str:
    """Return what a browser keeps to show that it knew the password. Another password makes it void."""
    return UNLOCKED.sign(f"{share.pk}:{hash_of(share.password)}")


def is_unlocked(share: Share, value: str) -> bool:
    if not share.password:
        return True
    try:
        known = UNLOCKED.unsign(value, max_age=UNLOCKED_SECONDS)
    except signing.BadSignature:
        return False
    return known == f"{share.pk}:{hash_of(share.password)}"


def join(share: Share, user: Any) -> None:
    """Make the user an editor for as long as the link is good."""
    if share.recording.owner_id != user.pk:
        role = {"role": Membership.Role.EDITOR}
        share.memberships.get_or_create(recording=share.recording, email=user.email, defaults=role)


def invite(recording: Recording, address: str, role: str) -> Membership:
    """Let whoever has this address, now or later, see the recording or edit it.

    The answer is the same whether there is such an account.
    Raises: Refused: it is no address, or the owner's own.
    """
    email = address.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Refused("This is not an e-mail address: check it for typing errors.") from None
    if email == recording.owner.email:
        raise Refused("The recording is yours already: give the address of somebody else.")
    members = recording.memberships.filter(share=None)
    if members.exclude(email=email).count() >= MAX_MEMBERS:
        raise Refused(f"A recording can have {MAX_MEMBERS} members: remove one that is not needed any more.")
    defaults = {"role": Membership.Role(role)}
    member = members.update_or_create(recording=recording, email=email, share=None, defaults=defaults)[0]
    _tell(recording.pk)
    return member


@transaction.atomic
def remove(recording: Recording, email: str) -> None:
    """Take the recording from an address, however it came by it."""
    recording.memberships.filter(email=email).delete()
    _tell(recording.pk)


def _tell(recording_id: UUID) -> None:
    transaction.on_commit(partial(events.poke, recording_id))
