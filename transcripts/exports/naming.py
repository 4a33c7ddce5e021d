"""File names that every system accepts."""

import re
import unicodedata

from transcripts.exports.characters import clean

MAX_CHARACTERS = 100
# Most file systems allow 255 bytes; browsers add " (1)" and the like.
MAX_BYTES = 240
FALLBACK = "transcript"

_FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')
# Windows opens a device where a file has one of these names, whatever its extension.
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)", re.IGNORECASE)


def file_name(title: str, extension: str) -> str:
    """Return a name for a file to download, at most MAX_CHARACTERS long, made from any title.

    Letters of all scripts and emoji are kept; what a path or a shell would take for its own is not.
    """
    stem = _FORBIDDEN.sub("-", unicodedata.normalize("NFC", clean(title)))
    stem = _DEVICE.sub(r"_\g<0>", _trim(stem), count=1) if _DEVICE.match(_trim(stem)) else stem
    stem = _trim(_shorten(_trim(stem), len(extension) + 1))
    return f"{stem or FALLBACK}.{extension}"


def _trim(stem: str) -> str:
    # A leading dot hides a file, a leading hyphen reads as an option, Windows drops closing dots and spaces.
    return stem.strip(" .").lstrip("-~ .")


def _shorten(stem: str, reserved: int) -> str:
    cut = stem[: MAX_CHARACTERS - reserved].encode()[: MAX_BYTES - reserved].decode(errors="ignore")
    if cut == stem:
        return stem
    # What joins the cut-off character to the next means nothing without it.
    return cut.rstrip("\u200c\u200d")
