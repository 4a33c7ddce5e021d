"""Where an `audio_url` leads: to the server of somebody else, to a file that was sent here, or to itself."""

import base64
import binascii
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from uuid import UUID

from django.http import Http404

from transcripts import access, api_files
from transcripts.api import service
from transcripts.api.fal.errors import of_field
from transcripts.api.fal.inputs import APPLICATIONS, Input
from transcripts.api.gate import Caller
from transcripts.models import ApiFile, ApiRequest, Recording
from transcripts.refusals import Refused

# Wherever the server was reached by when the file was sent, and is now.
FILE_PATH = re.compile(r"/fal/cdn/files/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[^/]*")
DATA_URL = re.compile(r"data:[^,]{0,200}?(;base64)?,", re.IGNORECASE)

GONE = "There is no such file here any more, or it was sent with another account's key: upload it again."
NOT_DATA = "The data: address is not one: after a comma it has the file in Base64."


def take(caller: Caller, application: str, given: Input, host: str, **more: Any) -> Recording:
    """Take in what the input names.

    Args:
        host: that the caller reached this server by.
        more: of `service.Asked`; its options beside those of the input.
    Raises: Refused: it cannot be had, or there is no room.
    """
    asked = service.Asked(
        ApiRequest.Vendor.FAL,
        application,
        frozenset(APPLICATIONS),
        task=given.task,
        language=given.language or "",
        prompt=given.prompt,
        is_diarized=given.diarize,
        options=given.model_dump(exclude={"audio_url", "prompt"}) | more.pop("options", {}),
        **more,
    )
    with _of_the_audio_url():
        if given.audio_url[:5].lower() == "data:":
            data = decoded(given.audio_url)
            return service.take_body(caller, asked, io.BytesIO(data), len(data))
        if file := sent_file(caller, given.audio_url, host):
            return _take_file(caller, asked, file)
        return service.take_link(caller, asked, given.audio_url)


@contextmanager
def _of_the_audio_url() -> Iterator[None]:
    """Say of what is wrong with the file or the link which field it came in."""
    try:
        yield
    except Refused as refused:
        if refused.status != 400:
            raise
        raise of_field("audio_url", str(refused), "file_download_error") from None


def decoded(url: str) -> bytes:
    """Return what a data: URL holds (RFC 2397)."""
    match = DATA_URL.match(url)
    if match is None:
        raise Refused(NOT_DATA)
    data = unquote_to_bytes(url[match.end() :])
    try:
        return base64.b64decode(data, validate=True) if match[1] else data
    except binascii.Error:
        raise Refused(NOT_DATA) from None


def sent_file(caller: Caller, url: str, host: str) -> ApiFile | None:
    """Return the file that was sent here, if that is where the URL leads: it is not fetched like others."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    match = FILE_PATH.fullmatch(parts.path)
    if match is None:
        return None
    try:
        return access.api_file_own(caller.user, UUID(match[1]))
    except Http404:
        if parts.netloc == host:
            raise Refused(GONE) from None
        return None


def _take_file(caller: Caller, asked: service.Asked, file: ApiFile) -> Recording:
    with api_files.open_whole(file) as body:
        named = replace(asked, file_name=file.name)
        return service.take_body(caller, named, body, file.size)
