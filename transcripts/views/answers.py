"""JSON as all views take and answer it."""

import json
from typing import Any

from django.http import HttpRequest, JsonResponse


def error(message: str, status: int, headers: dict[str, str] | None = None, **facts: object) -> JsonResponse:
    """Return the one shape of an error: a sentence under "error"."""
    return JsonResponse({"error": message, **facts}, status=status, headers=headers)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def parsed(body: bytes) -> Any | None:
    """Return what a body says in JSON; None where it is none, or nested without end."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
