"""Recordings as files to take away."""

from typing import Annotated
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from ninja import Query, Router
from pydantic import Field

from sttweb.accounts.models import User
from transcripts import access
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, reads
from transcripts.api.own.documents import files_of, joined, refusals
from transcripts.api.own.fields import Asked, Shown
from transcripts.archives import zip_name, zip_of
from transcripts.export_options import options_of, profiles_of
from transcripts.exporting import SOUNDS, File, file_of
from transcripts.exports import FORMATS, Options
from transcripts.models import Recording
from transcripts.views.exports import download

router = Router(tags=["Exports"], auth=reads)

KEYS = (*FORMATS, *SOUNDS)
FILE = joined(files_of("*/*", "The file."), refusals(400, 413))
Key = Annotated[str, Field(json_schema_extra={"enum": list(KEYS)}, description="One of `/formats`.")]


class FormatShown(Shown):
    key: str
    name: str
    extension: str = Field(description="Empty where it depends on the recording.")
    media_type: str = Field(description="Empty where it depends on the recording.")


class ProfileChoice(Shown):
    key: str
    name: str


class Formats(Shown):
    formats: list[FormatShown]
    profiles: list[ProfileChoice] = Field(description="What subtitles can keep to.")


class Choices(Shown):
    """How a file shall be. What a format has no use for is ignored."""

    speakers: bool = Field(True, description="Say who speaks.")
    times: bool = Field(False, description="Say when.")
    turns: bool = Field(False, description="Join what one person says in a row.")
    paragraphs: bool = Field(False, description="Join sentences to paragraphs.")
    start: Asked = Field("", max_length=20, description="Only from here on: seconds, or like 1:02:03.")
    end: Asked = Field("", max_length=20, description="Only up to here.")
    profile: Asked = Field("", max_length=20, description="The key of one of `profiles`.")
    words: bool = Field(False, description="A subtitle a word.")
    sound: bool = Field(False, description="The sound as part of the web page.")

    def options(self, user: User) -> Options:
        """Raises: Refused: a time or a profile makes no sense."""
        fields = self.model_dump(include=set(Choices.model_fields))
        params = {name: _as_in_forms(value) for name, value in fields.items()}
        return options_of(params, user)


class ManyChoices(Choices):
    key: list[Key] = Field(min_length=1, max_length=len(KEYS), description="May be given several times.")


class LibraryChoices(ManyChoices):
    recording: list[UUID] = Field(min_length=1, max_length=500, description="May be given several times.")


def _as_in_forms(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


@router.get("/formats", response=Formats)
def list_formats(request: Call) -> Formats:
    """What files there are, and what subtitles can keep to."""
    texts = [
        FormatShown(key=key, name=form.name, extension=form.extension, media_type=form.media_type)
        for key, form in FORMATS.items()
    ]
    sounds = [FormatShown(key=key, name=name, extension="", media_type="") for key, name in SOUNDS.items()]
    profiles = [ProfileChoice(key=key, name=name) for key, name in profiles_of(request.auth.user)]
    return Formats(formats=[*texts, *sounds], profiles=profiles)


@router.get("/recordings/{uuid:recording_id}/export/{slug:key}", response={200: None}, openapi_extra=FILE)
def export_recording(
    request: Call, recording_id: UUID, key: Key, choices: Query[Choices]
) -> HttpResponseBase:
    """One file."""
    recording = access.recording_read(request.auth.user, recording_id)
    return download(file_of(recording, key, choices.options(request.auth.user)))


@router.get("/recordings/{uuid:recording_id}/export", response={200: None}, openapi_extra=FILE)
def export_recording_as_zip(
    request: Call, recording_id: UUID, choices: Query[ManyChoices]
) -> HttpResponseBase:
    """Several files of a recording, as a ZIP."""
    recording = access.recording_read(request.auth.user, recording_id)
    return _zip([recording], choices.key, choices.options(request.auth.user))


@router.get("/export", response={200: None}, openapi_extra=joined(FILE, refusals(404)))
def export_recordings_as_zip(request: Call, choices: Query[LibraryChoices]) -> HttpResponseBase:
    """Files of several recordings, as a ZIP."""
    found = [access.recording_read(request.auth.user, pk) for pk in dict.fromkeys(choices.recording)]
    return _zip(found, choices.key, choices.options(request.auth.user))


def _zip(recordings: list[Recording], keys: list[str], options: Options) -> HttpResponseBase:
    wanted = [key for key in KEYS if key in keys]
    if len(wanted) < len(set(keys)):
        raise ApiError(f"There are these formats: {', '.join(KEYS)}.", 400, param="key")
    if not recordings:
        raise Http404
    pieces = zip_of(recordings, wanted, options)
    return download(File(zip_name(recordings), "application/zip", pieces, is_compressed=True))
