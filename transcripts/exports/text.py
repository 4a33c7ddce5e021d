"""Text for people and for players of sound: plain, Markdown, song texts, labels of a sound editor."""

import re

from transcripts.exports.characters import clean
from transcripts.exports.document import DEFAULTS, Document, Format, Options
from transcripts.exports.paragraphs import Paragraph, paragraphs_of


class Text(Format):
    """One segment a line; gathered into turns or paragraphs, these with an empty line between them."""

    name = "TXT"
    media_type = "text/plain; charset=utf-8"
    extension = "txt"

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        lines = [_line(paragraph, options) for paragraph in paragraphs_of(document, options)]
        separator = "\n" if options.merge_turns or options.paragraphs else ""
        return separator.join(lines).encode()


def _line(paragraph: Paragraph, options: Options) -> str:
    stamp = f"[{paragraph.clock}] " if options.times else ""
    name = f"{paragraph.label}: " if paragraph.label else ""
    return f"{stamp}{name}{paragraph.text}\n"


class Markdown(Format):
    """CommonMark. Nothing in it but the title and the names is marked up."""

    name = "Markdown"
    media_type = "text/markdown; charset=utf-8"
    extension = "md"

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        blocks = [f"# {_markdown(document.title)}"] if clean(document.title) else []
        blocks += [_block(paragraph, options) for paragraph in paragraphs_of(document, options)]
        return ("\n\n".join(blocks) + "\n" if blocks else "").encode()


def _block(paragraph: Paragraph, options: Options) -> str:
    stamp = f"`{paragraph.clock}` " if options.times else ""
    name = f"**{_markdown(paragraph.label)}:** " if paragraph.label else ""
    return f"{stamp}{name}{_markdown(paragraph.text)}"


_MARKUP = re.compile(r"([\\`*_{}\[\]|~$!])")
# What makes a heading, a list, a rule or an underline only at the beginning of a line.
_LINE_MARKUP = re.compile(r"^(\d{0,9})([#+\-=.):])")


def _markdown(text: str) -> str:
    text = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Or readers would make links of bare addresses.
    text = _MARKUP.sub(r"\\\1", text).replace("://", ":&#47;/").replace("www.", "www&#46;")
    return _LINE_MARKUP.sub(r"\1\\\2", text)


class Lrc(Format):
    """The format of synchronised song texts, as players of sound read it. It cannot escape its brackets."""

    name = "LRC"
    media_type = "text/plain; charset=utf-8"
    extension = "lrc"
    _BRACKETS = str.maketrans("[]<>", "()‹›")

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        title = self._escape(document.title)
        lines = [f"[ti:{title}]"] if title else []
        for paragraph in paragraphs_of(document, options):
            name = f"{paragraph.speaker}: " if paragraph.speaker else ""
            lines.append(f"[{_lrc_clock(paragraph.start)}]{self._escape(name + paragraph.text)}")
        return "".join(f"{line}\n" for line in lines).encode()

    def _escape(self, text: str) -> str:
        return clean(text).translate(self._BRACKETS)


def _lrc_clock(seconds: float) -> str:
    minutes, hundredths = divmod(max(0, round(seconds * 100)), 6000)
    return f"{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"


class AudacityLabels(Format):
    """Audacity's label track: start, end and text with tabs between. Its files end in .txt, too."""

    name = "Audacity labels"
    media_type = "text/plain; charset=utf-8"
    key = "labels"
    extension = "labels.txt"

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        lines = []
        for paragraph in paragraphs_of(document, options):
            name = f"{paragraph.speaker}: " if paragraph.speaker else ""
            # Audacity takes a line that begins with a backslash as frequencies of the one before.
            lines.append(f"{paragraph.start:.6f}\t{paragraph.end:.6f}\t{name}{paragraph.text}\n")
        return "".join(lines).encode()
