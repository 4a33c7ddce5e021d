"""Uploads by tus 1.0.0 with its extensions creation, creation-with-upload, creation-defer-length, checksum,
expiration and termination.

https://tus.io/protocols/resumable-upload

Microphone and files take the same way: raw bodies of a few megabytes, each at the offset that is due.
"""

import base64
import logging
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import http_date
from django.views import View

from sttweb.accounts.models import User
from transcripts import access, ingest, quotas
from transcripts.ingest import Checksum, Refused, WrongOffset
from transcripts.models import Recording
from transcripts.views.answers import error
from transcripts.wishes import Wishes

logger = logging.getLogger(__name__)

VERSION = "1.0.0"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "checksum",
    "expiration",
    "termination",
)
CONTENT_TYPE = "application/offset+octet-stream"
METADATA = ("id", "title", "filename", "source", "language", "task", "prompt", "sha256")
METADATA_LENGTH = 8000


def uploader(request: HttpRequest) -> User:
    """Return who sends. The one place that knows how senders prove who they are."""
    if not request.user.is_authenticated:
        raise Refused("Your session has ended: sign in again, and the upload goes on.", 401)
    user = cast(User, request.user)
    # A page of one user stays open while another signs in, and its cookies are then theirs.
    if request.headers.get("Stt-User", str(user.pk)) != str(user.pk):
        raise Refused("Another account is signed in now: sign in as before, and the upload goes on.", 401)
    return user


class Tus(View):
    """What all requests of the protocol have in common."""

    # The name of the route that leads to one upload.
    route = "upload"

    def sender(self, request: HttpRequest) -> User:
        return uploader(request)

    def refuse(self, refused: Refused) -> HttpResponse:
        return refusal(refused)

    def begin(self, wishes: Wishes, size: int | None) -> Recording:
        return ingest.begin(self.owner, wishes, size)

    def page_of(self, recording: Recording) -> str:
        return recording.get_absolute_url()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # For clients whose network or language lets nothing but GET and POST through.
        if request.method == "POST":
            request.method = request.headers.get("X-HTTP-Method-Override", "POST").upper()
        try:
            response = self.answer(request, *args, **kwargs)
        except Refused as refused:
            logger.info("%s %s refused: %s", request.method, request.path, refused)
            response = self.refuse(refused)
        except Http404:
            response = self.refuse(Refused(ingest.GONE, 404))
        response["Tus-Resumable"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "OPTIONS":
            if request.headers.get("Tus-Resumable") != VERSION:
                raise Refused(f"Uploads speak tus {VERSION}: say so in the header Tus-Resumable.", 412)
            self.owner = self.sender(request)
        return super().dispatch(request, *args, **kwargs)

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer_with(
            204,
            Tus_Version=VERSION,
            Tus_Extension=",".join(EXTENSIONS),
            Tus_Max_Size=settings.STT_QUOTA_BYTES,
            Tus_Checksum_Algorithm=",".join(ingest.CHECKSUMS),
        )


class Uploads(Tus):
    """Where uploads are made."""

    def post(self, request: HttpRequest) -> HttpResponse:
        size = announced_size(request)
        length = body_length(request)
        if length:
            check_content_type(request)
        wishes = wishes_of(request)
        # One at a time: the same request may come again while it is still answered.
        with quotas.reserving():
            begun = ingest.begun(self.owner, wishes)
            recording = begun or self.begin(wishes, size)
        if length and not begun:
            try:
                ingest.append(recording, 0, request, length, checksum_of(request))
            except Refused:
                # Its address was never told.
                ingest.delete(recording)
                raise
        response = progress(recording, 201, self.page_of)
        response["Location"] = reverse(self.route, args=[recording.pk])
        return response


class Upload(Tus):
    """One upload. Its address is no secret: only its owner finds it."""

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.pk = kwargs["pk"]
        return super().answer(request, *args, **kwargs)

    @property
    def recording(self) -> Recording:
        return access.recording_own(self.owner, self.pk)

    def head(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        recording = self.recording
        length = {"Upload_Defer_Length": 1} if recording.size is None else {"Upload_Length": recording.size}
        response = answer_with(200, Upload_Offset=recording.bytes_received, **length, **expiry(recording))
        if recording.upload_metadata:
            response["Upload-Metadata"] = recording.upload_metadata
        return response

    def patch(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        check_content_type(request)
        offset = whole_number(request.headers.get("Upload-Offset"), "Upload-Offset")
        length = body_length(request)
        recording = self.recording
        announce(request, recording)
        if recording.has_all_bytes:
            # The last answer may have been lost: the same end again is no error.
            ingest.check_repeated(recording, offset, request, length)
        else:
            ingest.append(recording, offset, request, length, checksum_of(request))
        return progress(recording, 204, self.page_of)

    def delete(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        recording = self.recording
        if recording.state != Recording.State.RECEIVING and not recording.is_cut_short:
            raise Refused("This recording is complete: delete it on its page.", 409)
        ingest.delete(recording)
        return answer_with(204)


def answer_with(status: int, **headers: object) -> HttpResponse:
    response = HttpResponse(status=status)
    for name, value in headers.items():
        response[name.replace("_", "-")] = str(value)
    return response


def refusal(refused: Refused) -> HttpResponse:
    return with_protocol(error(str(refused), refused.status), refused)


def with_protocol(response: HttpResponse, refused: Refused) -> HttpResponse:
    """Add what clients of the protocol go by."""
    if isinstance(refused, WrongOffset):
        response["Upload-Offset"] = str(refused.expected)
    if refused.status == ingest.CHECKSUM_MISMATCH:
        response.reason_phrase = "Checksum Mismatch"
    if refused.status == 412:
        response["Tus-Version"] = VERSION
    return response


def progress(recording: Recording, status: int, page_of: Callable[[Recording], str]) -> HttpResponse:
    """Tell how far the upload is; one that has all its bytes is finished first."""
    received = recording.bytes_received
    if not recording.has_all_bytes:
        return answer_with(status, Upload_Offset=received, **expiry(recording))
    pk = recording.pk
    kept = ingest.finish(recording)
    response = answer_with(status, Upload_Offset=received, Stt_Recording=page_of(kept))
    if kept.pk != pk:
        response["Stt-Notice"] = quote(f"You already have this recording: “{kept.title}”.")
    return response


def expiry(recording: Recording) -> dict[str, object]:
    if recording.state != Recording.State.RECEIVING:
        return {}
    return {"Upload_Expires": http_date(recording.expires_at.timestamp())}


def announced_size(request: HttpRequest) -> int | None:
    """Return the Upload-Length, or None where the sender does not know it yet."""
    length = request.headers.get("Upload-Length")
    if length is None:
        if request.headers.get("Upload-Defer-Length") == "1":
            return None
        raise Refused(
            "Say how long the upload is (Upload-Length), or that this is not known (Upload-Defer-Length)."
        )
    return whole_number(length, "Upload-Length")


def announce(request: HttpRequest, recording: Recording) -> None:
    """Take what this request says of the whole: its length, where it began without one, and its hash."""
    length, sha256 = request.headers.get("Upload-Length"), request.headers.get("Upload-Sha256", "")
    is_open = recording.state == Recording.State.RECEIVING or recording.is_cut_short
    if is_open and length is not None:
        ingest.announce(recording, whole_number(length, "Upload-Length"), sha256)


def body_length(request: HttpRequest) -> int:
    """Return how many bytes the request carries, or promises."""
    length = request.headers.get("Content-Length") or None
    is_chunked = "Transfer-Encoding" in request.headers
    count = len(request.body) if is_chunked else whole_number(length or "0", "Content-Length")
    if count > settings.STT_PATCH_BYTES:
        raise Refused("Send at most 8 MB at a time.", 413)
    return count


def check_content_type(request: HttpRequest) -> None:
    if request.content_type != CONTENT_TYPE:
        raise Refused(f"The content type must be {CONTENT_TYPE}.", 415)


def checksum_of(request: HttpRequest) -> Checksum | None:
    """Return what Upload-Checksum says: `algorithm base64`."""
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in ingest.CHECKSUMS:
        raise Refused(f"The checksum must be one of: {', '.join(ingest.CHECKSUMS)}.")
    try:
        return Checksum(algorithm, base64.b64decode(value, validate=True))
    except ValueError:
        raise Refused("Upload-Checksum must be an algorithm and a checksum in base64.") from None


def whole_number(text: str | None, name: str) -> int:
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise Refused(f"{name} must be a number of bytes.")
    return int(text)


def wishes_of(request: HttpRequest) -> Wishes:
    """Return what Upload-Metadata says: `name base64, name base64, …`."""
    header = request.headers.get("Upload-Metadata", "")
    if len(header) > METADATA_LENGTH:
        raise Refused(f"Upload-Metadata may have at most {METADATA_LENGTH} characters.")
    metadata: dict[str, Any] = {}
    for pair in header.split(","):
        name, _, value = pair.strip().partition(" ")
        if name in METADATA:
            metadata[name] = decoded(value)
    file_name, key = metadata.pop("filename", ""), metadata.pop("id", "")
    given: dict[str, Any] = {name: value for name, value in metadata.items() if value}
    return Wishes(file_name=file_name, upload_key=key, upload_metadata=header, **given)


def decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        raise Refused("Upload-Metadata must be UTF-8 text in base64.") from None
