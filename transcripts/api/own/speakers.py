"""Who is heard."""

from typing import Annotated
from uuid import UUID

from ninja import Router
from pydantic import Field

from transcripts import access, speakers
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.documents import refusals
from transcripts.api.own.fields import Given, Numbers, PathNumber, Shown, Text
from transcripts.api.own.segment_shapes import EditShown, SpeakerShown, edit_shown, speakers_of
from transcripts.api.own.transcripts import transcript_of

router = Router(tags=["Speakers"], auth=reads)

SpeakerNumber = Annotated[int, Field(ge=1, le=speakers.MOST)]
Name = Annotated[Text, Field(max_length=speakers.NAME_LENGTH)]


class Speakers(Shown):
    items: list[SpeakerShown]


class Assignment(Given):
    segments: Numbers
    speaker: SpeakerNumber | None = Field(None, description="A speaker that there is; null for nobody.")
    is_new: bool = Field(False, description="They are a new speaker's, who gets the next number.")
    name: Name | None = Field(None, description="Names the speaker as well.")


class SpeakerName(Given):
    name: Name = Field(description="Empty: it goes by its number.")


class Into(Given):
    into: SpeakerNumber


@router.get("/recordings/{uuid:recording_id}/speakers", response=Speakers, openapi_extra=refusals(409))
def list_speakers(request: Call, recording_id: UUID) -> Speakers:
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    return Speakers(items=speakers_of(transcript))


@router.post(
    "/recordings/{uuid:recording_id}/speakers/assign",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def assign_speaker(request: Call, recording_id: UUID, given: Assignment) -> EditShown:
    """Say whose some segments are, as one act."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    act = speakers.assign(transcript, user, given.segments, given.speaker, given.name, is_new=given.is_new)
    return edit_shown(act, user)


@router.patch(
    "/recordings/{uuid:recording_id}/speakers/{int:number}",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def name_speaker(request: Call, recording_id: UUID, number: PathNumber, given: SpeakerName) -> EditShown:
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    return edit_shown(speakers.rename(transcript, user, number=number, name=given.name), user)


@router.post(
    "/recordings/{uuid:recording_id}/speakers/{int:number}/merge",
    response=EditShown,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def merge_speakers(request: Call, recording_id: UUID, number: PathNumber, given: Into) -> EditShown:
    """Give all that one speaker says to another one."""
    user = request.auth.user
    transcript = transcript_of(access.recording_write(user, recording_id))
    return edit_shown(speakers.merge(transcript, user, number=number, into=given.into), user)
