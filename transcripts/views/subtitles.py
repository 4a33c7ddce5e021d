"""Subtitles held against their profile, and the profiles of a user."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from sttweb.accounts.models import User
from transcripts import access
from transcripts.documents import document_of
from transcripts.export_options import options_of, profiles_of
from transcripts.exports import PRESETS
from transcripts.exports.cues import cues_of
from transcripts.exports.violations import violations
from transcripts.models import SubtitleProfile
from transcripts.refusals import Refused
from transcripts.subtitle_forms import MAX_PROFILES, SubtitleProfileForm

# A list that people work off; what is left shows up when they look again.
MAX_SHOWN = 200


@dataclass(frozen=True)
class Finding:
    start: float
    sentence: str
    segment_id: int


@require_safe
@login_required
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where the subtitles of a recording break their profile, with links to the segments."""
    recording = access.recording_read(request.user, pk)
    try:
        options = options_of(request.GET, request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("subtitles", pk)
    document = document_of(recording)
    cues = cues_of(document, options, is_labelled=True)
    found = violations(cues, options.profile)
    # In the order of the document's segments.
    pks = list(recording.transcript.segments.values_list("pk", flat=True)) if recording.transcript else []
    context = {
        "recording": recording,
        "profile": options.profile,
        "chosen": request.GET.get("profile", "netflix"),
        "profiles": profiles_of(request.user),
        "cue_count": len(cues),
        "count": len(found),
        "findings": [Finding(v.start_ms / 1000, v.sentence, pks[v.segment]) for v in found[:MAX_SHOWN]],
    }
    return render(request, "transcripts/subtitles.html", context)


class Profiles(LoginRequiredMixin, View):
    """The user's own profiles, and a form that adds one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, SubtitleProfileForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SubtitleProfileForm(request.POST, instance=SubtitleProfile(owner=cast(User, request.user)))
        if SubtitleProfile.objects.filter(owner=request.user.pk).count() >= MAX_PROFILES:
            form.add_error(None, f"You have {MAX_PROFILES} profiles: delete one first.")
        if not form.is_valid():
            return self.show(request, form, 400)
        form.save()
        messages.success(request, f"“{form.instance.name}” can be chosen when you take subtitles away.")
        return redirect("subtitle_profiles")

    def show(self, request: HttpRequest, form: SubtitleProfileForm, status: int = 200) -> HttpResponse:
        own = SubtitleProfile.objects.filter(owner=request.user.pk)
        context = {"form": form, "presets": PRESETS.values(), "own": own}
        return render(request, "transcripts/subtitle_profiles.html", context, status=status)


@require_POST
@login_required
def delete_profile(request: HttpRequest, pk: int) -> HttpResponse:
    profile = access.subtitle_profile_own(request.user, pk)
    profile.delete()
    messages.success(request, f"“{profile.name}” was deleted.")
    return redirect(reverse("subtitle_profiles"))
