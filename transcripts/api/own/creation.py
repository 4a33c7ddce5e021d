"""Calls that make something, once.

A client that heard no answer sends the same again with the same Idempotency-Key.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from pydantic import BaseModel

from transcripts.api.errors import ApiError
from transcripts.api.own.auth import Call
from transcripts.api.own.documents import headers_of, joined, refusals
from transcripts.models import IdempotentAnswer

# For so long an answer is kept.
KEPT = timedelta(hours=24)
# After so long nobody is answering the first call any more.
ABANDONED = timedelta(minutes=15)
KEY_LENGTH = 255
READ_BYTES = 256 * 1024

IDEMPOTENCY_KEY = joined(
    headers_of(
        Idempotency_Key="Any text of yours: the same call with it is done once, and answered alike for a day."
    ),
    refusals(409),
)
IDEMPOTENCY_KEY["responses"][409]["description"] = (
    "It cannot be done as things stand; or the same call is being answered (`in_progress`), or another one"
    " came with this Idempotency-Key (`key_reused`)."
)
IDEMPOTENCY_KEY["parameters"][0]["schema"]["maxLength"] = KEY_LENGTH


@dataclass(frozen=True)
class Made:
    body: BaseModel
    # Where it is from now on.
    location: str = ""
    status: int = 201


View = TypeVar("View", bound=Callable[..., Any])


def creates(view: View) -> View:
    """Answer with what a view made; where the call has an Idempotency-Key, once."""

    @wraps(view)
    def answer(request: Call, *args: Any, **kwargs: Any) -> HttpResponse:
        value = request.headers.get("Idempotency-Key", "")
        if not value:
            return _response(view(request, *args, **kwargs))
        if len(value) > KEY_LENGTH:
            raise ApiError(f"The Idempotency-Key may have at most {KEY_LENGTH} characters.", 400)
        row = _begin(request, value)
        if row.status is not None:
            return _again(row)
        try:
            response = _response(view(request, *args, **kwargs))
        except BaseException:
            row.delete()
            raise
        _keep(row, response)
        return response

    return answer  # type: ignore[return-value]


def _response(made: Made) -> HttpResponse:
    body = made.body.model_dump_json()
    response = HttpResponse(body, status=made.status, content_type="application/json")
    if made.location:
        response["Location"] = made.location
    return response


def _begin(request: Call, value: str) -> IdempotentAnswer:
    """Return the row of this call: a new one, or that of the same call before.

    Raises: ApiError: that one is being answered, or was another call.
    """
    owner, digest, now = request.auth.user, digest_of(request), timezone.now()
    rows = IdempotentAnswer.objects.filter(owner=owner)
    rows.filter(created_at__lt=now - KEPT).delete()
    rows.filter(status=None, created_at__lt=now - ABANDONED).delete()
    try:
        with transaction.atomic():
            return rows.create(owner=owner, value=value, request_digest=digest)
    except IntegrityError:
        row = rows.filter(value=value).first()
    if row is not None and row.request_digest != digest:
        raise ApiError(
            "This Idempotency-Key was used for another call: take a new one.", 409, code="key_reused"
        )
    if row is None or row.status is None:
        raise ApiError(
            "The same call is being answered: try again soon.", 409, code="in_progress", retry_after=1
        )
    return row


def _keep(row: IdempotentAnswer, response: HttpResponse) -> None:
    row.status = response.status_code
    row.headers = {name: response[name] for name in ("Location",) if name in response}
    row.body = _box(row.value).encrypt(response.content).decode()
    row.save()


def _again(row: IdempotentAnswer) -> HttpResponse:
    body = _box(row.value).decrypt(row.body.encode())
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(body, status=row.status, content_type="application/json", headers=headers)


def _box(value: str) -> Fernet:
    """Some answers have secrets in them that are shown once: no copy of the database tells them."""
    key = hashlib.sha256(f"idempotent answer:{settings.SECRET_KEY}:{value}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def digest_of(request: HttpRequest) -> str:
    """Return what two calls have in common where they are the same."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        # Its boundary is another each time.
        digest.update(json.dumps(sorted(request.POST.lists())).encode())
        for name, file in sorted(cast(dict[str, Any], request.FILES).items()):
            digest.update(f"{name} {file.name}\n".encode())
            _add(digest, file)
    elif request.content_type in ("application/json", ""):
        digest.update(request.body)
    elif request._stream.seekable():
        _add(digest, request._stream)
    return digest.hexdigest()


def _add(digest: Any, file: Any) -> None:
    while piece := file.read(READ_BYTES):
        digest.update(piece)
    file.seek(0)
