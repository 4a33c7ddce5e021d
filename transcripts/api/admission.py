"""Which large bodies are taken in: decided from the headers, before anything is read.

Only whoever shows a key, or was given an address for one, may send more than a page may.
"""

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import close_old_connections
from django.http import HttpResponse, QueryDict
from django.urls import Resolver404, resolve

from sttweb.accounts import keys
from transcripts import quotas
from transcripts.api import signatures
from transcripts.api.errors import ApiError, KeyRefused, of
from transcripts.api.gate import KEY_HEADERS, key_of
from transcripts.refusals import Refused

# The server's own thread runs the event loop, in which the database may not be used.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="bodies")


def refusal(path: str, query: str, headers: Mapping[str, str], length: int) -> HttpResponse | None:
    """Return the answer to a call whose body of `length` bytes is not taken in; None where it is.

    Args: headers: by their names in lower case.
    """
    error = _threads.submit(_error, path, query, headers, length).result()
    return refused(path, error) if error else None


def refused(path: str, error: ApiError) -> HttpResponse:
    """Return the error in the shape of whoever's address it is."""
    try:
        shape: Callable[[ApiError], HttpResponse] = getattr(resolve(path).func, "refusal", problem)
    except Resolver404:
        shape = problem
    return shape(error)


def problem(error: ApiError) -> HttpResponse:
    """Return the error as RFC 9457 has it."""
    facts = {"type": "about:blank", "status": error.status, "detail": str(error)}
    body = json.dumps(facts)
    return HttpResponse(body, status=error.status, content_type="application/problem+json")


def _error(path: str, query: str, headers: Mapping[str, str], length: int) -> ApiError | None:
    close_old_connections()
    try:
        _check(path, query, headers, length)
    except Refused as refused:
        return of(refused)
    finally:
        close_old_connections()
    return None


def _check(path: str, query: str, headers: Mapping[str, str], length: int) -> None:
    text = key_of(headers.get("authorization", ""), (headers.get(name.lower(), "") for name in KEY_HEADERS))
    if not text:
        signatures.caller_of(path, QueryDict(query))
    elif keys.find(text) is None:
        raise KeyRefused
    if length > settings.STT_API_BYTES:
        most = settings.STT_API_BYTES // 1_000_000
        raise ApiError(f"This request is too large: send at most {most} MB at a time.", 413)
    # As it comes, as a file of a form, and where it stays.
    quotas.check_disk(3 * length)
