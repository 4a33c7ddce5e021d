"""JSON answers that all views share."""

from django.http import HttpRequest, JsonResponse


def error(message: str, status: int, headers: dict[str, str] | None = None, **facts: object) -> JsonResponse:
    """Return the one shape of an error: a sentence under "error"."""
    return JsonResponse({"error": message, **facts}, status=status, headers=headers)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
