"""Links to a batch's files that need no key, and end."""

import time
from uuid import UUID

from django.core import signing
from django.http import HttpRequest

from transcripts.api.azure.dialects import Dated
from transcripts.api.azure.fields import INVALID
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller
from transcripts.models import ApiRequest

SALT = "azure.links"
# As long as the vendor's, unless the client says for how long.
USUAL_SECONDS = 12 * 3600
LONGEST_SECONDS = 31 * 24 * 3600

ENDED = "This link has ended: list the files again for a new one."


def token(request_id: UUID, name: str, seconds: int) -> str:
    """Return what lets whoever has it read one file for some seconds."""
    return signing.dumps([request_id.hex, name, int(time.time()) + seconds], salt=SALT)


def file_of(text: str) -> tuple[ApiRequest, str]:
    """Return the call and the name of the file that a token is for.

    Raises: ApiError: it is none, has ended, or whoever asked for the batch may no longer read it.
    """
    try:
        request_id, name, until = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        raise ApiError(ENDED, 403) from None
    usable = ApiRequest.objects.filter(owner__is_active=True, key__revoked_at=None).exclude(key=None)
    request = usable.select_related("owner", "key").filter(pk=request_id).first()
    if request is None or until < time.time():
        raise ApiError(ENDED, 403)
    return request, name


def by_token(request: HttpRequest, scope: str) -> Caller:
    """Admit whoever has a link, for whom it was made for."""
    assert request.resolver_match is not None  # noqa: S101
    found, _ = file_of(request.resolver_match.kwargs["token"])
    assert found.key is not None  # noqa: S101
    return Caller(found.owner, found.key)


def seconds_of(request: HttpRequest, dialect: Dated) -> int:
    """Return for how long the links of an answer are to be valid.

    Raises: ApiError: it is no number, or too long.
    """
    name, text, unit = dialect.link_lifetime(request.GET.dict())
    if not text:
        return USUAL_SECONDS
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    if not is_number or not 0 < int(text) * unit <= LONGEST_SECONDS:
        raise ApiError(f"“{name}” must be a number, for 31 days at most.", code=INVALID, param=name)
    return int(text) * unit
