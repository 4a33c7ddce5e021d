"""Errors in Deepgram's shape."""

from django.http import HttpResponse, JsonResponse

from sttweb import request_id
from transcripts.api.errors import ApiError

CODES = {
    401: "INVALID_AUTH",
    403: "INSUFFICIENT_PERMISSIONS",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    429: "TOO_MANY_REQUESTS",
}
# The client would try these again, though nothing would change. The vendor says so of unknown models, too.
AS_BAD_REQUESTS = (409, 507)


def refusal(error: ApiError) -> HttpResponse:
    is_bad_request = error.status in AS_BAD_REQUESTS or error.code == "model_not_found"
    status = 400 if is_bad_request else error.status
    code = CODES.get(status, "Bad Request" if status < 500 else "INTERNAL_SERVER_ERROR")
    facts = {"err_code": code, "err_msg": str(error), "request_id": request_id.current()}
    response = JsonResponse(facts, status=status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response
