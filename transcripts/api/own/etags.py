"""ETags, so that nobody overwrites what they have not seen (RFC 9110, 13.1)."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from pydantic import BaseModel

from transcripts.api.errors import ApiError
from transcripts.api.own.documents import headers_of, joined, refusals

CHANGED = "This was changed in another place meanwhile: get it anew, and make your change to that."


def tag_of(body: BaseModel, *passing: str) -> str:
    """Return an ETag for what an answer says, except in the fields that change by themselves."""
    text = body.model_dump_json(exclude=set(passing))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def tagged(request: HttpRequest, body: BaseModel, tag: str, status: int = 200) -> HttpResponse:
    """Answer with the tag, or that nothing has changed since the caller has it."""
    if request.method == "GET" and tag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": tag})
    headers = {"ETag": tag}
    return HttpResponse(
        body.model_dump_json(), status=status, content_type="application/json", headers=headers
    )


@contextmanager
def alone(row: Model) -> Iterator[None]:
    """Let others who change this row wait: what is read of it from here on stands until it was changed.

    What belongs to a recording is changed by whoever holds the recording's row, as `revisions.record` does.
    """
    with transaction.atomic():
        type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).first()
        yield


def require_match(request: HttpRequest, tag: str) -> None:
    """Raises: ApiError: the caller has seen another state than the one that stands."""
    header = request.headers.get("If-Match")
    if header is not None and header.strip() != "*" and tag not in parse_etags(header):
        raise ApiError(CHANGED, 412, code="changed_meanwhile")


def version_seen(request: HttpRequest, given: int | None, current: int) -> int:
    """Return the version that a change was made to, as If-Match or the body says.

    Raises: ApiError: neither says it, or it is not the current one.
    """
    if request.headers.get("If-Match") is not None:
        require_match(request, version_tag(current))
        return current
    if given is None:
        raise ApiError("Say which version you change: its ETag as If-Match, or its “version”.", 428)
    if given != current:
        raise ApiError(CHANGED, 412, code="changed_meanwhile")
    return given


def version_tag(version: int) -> str:
    return f'"{version}"'


IF_MATCH = joined(
    headers_of(If_Match="The ETag of what you change: 412 where it was changed since."), refusals(412)
)
