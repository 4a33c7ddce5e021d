"""Transcripts as files: segments in, bytes out. `FORMATS` is what the rest of the product uses."""

from transcripts.engine.base import Word
from transcripts.exports.data import Json
from transcripts.exports.document import DEFAULTS, Document, Format, Options, Segment, Sound
from transcripts.exports.documents import Docx, Odt, Pdf
from transcripts.exports.html import Html
from transcripts.exports.naming import file_name
from transcripts.exports.profiles import PRESETS, Profile
from transcripts.exports.subtitles import Srt, WebVtt
from transcripts.exports.tables import Csv, Tsv
from transcripts.exports.text import AudacityLabels, Lrc, Markdown, Text
from transcripts.exports.ttml import Ttml

_ALL: tuple[Format, ...] = (
    *(Text(), Srt(), WebVtt(), Json()),
    *(Docx(), Odt(), Pdf(), Html(), Markdown()),
    *(Csv(), Tsv(), Ttml(), Lrc(), AudacityLabels()),
)
FORMATS: dict[str, Format] = {form.key: form for form in _ALL}

__all__ = [
    "DEFAULTS",
    "FORMATS",
    "PRESETS",
    "Document",
    "Format",
    "Options",
    "Profile",
    "Segment",
    "Sound",
    "Word",
    "file_name",
]
