"""Who else may see a recording: links and members."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from ninja import Router
from pydantic import Field

from transcripts import access, sharing
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.fields import Given, PathNumber, Shown, Text
from transcripts.models import Membership, Recording, Share
from transcripts.share_form import ShareForm

router = Router(tags=["Sharing"], auth=reads)

Clock = Annotated[float, Field(ge=0, le=99_999)]


class ShareShown(Shown):
    id: int
    label: str
    permission: Literal["view", "download", "edit"]
    expires_at: datetime | None
    has_password: bool
    start: float | None
    end: float | None
    has_audio: bool
    has_speakers: bool
    shows_title: bool
    can_embed: bool
    views: int
    viewed_at: datetime | None
    created_at: datetime


class NewShareShown(ShareShown):
    url: str = Field(description="The link. It is told in this answer, and never again.")
    embed_url: str | None


class Shares(Shown):
    items: list[ShareShown]


class NewShare(Given):
    label: Text = Field("", max_length=80, description="For the owner: whom it is for.")
    permission: Literal["view", "download", "edit"] = "view"
    expires_in_days: Literal[1, 7, 30, 365] | None = Field(30, description="Null for never.")
    password: Text = Field("", max_length=128, description="At least 6 characters; empty asks for none.")
    start: Clock | None = Field(None, description="Seconds; null for the beginning.")
    end: Clock | None = Field(None, description="Seconds; null for the end.")
    has_audio: bool = True
    has_speakers: bool = True
    shows_title: bool = Field(False, description="In the link's previews.")
    can_embed: bool = Field(False, description="Other sites may show it.")


class MemberShown(Shown):
    id: int
    email: str
    role: Literal["viewer", "editor"]
    is_by_link: bool = Field(description="They came by a link, and go with it.")


class Members(Shown):
    items: list[MemberShown]


class NewMember(Given):
    email: Text = Field(max_length=254)
    role: Literal["viewer", "editor"] = "viewer"


def share_facts(share: Share) -> dict[str, Any]:
    facts = {
        name: getattr(share, name) for name in ShareShown.model_fields if name not in ("id", "has_password")
    }
    return {"id": share.pk, "has_password": bool(share.password), **facts}


@router.get("/recordings/{uuid:recording_id}/shares", response=Shares)
def list_shares(request: Call, recording_id: UUID) -> Shares:
    """The links that open it."""
    recording = access.recording_own(request.auth.user, recording_id)
    shares = recording.shares.filter(revoked_at=None)
    return Shares(items=[ShareShown(**share_facts(share)) for share in shares])


@router.post(
    "/recordings/{uuid:recording_id}/shares",
    response={201: NewShareShown},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def create_share(request: Call, recording_id: UUID, given: NewShare) -> Made:
    """Make a link. Its address is in this answer, and never again."""
    recording = access.recording_own(request.auth.user, recording_id)
    form = ShareForm(_as_form(given), recording=recording)
    if not form.is_valid():
        raise ApiError(_first_error(form), 400)
    share = form.save()
    share.creator = request.auth.user
    token = sharing.create(share, form.cleaned_data["password"])
    embed = request.build_absolute_uri(reverse("share_embed", args=[token])) if share.can_embed else None
    url = request.build_absolute_uri(reverse("share", args=[token]))
    body = NewShareShown(**share_facts(share), url=url, embed_url=embed)
    return Made(body, f"/api/v1/recordings/{recording.pk}/shares")


def _as_form(given: NewShare) -> dict[str, object]:
    facts = given.model_dump(exclude={"expires_in_days", "start", "end"})
    clocks = {name: getattr(given, name) for name in ("start", "end")}
    return {
        **facts,
        "expires": str(given.expires_in_days or ""),
        **{name: "" if at is None else f"{at:.3f}" for name, at in clocks.items()},
    }


def _first_error(form: ShareForm) -> str:
    name, errors = next(iter(form.errors.items()))
    return str(errors[0]) if name == "__all__" else f"{name}: {errors[0]}"


@router.delete("/recordings/{uuid:recording_id}/shares/{int:share_id}", response={204: None}, auth=manages)
def revoke_share(request: Call, recording_id: UUID, share_id: PathNumber) -> HttpResponse:
    """End a link, and within moments whatever is open through it."""
    recording = access.recording_own(request.auth.user, recording_id)
    sharing.revoke(get_object_or_404(recording.shares.filter(revoked_at=None), pk=share_id))
    return HttpResponse(status=204)


@router.get("/recordings/{uuid:recording_id}/members", response=Members)
def list_members(request: Call, recording_id: UUID) -> Members:
    recording = access.recording_own(request.auth.user, recording_id)
    return Members(items=[member_shown(member) for member in recording.memberships.active()])


def member_shown(member: Membership) -> MemberShown:
    return MemberShown(
        id=member.pk,
        email=member.email,
        role=member.role,  # type: ignore[arg-type]
        is_by_link=member.share_id is not None,
    )


@router.post(
    "/recordings/{uuid:recording_id}/members",
    response={201: MemberShown},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def invite_member(request: Call, recording_id: UUID, given: NewMember) -> Made:
    """Let whoever has this address, now or later, see or edit it. Again with another role changes that."""
    recording = access.recording_own(request.auth.user, recording_id)
    member = sharing.invite(recording, given.email, given.role)
    return Made(member_shown(member), f"/api/v1/recordings/{recording.pk}/members")


@router.delete("/recordings/{uuid:recording_id}/members/{int:member_id}", response={204: None}, auth=manages)
def remove_member(request: Call, recording_id: UUID, member_id: PathNumber) -> HttpResponse:
    recording = access.recording_own(request.auth.user, recording_id)
    sharing.remove(recording, get_object_or_404(recording.memberships, pk=member_id).email)
    return HttpResponse(status=204)


@router.post(
    "/recordings/{uuid:recording_id}/leave",
    response={204: None},
    auth=manages,
    openapi_extra=refusals(409),
)
def leave_recording(request: Call, recording_id: UUID) -> HttpResponse:
    """Take a recording of somebody else's out of the key owner's library."""
    recording: Recording = access.recording_read(request.auth.user, recording_id)
    if access.role_of(request.auth.user, recording).is_owner:
        raise ApiError("The recording is your own: delete it instead.", 409)
    sharing.remove(recording, request.auth.user.email)
    return HttpResponse(status=204)
