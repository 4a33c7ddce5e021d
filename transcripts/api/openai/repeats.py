"""Calls that a client sends once more. It says so, and sends no key by which they would be known again."""

import hashlib
import time
from dataclasses import replace
from datetime import timedelta

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils import timezone

from transcripts.api import service
from transcripts.api.bodies import storable
from transcripts.api.gate import Caller
from transcripts.api.service import Asked, Patience
from transcripts.models import ApiRequest, Recording

State = Recording.State

# How long after the first call it may be repeated.
REPEATED_WITHIN = timedelta(hours=1)
# Seconds for which work goes on after a client gave up waiting: it asks again after eight at most.
GRACE = 15.0
# How long the client waits, in seconds: Python's, and JavaScript's.
TIMEOUT_HEADERS = ("X-Stainless-Read-Timeout", "X-Stainless-Timeout")


def marked(asked: Asked, file: UploadedFile) -> Asked:
    """Return what is asked for with what its repeat is known by, from before the file is taken in."""
    return replace(asked, options=storable(asked.options | {"sha256": _sha256(file)}))


def first_of(request: HttpRequest, caller: Caller, asked: Asked) -> Recording | None:
    """Return what an earlier try of the same call made, where that is at work or done."""
    if request.headers.get("X-Stainless-Retry-Count", "0") == "0":
        return None
    rows = Recording.objects.of(caller.user).filter(
        api_request__key=caller.key,
        api_request__vendor=ApiRequest.Vendor.OPENAI,
        api_request__model=asked.model,
        api_request__options__sha256=asked.options["sha256"],
        created_at__gt=timezone.now() - REPEATED_WITHIN,
    )
    alive = rows.exclude(state__in=[State.FAILED, State.CANCELLED]).select_related("api_request")
    same = [row for row in alive if row.api_request and row.api_request.options == asked.options]
    # Of a process that died the bytes do not come any more.
    return next((row for row in same if row.state != State.RECEIVING or service.is_arriving(row)), None)


def _sha256(file: UploadedFile) -> str:
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def patience_with(request: HttpRequest) -> Patience:
    """Return how long to work on when the caller goes away: for one that only waited too long, a moment.

    The caller has waited since the last of its file was on its way, and nobody here knows how long that was.
    """
    began, timeout = time.monotonic(), _timeout(request)

    def patience() -> float:
        return GRACE if time.monotonic() - began >= timeout / 2 else 0.0

    return patience


def _timeout(request: HttpRequest) -> float:
    for name in TIMEOUT_HEADERS:
        try:
            return float(request.headers.get(name, ""))
        except ValueError:
            continue
    return float("inf")
