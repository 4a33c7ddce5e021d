"""Names that come from outside: labels to show, never paths or markup."""

import re
import unicodedata
from pathlib import PurePosixPath

# Control and format characters: line breaks, NUL, and the overrides that turn text round. The zero-width
# joiner stays, since emoji and several scripts are spelled with it.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"
# What no text of a transcript holds: control characters, halves of pairs, private ones, those that are none,
# line ends, the byte order mark, overrides and isolates of direction. static/js/one-line.js has the same.
_NO_TEXT = re.compile(
    "[\\s\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\uf8ff\ufdd0-\ufdef\ufeff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "\U000f0000-\U000ffffd\U00100000-\U0010fffd]+"
)


def clean_label(text: str, length: int) -> str:
    """Return one line of visible text of at most `length` characters."""
    kept = (c if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE else " " for c in text)
    return re.sub(r"\s+", " ", "".join(kept)).strip()[:length].strip()


def clean_text(text: str) -> str:
    """Return a transcript's text as one line: joiners, soft hyphens and marks of direction spell it."""
    return _NO_TEXT.sub(" ", text).strip()


def title_from(file_name: str) -> str:
    """Return the file's own name without folders and extension."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    return PurePosixPath(name).stem.replace("_", " ").strip(" .")
