"""Errors in aimlapi's shape."""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone

from sttweb import request_id
from transcripts.api.errors import ApiError


def refusal(error: ApiError) -> HttpResponse:
    facts = {
        "message": str(error),
        "path": error.param or None,
        "requestId": request_id.current(),
        "statusCode": error.status,
        "timestamp": timezone.now().isoformat(),
    }
    response = JsonResponse(facts, status=error.status)
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response
