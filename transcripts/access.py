"""Every object is looked up here: the object that the user may read or write, or 404.

A stranger cannot tell a foreign object from one that does not exist, and whoever lacks a right not why.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model
from django.http import Http404
from django.shortcuts import get_list_or_404, get_object_or_404
from django.utils import timezone

from sttweb.accounts.models import ApiKey
from transcripts.models import (
    ApiFile,
    ApiRequest,
    Delivery,
    Membership,
    Note,
    Recording,
    Rerun,
    Revision,
    Segment,
    SubtitleProfile,
    Term,
    Webhook,
)
from transcripts.models.recording import RecordingQuerySet

M = TypeVar("M", bound=Model)


class Role(IntEnum):
    """What somebody is to a recording; each may do what those before may."""

    STRANGER = 0
    VIEWER = 1
    EDITOR = 2
    OWNER = 3

    @property
    def key(self) -> str:
        """How pages and messages name it."""
        return self.name.lower()

    @property
    def can_write(self) -> bool:
        return self >= Role.EDITOR

    @property
    def is_owner(self) -> bool:
        return self is Role.OWNER


def role_of(user: Any, recording: Recording) -> Role:
    if not user.is_authenticated:
        return Role.STRANGER
    if recording.owner_id == user.pk:
        return Role.OWNER
    roles = Membership.objects.of(user).filter(recording=recording).values_list("role", flat=True)
    return max((Role[role.upper()] for role in roles), default=Role.STRANGER)


def recording_read(user: Any, pk: object) -> Recording:
    """Its text and its sound, for members too."""
    return _recording(user, pk, Role.VIEWER)


def recording_seen(user: Any, pk: object) -> tuple[Recording, Role]:
    """It, and what the user is to it: for what shows each reader what they may do."""
    recording = get_object_or_404(Recording, pk=pk, deleted_at=None)
    return recording, _require(user, recording, Role.VIEWER)


def recording_write(user: Any, pk: object) -> Recording:
    """To change its text, speakers and notes, for editors too."""
    return _recording(user, pk, Role.EDITOR)


def recording_own(user: Any, pk: object) -> Recording:
    """To delete, share, tag or run it again, for the owner."""
    return _recording(user, pk, Role.OWNER)


def recordings_own(user: Any, pks: Iterable[UUID]) -> list[Recording]:
    """Those of the named recordings that are the user's own."""
    return list(Recording.objects.of(user).filter(pk__in=pks)) if user.is_authenticated else []


def recordings_trashed(user: Any, pks: Iterable[UUID] | None = None) -> RecordingQuerySet:
    """What is in the user's trash; with `pks`, those of it."""
    trashed = Recording.objects.trashed().filter(owner=user)
    return trashed if pks is None else trashed.filter(pk__in=pks)


def segment_read(user: Any, pk: int) -> Segment:
    return _segment(user, pk, Role.VIEWER)


def segment_write(user: Any, pk: int) -> Segment:
    return _segment(user, pk, Role.EDITOR)


def note_read(user: Any, pk: int) -> Note:
    return _note(user, pk, Role.VIEWER)


def note_write(user: Any, pk: int) -> Note:
    return _note(user, pk, Role.EDITOR)


def revisions_own(user: Any, group: UUID) -> list[Revision]:
    """What the user did at once to recordings of theirs, and did not undo since."""
    done = Revision.objects.filter(group=group, author=user, undone_by=None)
    of_user = done.filter(transcript__recording__in=Recording.objects.of(user))
    return get_list_or_404(of_user.select_related("transcript__recording", "author").order_by("pk"))


def rerun_own(user: Any, pk: int) -> Rerun:
    reruns = Rerun.objects.select_related("recording", "transcript__base", "revision")
    rerun = get_object_or_404(reruns, pk=pk, recording__deleted_at=None)
    _require(user, rerun.recording, Role.OWNER)
    return rerun


def term_own(user: Any, pk: int) -> Term:
    return _owned(Term, user, pk=pk)


def subtitle_profile_own(user: Any, pk: int) -> SubtitleProfile:
    return _owned(SubtitleProfile, user, pk=pk)


def api_request_own(user: Any, pk: object, vendor: str) -> ApiRequest:
    """What a program of the user's asked for in this vendor's way."""
    return _owned(ApiRequest, user, pk=pk, vendor=vendor)


def api_file_own(user: Any, pk: UUID) -> ApiFile:
    """A file that a program of the user's has sent, until it expires."""
    return _owned(ApiFile, user, pk=pk, expires_at__gt=timezone.now())


def key_own(user: Any, pk: int) -> ApiKey:
    return _owned(ApiKey, user, pk=pk)


def webhook_own(user: Any, pk: int) -> Webhook:
    return _owned(Webhook, user, pk=pk)


def delivery_own(user: Any, pk: UUID) -> Delivery:
    return _owned(Delivery, user, pk=pk)


def _owned(model: type[M], user: Any, **lookup: Any) -> M:
    """What belongs to the user alone; to whoever is nobody, nothing does."""
    if not user.is_authenticated:
        raise Http404
    return get_object_or_404(model, owner=user, **lookup)


def _segment(user: Any, pk: int, least: Role) -> Segment:
    segments = Segment.objects.select_related("transcript__recording", "speaker")
    segment = get_object_or_404(segments, pk=pk, transcript__recording__deleted_at=None)
    _require(user, segment.transcript.recording, least)
    return segment


def _note(user: Any, pk: int, least: Role) -> Note:
    notes = Note.objects.select_related("transcript__recording", "author")
    note = get_object_or_404(notes, pk=pk, transcript__recording__deleted_at=None)
    _require(user, note.transcript.recording, least)
    return note


def _recording(user: Any, pk: object, least: Role) -> Recording:
    recording = get_object_or_404(Recording, pk=pk, deleted_at=None)
    _require(user, recording, least)
    return recording


def _require(user: Any, recording: Recording, least: Role) -> Role:
    role = role_of(user, recording)
    if role < least:
        raise Http404
    return role
