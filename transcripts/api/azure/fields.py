"""What a JSON document says, each field of the type that the vendor's documentation gives it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from transcripts.api.errors import ApiError

INVALID = "InvalidParameterValue"
# No document that Azure's clients send is near this.
DOCUMENT_BYTES = 4_000_000
# Of anything that is counted.
MOST = 10**9


@dataclass(frozen=True)
class Fields:
    """An object of a document; `path` is where in it. What is null counts as left out."""

    values: dict[str, Any]
    path: str = ""

    def text(self, name: str, default: str = "") -> str:
        return self._of(name, str, "a text", default)

    def flag(self, name: str, default: bool = False) -> bool:
        return self._of(name, bool, "true or false", default)

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self._of(name, int, "a whole number", default)
        if isinstance(value, bool) or (value is not None and abs(value) > MOST):
            raise self.wrong(name, "must be a whole number that makes sense")
        return value

    def texts(self, name: str) -> list[str]:
        return self._list(name, str, "texts")

    def numbers(self, name: str) -> list[int] | None:
        """Return the numbers, or None where the field was left out."""
        return self._list(name, int, "whole numbers") if self.has(name) else None

    def choice(self, name: str, choices: Iterable[str], default: str) -> str:
        """Return which of the choices is meant, in whatever case it is written."""
        value = self.text(name, default)
        known = {choice.lower(): choice for choice in choices}
        if value.lower() not in known:
            raise self.wrong(name, f"must be one of {', '.join(known.values())}")
        return known[value.lower()]

    def within(self, name: str) -> "Fields":
        return Fields(self._of(name, dict, "an object", {}), self.target(name))

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def target(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, what: str, code: str = INVALID) -> ApiError:
        return ApiError(f"“{self.target(name)}” {what}.", code=code, param=self.target(name))

    def _of(self, name: str, kind: type, words: str, default: Any) -> Any:
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise self.wrong(name, f"must be {words}")
        return value

    def _list(self, name: str, kind: type, words: str) -> list[Any]:
        values = self._of(name, list, f"a list of {words}", [])
        if not all(isinstance(value, kind) and not isinstance(value, bool) for value in values):
            raise self.wrong(name, f"must be a list of {words}")
        return values


def parse(text: bytes, what: str) -> Fields:
    """Read a JSON object.

    Args: what: the document's name, for who sent it.
    Raises: ApiError: it is none.
    """
    try:
        values = json.loads(text or b"{}", parse_constant=_no_number)
        # Databases keep neither halves of characters nor NUL.
        is_storable = b"\\u0000" not in json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        is_storable = False
    if not is_storable or not isinstance(values, dict):
        raise ApiError(f"{what} must be a JSON object.", code="InvalidRequestBodyFormat")
    return Fields(values)


def _no_number(name: str) -> None:
    raise ValueError(name)


def body_of(request: HttpRequest) -> Fields:
    """Read the request's body.

    Raises: ApiError: it is no JSON object, or too large for one.
    """
    body = request.read(DOCUMENT_BYTES + 1)
    if len(body) > DOCUMENT_BYTES:
        raise ApiError("The body is too large for a request in JSON.", 413)
    return parse(body, "The body")


def page_number(request: HttpRequest, name: str, default: int, least: int, most: int) -> int:
    """Return a whole number of the query.

    Raises: ApiError: it is none, or out of its bounds.
    """
    text = request.GET.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and least <= int(text) <= most):
        raise ApiError(f"“{name}” must be a whole number from {least} to {most}.", code=INVALID, param=name)
    return int(text)
