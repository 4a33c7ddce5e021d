"""OpenDocument text, as word processors read it."""

import io

from odfdo import Document as OpenDocument
from odfdo import Paragraph as OpenParagraph
from odfdo import Span, Style

from transcripts.exports.characters import clean, is_right_to_left
from transcripts.exports.document import Document, Options
from transcripts.exports.paragraphs import Paragraph, paragraphs_of


def write(document: Document, options: Options) -> bytes:
    written = OpenDocument("text")
    body = written.body
    body.clear()
    written.meta.title = clean(document.title)
    for style in _styles():
        written.insert_style(style, automatic=True)
    if title := clean(document.title):
        body.append(OpenParagraph(title, style="Heading"))
    for paragraph in paragraphs_of(document, options):
        body.append(_open_paragraph(paragraph, options))
    target = io.BytesIO()
    written.save(target)
    return target.getvalue()


def _styles() -> list[Style]:
    """Return the styles that _open_paragraph names."""
    below = {"fo:margin-bottom": "0.25cm"}
    return [
        _style("paragraph", "spaced", below),
        _style("paragraph", "reversed", below | {"style:writing-mode": "rl-tb", "fo:text-align": "end"}),
        _style("text", "stamp", {"fo:color": "#565b66", "fo:font-size": "9pt"}),
        _style("text", "speaker", {"fo:font-weight": "bold"}),
    ]


def _style(area: str, name: str, properties: dict[str, str]) -> Style:
    style = Style(area, name=name)
    style.set_properties(properties, area=area)
    return style


def _open_paragraph(paragraph: Paragraph, options: Options) -> OpenParagraph:
    target = OpenParagraph("", style="reversed" if is_right_to_left(paragraph.text) else "spaced")
    if options.times:
        target.append(Span(paragraph.clock, style="stamp"))
        target.append(" ")
    if paragraph.label:
        target.append(Span(f"{paragraph.label}:", style="speaker"))
        target.append(" ")
    target.append(paragraph.text)
    return target
