"""fal's storage: a program sends a file first, and gives its address as `audio_url` afterwards.

A file can be sent by whoever shows the key, or has the signed address that `initiate` gave to who did.
"""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from transcripts import access, api_files
from transcripts.api import signatures
from transcripts.api.bodies import json_in
from transcripts.api.errors import ApiError
from transcripts.api.fal.errors import refusal
from transcripts.api.fal.inputs import read_json
from transcripts.api.gate import Caller, by_key, endpoint, key_in
from transcripts.api.threads import in_thread
from transcripts.models import ApiFile

READ_BYTES = 256 * 1024
LIFECYCLES = ("X-Fal-Object-Lifecycle", "X-Fal-Object-Lifecycle-Preference")


def sender(request: HttpRequest, scope: str) -> Caller:
    """Admit who shows a key, or sends to an address that was signed for a file."""
    if request.method == "GET" or signatures.NAME not in request.GET:
        return by_key(request, scope)
    return signatures.caller_of(request.path, request.GET)


@endpoint(refusal, "POST")
async def token(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    """Answer with what the file is then sent with: the key itself, which whoever asks has."""
    expires_at = timezone.now() + timedelta(seconds=signatures.SECONDS)
    facts = {
        "token": key_in(request),
        "token_type": "Bearer",
        "base_url": request.build_absolute_uri("/fal/cdn"),
        "expires_at": expires_at.isoformat(),
    }
    return JsonResponse(facts)


@endpoint(refusal, "POST")
async def initiate(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    file = await in_thread(_announced, request, caller)
    url = address(request, file)
    return JsonResponse({"file_url": url, "upload_url": signatures.signed(url, file)})


@endpoint(refusal, "POST")
async def initiate_parts(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    file = await in_thread(_announced, request, caller)
    url = address(request, file)
    return JsonResponse(
        {"file_url": url, "upload_url": signatures.signed(f"{url}/multipart/{file.pk}", file)}
    )


def _announced(request: HttpRequest, caller: Caller) -> ApiFile:
    given = read_json(request)
    name = given.get("file_name") if isinstance(given, dict) else None
    return api_files.begin(caller.user, caller.key, str(name or ""), kept(request))


@endpoint(refusal, "POST")
async def upload(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    file = await in_thread(_taken, request, caller)
    return JsonResponse({"access_url": address(request, file)})


def _taken(request: HttpRequest, caller: Caller) -> ApiFile:
    file = _named(request, caller)
    api_files.take(file, request, length_of(request))
    return file


@endpoint(refusal, "POST")
async def upload_parts(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    file = await in_thread(_named, request, caller)
    return JsonResponse({"access_url": address(request, file), "uploadId": str(file.pk)})


def _named(request: HttpRequest, caller: Caller) -> ApiFile:
    return api_files.begin(caller.user, caller.key, request.headers.get("X-Fal-File-Name", ""), kept(request))


@endpoint(refusal, "GET", "PUT", admission=sender)
async def file(request: HttpRequest, caller: Caller, pk: UUID, name: str) -> HttpResponseBase:
    found = await in_thread(access.api_file_own, caller.user, pk)
    if request.method == "PUT":
        digest = await in_thread(api_files.take, found, request, length_of(request))
        return HttpResponse(headers={"ETag": f'"{digest}"'})
    body = _pieces(await in_thread(api_files.open_whole, found))
    headers = {
        "Content-Length": str(found.size),
        "Content-Disposition": "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return StreamingHttpResponse(body, content_type="application/octet-stream", headers=headers)


async def _pieces(source: IO[bytes]) -> AsyncIterator[bytes]:
    with source:
        while piece := await in_thread(source.read, READ_BYTES):
            yield piece


@endpoint(refusal, "PUT", admission=sender)
async def part(
    request: HttpRequest, caller: Caller, pk: UUID, name: str, upload: UUID, number: int
) -> HttpResponseBase:
    found = await in_thread(access.api_file_own, caller.user, pk)
    digest = await in_thread(api_files.take_part, found, number, request, length_of(request))
    # One library reads the header, the other one the body.
    facts = {"partNumber": number, "etag": f'"{digest}"'}
    return JsonResponse(facts, headers={"ETag": facts["etag"]})


@endpoint(refusal, "POST", admission=sender)
async def complete(
    request: HttpRequest, caller: Caller, pk: UUID, name: str, upload: UUID
) -> HttpResponseBase:
    found = await in_thread(access.api_file_own, caller.user, pk)
    parts = parts_in(await in_thread(read_json, request))
    await in_thread(api_files.join, found, parts)
    return JsonResponse({"access_url": address(request, found)})


def parts_in(given: Any) -> list[tuple[int, str]]:
    """Return the number and the digest of each part that a body names."""
    try:
        return [(int(entry["partNumber"]), entry["etag"].strip('"')) for entry in given["parts"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ApiError("Name the parts as {“parts”: [{“partNumber”: 1, “etag”: …}, …]}.") from None


def address(request: HttpRequest, file: ApiFile) -> str:
    """Return where a file is. The name in it is for people."""
    name = re.sub(r"[^\w.-]+", "_", file.name).strip("._") or api_files.NAME
    return request.build_absolute_uri(reverse("fal_file", args=(file.pk, name)))


def length_of(request: HttpRequest) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def kept(request: HttpRequest) -> timedelta | None:
    """Return for how long the sender wants the file kept; None where it does not say."""
    try:
        given = next(json_in(request.headers[name]) for name in LIFECYCLES if name in request.headers)
        return timedelta(seconds=int(given["expiration_duration_seconds"]))
    except (StopIteration, KeyError, TypeError, ValueError, OverflowError):
        return None
