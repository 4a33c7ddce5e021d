"""Names that come from outside: labels to show, never paths or markup."""

import re
import unicodedata
from pathlib import PurePosixPath

# Control and format characters: line breaks, NUL, and the overrides that turn text round. The zero-width
# joiner stays, since emoji and several scripts are spelled with it.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"


def clean_label(text: str, length: int) -> str:
    """Return one line of visible text of at most `length` characters."""
    kept = (c if c in _JOINERS or unicodedata.category(c) not in _INVISIBLE else " " for c in text)
    return re.sub(r"\s+", " ", "".join(kept)).strip()[:length].strip()


def title_from(file_name: str) -> str:
    """Return the file's own name without folders and extension."""
    name = PurePosixPath(file_name.replace("\\", "/")).name
    return PurePosixPath(name).stem.replace("_", " ").strip(" .")
