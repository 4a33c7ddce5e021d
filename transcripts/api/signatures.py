"""Addresses that take a file without a key: whoever showed one was given them."""

from django.core import signing
from django.http import QueryDict
from django.urls import Resolver404, resolve

from sttweb.accounts import keys
from transcripts.api.errors import KeyRefused
from transcripts.api.gate import NO_KEY, Caller
from transcripts.models import ApiFile

SECONDS = 3600
NAME = "signature"
EXPIRED = "This address takes no file any more: ask for another one."

signer = signing.TimestampSigner(salt="api-file")


def signed(url: str, file: ApiFile) -> str:
    """Return an address below that of the file, so that the file can be sent there."""
    return f"{url}?{NAME}={signer.sign(str(file.pk))}"


def caller_of(path: str, query: QueryDict) -> Caller:
    """Return who was given the address of this file, or of this upload of it.

    Raises: KeyRefused: nobody, or too long ago, or the key that was shown for it can be used no more.
    """
    if NAME not in query:
        raise KeyRefused(NO_KEY)
    try:
        pk = signer.unsign(str(query[NAME]), max_age=SECONDS)
    except signing.BadSignature:
        raise KeyRefused(EXPIRED) from None
    files = ApiFile.objects.filter(pk=pk, key__in=keys.usable()).select_related("owner", "key")
    file = files.first() if is_of(pk, path) else None
    if file is None or file.key is None:
        raise KeyRefused(EXPIRED)
    return Caller(file.owner, file.key)


def is_of(pk: str, path: str) -> bool:
    """Whether an address is that of this file, or of its upload, which is called as the file is."""
    try:
        named = resolve(path).kwargs
    except Resolver404:
        return False
    return {str(named.get("pk")), str(named.get("upload", pk))} == {pk}
