"""Who calls, whether they may, and how often; and every refusal in the vendor's own shape."""

import functools
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import DisallowedHost, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt

from sttweb import request_id
from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey, User
from transcripts.api.errors import ApiError, KeyRefused, RateLimited, of
from transcripts.api.threads import in_thread
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

SCHEMES = ("bearer", "key", "token")
KEY_HEADERS = ("Ocp-Apim-Subscription-Key", "X-API-Key", "Api-Key")
# Browsers' WebSockets have no headers of their own.
KEY_SUBPROTOCOL = "openai-insecure-api-key."
WINDOW_SECONDS = 60
# Some vendors' clients ask ten times a second whether it is done.
POLLS_PER_CALL = 20

NO_KEY = "Give an API key in the Authorization header: Bearer, then the key."
FAILURE = (
    "Something went wrong here, and nothing was lost. Try again; the log knows this request by its id {}."
)
WRONG_HOST = "This server does not answer to this host name: add it to STT_ALLOWED_HOSTS."


@dataclass(frozen=True)
class Caller:
    user: User
    key: ApiKey


Refusal = Callable[[ApiError], HttpResponse]
Admission = Callable[[HttpRequest, str], Caller]
View = Callable[..., Awaitable[HttpResponseBase]]
# Django runs coroutine functions too; its types know only of functions.
Route = Callable[..., HttpResponseBase]


def by_key(request: HttpRequest, scope: str) -> Caller:
    return admit(key_in(request), scope)


def by_key_polling(request: HttpRequest, scope: str) -> Caller:
    """Admit a call that only asks how far another one is."""
    return admit(key_in(request), scope, is_poll=True)


def endpoint(
    refusal: Refusal,
    *verbs: str,
    scope: str = ApiKey.Scope.TRANSCRIBE,
    admission: Admission = by_key,
) -> Callable[[View], Route]:
    """Make a view of `async def view(request, caller, …)`: for these verbs, and keys with this scope.

    Args:
        refusal: gives an error the vendor's shape.
        admission: says, in a thread, who calls, or raises ApiError.
    """

    def decorate(view: View) -> Route:
        @csrf_exempt
        @functools.wraps(view)
        async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method not in verbs:
                    raise ApiError(f"This address takes {' and '.join(verbs)} only.", 405)
                caller = await in_thread(admission, request, scope)
                return await view(request, caller, *args, **kwargs)
            except Refused as refused:
                logger.info("%s %s refused: %s", request.method, request.path, refused)
                answer = refusal(of(refused))
                if answer.status_code == 405:
                    answer["Allow"] = ", ".join(verbs)
                return answer
            except Http404:
                return refusal(ApiError("There is nothing at this address that your key may see.", 404))
            except DisallowedHost:
                return refusal(ApiError(WRONG_HOST, 400))
            except RequestDataTooBig:
                return refusal(ApiError("A field of this form is too large to be text.", 413))
            except (MultiPartParserError, SuspiciousOperation):
                return refusal(ApiError("The body is not the form that its Content-Type says it is."))
            except Exception:
                logger.exception("%s %s failed", request.method, request.path)
                return refusal(ApiError(FAILURE.format(request_id.current()), 500, code="internal_error"))

        guarded.refusal = refusal  # type: ignore[attr-defined]
        return cast(Route, guarded)

    return decorate


def admit(text: str, scope: str, *, is_poll: bool = False) -> Caller:
    """Return who calls with this key.

    Raises: ApiError: the key cannot be used, or not for this, or was used too often.
    """
    if not text:
        raise KeyRefused(NO_KEY)
    key = keys.find(text)
    if key is None:
        raise KeyRefused
    if not key.may(scope):
        raise ApiError(f"This API key lacks the scope “{scope}”.", 403, code="insufficient_scope")
    check_rate(key, is_poll=is_poll)
    keys.note_use(key)
    return Caller(key.owner, key)


def check_rate(key: ApiKey, *, is_poll: bool = False) -> None:
    """Raises: RateLimited: the key was used as often in this minute as it may be."""
    window, into = divmod(time.time(), WINDOW_SECONDS)
    name = f"api-{'polls' if is_poll else 'rate'}:{key.pk}:{int(window)}"
    most = (key.requests_per_minute or settings.STT_API_RATE) * (POLLS_PER_CALL if is_poll else 1)
    if _count(name) > most:
        raise RateLimited(int(WINDOW_SECONDS - into) + 1)


def _count(name: str) -> int:
    cache.add(name, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(name)
    except ValueError:
        return 1  # Redis went away between the two, and memory has counted nothing yet.


def key_in(request: HttpRequest) -> str:
    """Return the key that a request shows, in whichever vendor's way; empty for none."""
    return key_of(request.headers.get("Authorization", ""), (request.headers.get(n, "") for n in KEY_HEADERS))


def key_of(authorization: str, others: Iterable[str] = ()) -> str:
    scheme, _, value = authorization.strip().partition(" ")
    if scheme.lower() in SCHEMES and value.strip():
        # fal's libraries may put an id and a colon before it.
        return value.strip().rpartition(":")[2]
    return next((text.strip() for text in others if text.strip()), "")


def key_in_scope(scope: dict[str, Any]) -> str:
    """Return the key that a WebSocket's handshake shows; empty for none."""
    headers = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    found = key_of(headers.get("authorization", ""), (headers.get(name.lower(), "") for name in KEY_HEADERS))
    return found or _key_in_subprotocols(scope.get("subprotocols", []))


def _key_in_subprotocols(names: list[str]) -> str:
    for name, following in zip(names, [*names[1:], ""], strict=True):
        if name.startswith(KEY_SUBPROTOCOL):
            return name.removeprefix(KEY_SUBPROTOCOL)
        if name.lower() in SCHEMES:
            return following
    return ""
