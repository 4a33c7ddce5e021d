"""The owner's side of sharing: the dialog on the recording's page."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sttweb.accounts.models import User
from transcripts import access, sharing
from transcripts.models import Membership, Recording
from transcripts.refusals import Refused
from transcripts.share_form import ShareForm


@require_safe
@login_required
def dialog(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _dialog(request, access.recording_own(request.user, pk))


@require_POST
@login_required
def create(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a link. Its address is in this answer, and never again."""
    recording = access.recording_own(request.user, pk)
    form = ShareForm(request.POST, recording=recording)
    if not form.is_valid():
        return _dialog(request, recording, form=form, status=400)
    share = form.save()
    share.creator = cast(User, request.user)
    try:
        token = sharing.create(share, form.cleaned_data["password"])
    except Refused as refused:
        form.add_error(None, str(refused))
        return _dialog(request, recording, form=form, status=400)
    facts = {"made": share, "address": request.build_absolute_uri(reverse("share", args=[token]))}
    if share.can_embed:
        facts["embed_address"] = request.build_absolute_uri(reverse("share_embed", args=[token]))
    return _dialog(request, recording, status=201, **facts)


@require_POST
@login_required
def revoke(request: HttpRequest, pk: UUID, share: int) -> HttpResponse:
    recording = access.recording_own(request.user, pk)
    sharing.revoke(get_object_or_404(recording.shares.filter(revoked_at=None), pk=share))
    return _dialog(request, recording, said="The link is revoked: it opens nothing any more.")


@require_POST
@login_required
def invite(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording = access.recording_own(request.user, pk)
    role = request.POST.get("role", "")
    if role not in Membership.Role.values:
        role = Membership.Role.VIEWER
    try:
        member = sharing.invite(recording, request.POST.get("email", ""), role)
    except Refused as refused:
        facts = {"refusal": str(refused), "email": request.POST.get("email", "")}
        return _dialog(request, recording, status=400, **facts)
    said = f"Shared with {member.email}: the recording is in the library of the account with this address."
    return _dialog(request, recording, said=said)


@require_POST
@login_required
def remove(request: HttpRequest, pk: UUID, member: int) -> HttpResponse:
    recording = access.recording_own(request.user, pk)
    membership = get_object_or_404(recording.memberships, pk=member)
    sharing.remove(recording, membership.email)
    return _dialog(request, recording, said=f"Not shared with {membership.email} any more.")


@require_POST
@login_required
def leave(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A member takes the recording out of their library."""
    recording = access.recording_read(request.user, pk)
    if not access.role_of(request.user, recording).is_owner:
        sharing.remove(recording, cast(User, request.user).email)
        messages.success(request, f"“{recording.title}” is not in your library any more.")
    return redirect("home")


def _dialog(
    request: HttpRequest, recording: Recording, *, status: int = 200, **facts: object
) -> HttpResponse:
    context = {
        "recording": recording,
        "links": recording.shares.filter(revoked_at=None),
        "members": recording.memberships.active().select_related("share"),
        "form": facts.pop("form", None) or ShareForm(recording=recording),
    }
    return render(request, "transcripts/_sharing.html", context | facts, status=status)
