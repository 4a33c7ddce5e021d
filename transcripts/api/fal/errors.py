"""Errors in fal's shape: a sentence, or what is wrong with each field of the input.

fal's JavaScript library shows `message`, its Python library `detail`.
"""

from typing import Any

from django.http import HttpResponse, JsonResponse

from transcripts.api.errors import ApiError

# Python's library sends a call again, ten times, where it is answered 408, 409 or 429.
STATUSES = {409: 400, 423: 400}
# nginx's, which fal has for what its caller cancelled.
CLIENT_CLOSED = 499
TYPES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 413: "file_too_large"}
UNREADABLE = "transcription_failed"
ERROR_TYPE = "X-Fal-Error-Type"
# With it no library sends the call again.
TIMEOUT_TYPE = "X-Fal-Request-Timeout-Type"


class InputInvalid(ApiError):
    """What is wrong with the input. `detail` has, for each field, its place, a sentence, and a type."""

    def __init__(self, detail: list[dict[str, Any]], message: str = "") -> None:
        super().__init__(message or " ".join(map(_sentence, detail)), 422, code=detail[0]["type"])
        self.detail = detail


class NotBegun(ApiError):
    """It waited for longer than its caller wanted to."""

    def __init__(self) -> None:
        message = "This request was cancelled: it had to wait for longer than it says that it would."
        super().__init__(message, 504, code="request_timeout")


def of_field(field: str, message: str, kind: str) -> InputInvalid:
    """Return the error of one field whose sentence needs no other words."""
    return InputInvalid([{"loc": ["body", field], "msg": message, "type": kind}], message)


def _sentence(problem: dict[str, Any]) -> str:
    place = ".".join(map(str, problem["loc"][1:]))
    return f"{place}: {problem['msg']}." if place else problem["msg"]


def in_vendors_terms(error: ApiError) -> ApiError:
    """Return the error as the one that fal has for it."""
    if error.code == UNREADABLE and not isinstance(error, InputInvalid):
        return of_field("audio_url", str(error), UNREADABLE)
    if error.code == "cancelled":
        return ApiError(str(error), CLIENT_CLOSED, code="client_cancelled")
    return error


def kind_of(error: ApiError) -> str:
    return error.code or TYPES.get(error.status, "internal_error")


def body_of(error: ApiError) -> dict[str, Any]:
    if isinstance(error, InputInvalid):
        return {"detail": error.detail, "message": str(error)}
    return {"detail": str(error), "message": str(error), "error_type": kind_of(error)}


def refusal(error: ApiError) -> HttpResponse:
    error = in_vendors_terms(error)
    status = STATUSES.get(error.status, error.status)
    headers = {ERROR_TYPE: kind_of(error)}
    if isinstance(error, NotBegun):
        headers[TIMEOUT_TYPE] = "user"
    return JsonResponse(body_of(error), status=status, headers=headers)
