"""Subtitles held against a profile, and the owner's profiles."""

from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from transcripts import access
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.exports import Choices
from transcripts.api.own.fields import Given, PathNumber, Shown, Text
from transcripts.api.own.transcripts import transcript_of
from transcripts.documents import document_of
from transcripts.exports.cues import cues_of
from transcripts.exports.violations import violations
from transcripts.models import SubtitleProfile
from transcripts.subtitle_forms import MAX_PROFILES, SubtitleProfileForm

router = Router(tags=["Subtitles"], auth=reads)

# What is left shows up when one looks again.
MOST = 1000


class NewProfile(Given):
    """Times are seconds."""

    name: Text = Field(min_length=1, max_length=50)
    line_length: int = Field(40, ge=10, le=100, description="Characters.")
    lines: int = Field(2, ge=1, le=4)
    reading_speed: float = Field(18, ge=5, le=50, description="Characters a second.")
    shortest: float = Field(1, ge=0.2, le=5)
    longest: float = Field(7, ge=1, le=30)
    gap: float = Field(0.08, ge=0, le=2)


class ProfileShown(Shown):
    id: int
    name: str
    line_length: int
    lines: int
    reading_speed: float
    shortest: float
    longest: float
    gap: float


class Profiles(Shown):
    items: list[ProfileShown]


class FindingShown(Shown):
    start: float
    segment: int
    sentence: str


class Check(Shown):
    profile: str
    subtitles: int
    count: int
    findings: Annotated[list[FindingShown], Field(description=f"The first {MOST} at most.")]


def profile_shown(own: SubtitleProfile) -> ProfileShown:
    return ProfileShown(**{name: getattr(own, name) for name in ProfileShown.model_fields})


@router.get("/recordings/{uuid:recording_id}/subtitles", response=Check, openapi_extra=refusals(400, 409))
def check_subtitles(request: Call, recording_id: UUID, choices: Query[Choices]) -> Check:
    """Where the subtitles of a recording break their profile."""
    recording = access.recording_read(request.auth.user, recording_id)
    transcript = transcript_of(recording)
    options = choices.options(request.auth.user)
    cues = cues_of(document_of(recording), options, is_labelled=True)
    found = violations(cues, options.profile)
    # In the order of the document's segments.
    pks = list(transcript.segments.values_list("pk", flat=True))
    findings = [
        FindingShown(start=v.start_ms / 1000, segment=pks[v.segment], sentence=v.sentence)
        for v in found[:MOST]
    ]
    return Check(profile=options.profile.name, subtitles=len(cues), count=len(found), findings=findings)


@router.get("/subtitle-profiles", response=Profiles)
def list_subtitle_profiles(request: Call) -> Profiles:
    """The key owner's own; `/formats` has those that everybody can choose as well."""
    own = SubtitleProfile.objects.filter(owner=request.auth.user)
    return Profiles(items=[profile_shown(profile) for profile in own])


@router.post(
    "/subtitle-profiles",
    response={201: ProfileShown},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def create_subtitle_profile(request: Call, given: NewProfile) -> Made:
    user = request.auth.user
    if SubtitleProfile.objects.filter(owner=user).count() >= MAX_PROFILES:
        raise ApiError(f"You have {MAX_PROFILES} profiles: delete one first.", 409)
    form = SubtitleProfileForm(given.model_dump(), instance=SubtitleProfile(owner=user))
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise ApiError(str(errors[0]), 400, param=name)
    return Made(profile_shown(form.save()), "/api/v1/subtitle-profiles")


@router.delete("/subtitle-profiles/{int:profile_id}", response={204: None}, auth=manages)
def delete_subtitle_profile(request: Call, profile_id: PathNumber) -> HttpResponse:
    access.subtitle_profile_own(request.auth.user, profile_id).delete()
    return HttpResponse(status=204)
