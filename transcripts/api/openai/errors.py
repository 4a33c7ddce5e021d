"""Errors in OpenAI's shape."""

from typing import Any

from django.http import HttpResponse, JsonResponse

from transcripts.api.errors import ApiError

TYPES = {401: "authentication_error", 403: "permission_error", 413: "server_error", 429: "rate_limit_error"}
# The client would try these again, though nothing would change.
FINAL = (409, 507)


def refusal(error: ApiError) -> HttpResponse:
    response = JsonResponse({"error": error_facts(error)}, status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    if error.status in FINAL:
        response["X-Should-Retry"] = "false"
    return response


def error_facts(error: ApiError) -> dict[str, Any]:
    kind = TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    param = error.param or ("file" if error.code == "transcription_failed" else None)
    return {"message": str(error), "type": kind, "param": param, "code": error.code or None}
