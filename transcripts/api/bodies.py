"""Bodies of calls, which are not kept in memory while their callers wait."""

import json
from typing import Any

from django.http import HttpRequest


def json_in(text: str | bytes, **reading: Any) -> Any:
    """Return what JSON says that strangers wrote.

    Args: reading: what else `json.loads` takes.
    Raises: ValueError: it is not JSON, or nested too deeply to be read.
    """
    try:
        return json.loads(text, **reading)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def writable(text: str) -> str:
    """Leave out what no database keeps: NUL, and halves of letters, which JSON can spell."""
    return text.replace("\0", "").encode(errors="ignore").decode()


def storable(value: Any) -> Any:
    """Return what JSON can say with all its texts writable."""
    match value:
        case str():
            return writable(value)
        case dict():
            return {writable(name): storable(part) for name, part in value.items()}
        case list() | tuple():
            return [storable(part) for part in value]
    return value


def let_go(request: HttpRequest) -> None:
    """Forget the body and its files: what was wanted of them was taken."""
    request.close()
    request._stream.close()
