"""Errors in Azure's shape, flat; its clients read nested ones as well."""

from django.http import HttpResponse, JsonResponse

from transcripts.api.errors import ApiError

CODES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "NotAllowed",
    409: "Conflict",
    415: "UnsupportedMediaType",
    422: "UnprocessableEntity",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    507: "ServiceUnavailable",
}
# Ours, as the vendor calls them. What is asked for wrongly brings the vendor's own code along.
DETAILED_CODES = {
    "invalid_api_key": "InvalidSubscription",
    "insufficient_scope": "InvalidPermissions",
    "model_not_found": "InvalidModel",
    "rate_limit_exceeded": "QuotaViolation",
    "transcription_failed": "InvalidPayload",
    "unsupported_language": "InvalidLocale",
    "internal_error": "UnexpectedError",
}


def refusal(error: ApiError) -> HttpResponse:
    # A model is never part of an address here: to the client 404 would mean that the address is wrong.
    status = 400 if error.code == "model_not_found" else error.status
    outer = CODES.get(status, "InvalidRequest" if status < 500 else "InternalServerError")
    message = str(error)
    inner = DETAILED_CODES.get(error.code, error.code) or outer
    facts = {
        "code": outer,
        "message": message,
        "target": error.param,
        "details": [],
        "innerError": {"code": inner, "message": message},
    }
    response = JsonResponse(facts, status=status)
    # With this header the client sends anything again, whatever the status: only more patience may help.
    if error.retry_after is not None and status == 429:
        response["Retry-After"] = str(error.retry_after)
    return response
