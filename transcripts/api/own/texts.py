"""Text that was worked on elsewhere, coming in."""

from typing import Any
from uuid import UUID

from ninja import Router
from pydantic import Field

from transcripts import access, text_import
from transcripts.api.bodies import writable
from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call, manages, reads, transcribes
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.documents import body_of, joined, refusals
from transcripts.api.own.fields import Shown
from transcripts.api.own.recording_shapes import RecordingShown, shown
from transcripts.api.own.recordings import address

router = Router(tags=["Texts"], auth=reads)

NO_FILE = "Send a form with the text as its “file”: SRT, VTT, JSON or TXT."


class TextForm(Shown):
    title: str = Field("", max_length=200)


class NoFields(Shown):
    pass


class Imported(Shown):
    revision: int | None = Field(description="Null where nothing was changed.")


@router.post(
    "/texts",
    response={201: RecordingShown},
    auth=transcribes,
    openapi_extra=joined(body_of(form=TextForm), IDEMPOTENCY_KEY, refusals(400, 413)),
)
@creates
def import_text(request: Call) -> Made:
    """Make a recording without sound of a text: SRT, VTT, JSON or TXT."""
    name, content = _file(request)
    title = writable(request.POST.get("title", ""))
    recording = text_import.import_alone(request.auth.user, name, content, title)
    return Made(shown(recording, request.auth.user), address(recording))


@router.post(
    "/recordings/{uuid:recording_id}/text",
    response=Imported,
    auth=manages,
    openapi_extra=joined(body_of(form=NoFields), refusals(400, 409, 413)),
)
def import_text_onto(request: Call, recording_id: UUID) -> Imported:
    """Replace the text of a recording, as one revision."""
    recording = access.recording_write(request.auth.user, recording_id)
    revision = text_import.import_onto(recording, request.auth.user, *_file(request))
    return Imported(revision=revision.number if revision else None)


def _file(request: Call) -> tuple[str, bytes]:
    sent: Any = request.FILES.get("file")
    if sent is None:
        raise ApiError(NO_FILE, 400, param="file")
    return sent.name or "", sent.read()
