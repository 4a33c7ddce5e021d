"""What text may contain in a file that strangers' programs will read."""

import re
import unicodedata

# Embeddings, overrides and isolates can make text read as what it is not. The plain marks (U+200E, U+200F)
# and the joiners (U+200C, U+200D) stay: Hebrew, Persian and emoji need them.
_BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
# Not among them: the controls that `str.split` takes for space.
_REMOVED = re.compile(
    f"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f{_BIDI_CONTROLS}\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_JOINER = "\u200d"


def clean(text: str) -> str:
    """Return the text on one line, without control characters, fit to be encoded.

    Line and paragraph separators of every kind become spaces, and runs of spaces one.
    """
    return " ".join(_SURROGATE.sub("\ufffd", _REMOVED.sub("", text)).split())


def width(text: str) -> int:
    """Return the columns that a text takes: ideographs and emoji two, combining marks none."""
    return sum(_columns(character) for character in text)


def split_columns(text: str, columns: int) -> list[str]:
    """Cut the text every so many columns, never between a letter and its marks."""
    pieces = [""]
    taken = 0
    for character in text:
        needed = _columns(character)
        if taken and needed and taken + needed > columns and not pieces[-1].endswith(_JOINER):
            pieces.append("")
            taken = 0
        pieces[-1] += character
        taken += needed
    return pieces


def is_right_to_left(text: str) -> bool:
    """Whether the first character that has a direction is Hebrew, Arabic or of their kind (UAX #9, P2)."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
