"""Pages of long lists. A cursor says where the next one begins; what it holds is nobody's business."""

import base64
import json
from collections.abc import Callable
from typing import Any

from transcripts.api.errors import ApiError

BAD_CURSOR = "This cursor is none of ours: leave it out to begin with the first page."


def encoded(*place: Any) -> str:
    text = json.dumps(place, separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decoded(cursor: str, *kinds: Callable[[Any], Any]) -> list[Any]:
    """Return the parts of a cursor, each read by its kind.

    Raises: ApiError: it was not made by `encoded`.
    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.urlsafe_b64decode(padded))
        return [kind(part) for kind, part in zip(kinds, parts, strict=True)]
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        raise ApiError(BAD_CURSOR, 400, code="bad_cursor", param="cursor") from None


def whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError
    return value
