"""Office Open XML, as word processors read it."""

import io
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.shared import Pt, RGBColor

from transcripts.exports.characters import clean, is_right_to_left
from transcripts.exports.document import Document, Options
from transcripts.exports.paragraphs import Paragraph, paragraphs_of

MUTED = RGBColor(0x56, 0x5B, 0x66)


def write(document: Document, options: Options) -> bytes:
    written = docx.Document()
    properties = written.core_properties
    # Word refuses longer ones.
    properties.title, properties.author, properties.comments = clean(document.title)[:255], "", ""
    properties.created = properties.modified = document.created.replace(tzinfo=None)
    style: Any = written.styles["Normal"]
    style.font.name, style.font.size = "Calibri", Pt(11)
    style.paragraph_format.space_after = Pt(8)
    if title := clean(document.title):
        _direct(written.add_heading(title, level=0), title)
    for paragraph in paragraphs_of(document, options):
        _add(written.add_paragraph(), paragraph, options)
    target = io.BytesIO()
    written.save(target)
    return target.getvalue()


def _add(target: Any, paragraph: Paragraph, options: Options) -> None:
    if options.times:
        stamp = target.add_run(f"{paragraph.clock} ")
        stamp.font.color.rgb, stamp.font.size = MUTED, Pt(9)
    if paragraph.label:
        target.add_run(f"{paragraph.label}: ").bold = True
    target.add_run(paragraph.text)
    _direct(target, paragraph.text)


def _direct(target: Any, text: str) -> None:
    """Let a paragraph run from right to left where its text does."""
    if not is_right_to_left(text):
        return
    target._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    for run in target.runs:
        run.font.rtl = True
