"""Errors, all in the shape of RFC 9457."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from sttweb import request_id
from transcripts import editing, revisions
from transcripts.api.errors import ApiError, of
from transcripts.api.gate import FAILURE
from transcripts.api.own.fields import Shown
from transcripts.exporting import UnknownFormat
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
NOT_HERE = "There is nothing at this address that your key may see."
TOO_LARGE = "This request is too large: send large files in pieces, as uploads."


class Fault(Shown):
    """One value that cannot be used."""

    where: str = Field(description="Such as `body.title` or `query.limit`.")
    sentence: str


class Problem(Shown):
    """Why something was not done."""

    type: str = Field(description="Always `about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong and what to do, in one sentence.")
    request_id: str = Field(description="By which the log knows this request.")
    code: str = Field(description="A word for programs; may be empty.")
    faults: list[Fault] = Field(description="The values that cannot be used, one by one.")


def problem(error: ApiError, faults: list[Fault] | None = None) -> HttpResponse:
    body = Problem(
        type="about:blank",
        title=_phrase(error.status),
        status=error.status,
        detail=str(error),
        request_id=request_id.current(),
        code=error.code,
        faults=faults or [],
    )
    response = HttpResponse(body.model_dump_json(), status=error.status, content_type=MEDIA_TYPE)
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"


def answer_in_problems(api: NinjaAPI) -> None:
    """Make every error of the API a problem."""

    def handles(*kinds: type[Exception]) -> Callable[[Callable[[Any], HttpResponse]], None]:
        def add(handler: Callable[[Any], HttpResponse]) -> None:
            for kind in kinds:
                api.add_exception_handler(
                    kind, lambda request, error: _noted(request, cast(Exception, error), handler)
                )

        return add

    handles(Refused)(lambda error: problem(of(error)))
    handles(Http404, UnknownFormat)(lambda error: problem(ApiError(NOT_HERE, 404)))
    handles(editing.Conflict)(lambda error: problem(ApiError(str(error), 412, code="changed_meanwhile")))
    handles(revisions.Conflict)(lambda error: problem(ApiError(str(error), 409, code="conflict")))
    handles(ValidationError)(lambda error: invalid(error.errors))
    handles(HttpError)(lambda error: problem(ApiError(_malformed(error), error.status_code)))
    handles(RequestDataTooBig)(lambda error: problem(ApiError(TOO_LARGE, 413)))
    handles(SuspiciousOperation, MultiPartParserError, TooManyFieldsSent, UnreadablePostError)(
        lambda error: problem(ApiError("This request cannot be read: check how its body is made.", 400))
    )
    handles(Exception)(failed)


def _noted(request: HttpRequest, error: Exception, handler: Callable[[Any], HttpResponse]) -> HttpResponse:
    refused = handler(error)
    level = logging.ERROR if refused.status_code >= 500 else logging.INFO
    facts = (request.method, request.path, refused.status_code)
    logger.log(level, "%s %s is answered %s", *facts, exc_info=error if level == logging.ERROR else None)
    return refused


def _malformed(error: HttpError) -> str:
    return "The body is not JSON: check how it is made." if error.status_code == 400 else str(error)


def invalid(errors: list[dict[str, Any]]) -> HttpResponse:
    faults = [Fault(where=_place(error["loc"]), sentence=error["msg"]) for error in errors]
    first = f"{faults[0].where}: {faults[0].sentence}" if faults else "see the reference"
    return problem(ApiError(f"Some of what was sent cannot be used: {first}.", 422, code="invalid"), faults)


def _place(parts: tuple[Any, ...]) -> str:
    """Return where a value is, without the name that the server has for the body as a whole."""
    source, *rest = [str(part) for part in parts]
    return ".".join([source, *(rest[1:] if source == "body" and len(rest) > 1 else rest)])


def failed(error: Exception) -> HttpResponse:
    return problem(ApiError(FAILURE.format(request_id.current()), 500, code="internal_error"))


def not_found(request: HttpRequest) -> HttpResponse:
    return problem(ApiError("There is no such address: /api/docs/ lists those that there are.", 404))


def verbs_as_problems(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let GET answer HEAD, and refuse verbs that there are not in our own shape."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _head_as_get(request)
        return as_problem(view(request, *args, **kwargs))

    @wraps(view)
    async def answer_async(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        _head_as_get(request)
        return as_problem(await view(request, *args, **kwargs))

    chosen: Any = answer_async if iscoroutinefunction(view) else answer
    # By this, what is refused before it gets here is put into the same shape.
    chosen.refusal = problem
    return cast(Callable[..., Any], chosen)


def _head_as_get(request: HttpRequest) -> None:
    if request.method == "HEAD":
        request.method = "GET"


def as_problem(response: HttpResponseBase) -> HttpResponseBase:
    """Say in our own shape which verbs there are, where Django has said so in its own."""
    if response.status_code != 405:
        return response
    verbs = response.headers["Allow"]
    refused = problem(ApiError(f"This address takes {verbs.replace(', ', ' and ')} only.", 405))
    refused["Allow"] = verbs
    return refused
