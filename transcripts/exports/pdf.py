"""PDF with its fonts in it, so that it looks and reads the same everywhere."""

import logging
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align

from transcripts.exports.characters import clean, is_right_to_left
from transcripts.exports.document import Document, Options
from transcripts.exports.paragraphs import Paragraph, paragraphs_of

FONTS = Path(__file__).parent / "fonts"
# Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic.
MAIN = "DejaVuSans"
# For what that lacks. The last has the scripts of China, Japan and Korea.
FALLBACKS = ("NotoSansDevanagari", "NotoSansThai", "DroidSansFallback")

MARGIN_MM, TITLE_PT, TEXT_PT, SMALL_PT = 22.0, 18, 10.5, 8.5
LINE_MM = 5.6
INK, MUTED = (27, 29, 34), (86, 91, 102)

# It tells of each missing glyph, which is drawn as a box.
logging.getLogger("fpdf").setLevel(logging.ERROR)
logging.getLogger("fontTools").setLevel(logging.ERROR)


def write(document: Document, options: Options) -> bytes:
    paragraphs = paragraphs_of(document, options)
    title = clean(document.title)
    letters = {c for p in paragraphs for c in p.speaker + p.text}.union(title)
    page = _Page(letters)
    page.set_title(title)
    if document.language:
        page.set_lang(document.language)
    page.set_creation_date(document.created)
    if title:
        page.write_title(title)
    for paragraph in paragraphs:
        page.write_paragraph(paragraph, options)
    return bytes(page.output())


class _Page(FPDF):
    def __init__(self, letters: set[str]) -> None:
        super().__init__(format="A4")
        self.set_margins(MARGIN_MM, MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM)
        self.add_font(MAIN, "", FONTS / f"{MAIN}.ttf")
        self.add_font(MAIN, "B", FONTS / f"{MAIN}-Bold.ttf")
        fallbacks = needed_fallbacks(frozenset(letters))
        for name in fallbacks:
            self.add_font(name, "", FONTS / f"{name}.ttf")
        self.set_fallback_fonts(list(fallbacks), exact_match=False)
        self.set_font(MAIN, size=TEXT_PT)
        # It joins Arabic letters and orders Indic ones, and costs time that other scripts need not pay.
        self.set_text_shaping(any(is_shaped(letter) for letter in letters))
        self.add_page()

    def footer(self) -> None:
        self.set_y(-MARGIN_MM + 6)
        self.set_font(MAIN, size=SMALL_PT)
        self.set_text_color(*MUTED)
        self.cell(0, 5, str(self.page_no()), align=Align.C)

    def write_title(self, title: str) -> None:
        self.set_font(MAIN, "B", TITLE_PT)
        self.set_text_color(*INK)
        self._text(title, LINE_MM * 1.6)
        self.ln(4)

    def write_paragraph(self, paragraph: Paragraph, options: Options) -> None:
        named = [paragraph.clock] if options.times else []
        named += [paragraph.label] if paragraph.label else []
        if named:
            self.set_font(MAIN, "B" if paragraph.label else "", SMALL_PT)
            self.set_text_color(*MUTED)
            self._text("  ".join(named), LINE_MM * 0.9)
        self.set_font(MAIN, "", TEXT_PT)
        self.set_text_color(*INK)
        self._text(paragraph.text, LINE_MM)
        self.ln(2)

    def _text(self, text: str, height: float) -> None:
        align = Align.R if is_right_to_left(text) else Align.L
        self.multi_cell(0, height, text, align=align, new_x="LMARGIN", new_y="NEXT")


@cache
def characters_of(name: str) -> frozenset[int]:
    with TTFont(FONTS / f"{name}.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())


def needed_fallbacks(letters: frozenset[str]) -> tuple[str, ...]:
    """Return the fonts that have letters which those before them lack: each costs time and room."""
    missing = {ord(letter) for letter in letters} - characters_of(MAIN)
    needed = []
    for name in FALLBACKS:
        if missing and missing & characters_of(name):
            needed.append(name)
            missing -= characters_of(name)
    return tuple(needed)


def is_shaped(letter: str) -> bool:
    """Whether its script needs shaping: Hebrew, Arabic, those of India and of South East Asia, and marks."""
    return "\u0590" <= letter <= "\u08ff" or "\u0900" <= letter <= "\u109f" or "\u0300" <= letter <= "\u036f"
