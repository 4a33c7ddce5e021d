"""Tables for spreadsheets, which take for a formula what begins like one."""

import csv
import io
import re
from typing import ClassVar, Literal

from transcripts.exports.characters import clean
from transcripts.exports.document import DEFAULTS, Document, Format, Options
from transcripts.exports.paragraphs import paragraphs_of

# At the start of a cell; and after a semicolon, where the spreadsheet's country separates cells by that.
_FORMULA = re.compile(r"(^|[;\t]\s*[\"']?)(?=[=+\-@＝＋－＠])")


class Table(Format):
    delimiter: ClassVar[str]
    quoting: ClassVar[Literal[0, 1]]
    prefix: ClassVar[str] = ""

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        written = io.StringIO()
        writer = csv.writer(written, delimiter=self.delimiter, quoting=self.quoting, lineterminator="\r\n")
        writer.writerow(["start", "end", "speaker", "text"])
        for paragraph in paragraphs_of(document, options):
            texts = _inert(paragraph.speaker), _inert(paragraph.text)
            writer.writerow([f"{paragraph.start:.3f}", f"{paragraph.end:.3f}", *texts])
        return (self.prefix + written.getvalue()).encode()


class Csv(Table):
    """RFC 4180, every cell in quotes. Without the mark Excel would take UTF-8 for something else."""

    name = "CSV"
    media_type = "text/csv; charset=utf-8"
    extension = "csv"
    delimiter = ","
    quoting = csv.QUOTE_ALL
    prefix = "\ufeff"


class Tsv(Table):
    """No cell holds a tab or a line's end, so none needs quotes but where it has one."""

    name = "TSV"
    media_type = "text/tab-separated-values; charset=utf-8"
    extension = "tsv"
    delimiter = "\t"
    quoting = csv.QUOTE_MINIMAL


def _inert(text: str) -> str:
    """Return the text with an apostrophe, which spreadsheets do not show, before what would be a formula."""
    return _FORMULA.sub(r"\1'", clean(text))
