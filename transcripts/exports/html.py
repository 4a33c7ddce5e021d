"""One page that needs nothing else: text, player and, if wanted, the sound."""

import base64
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from transcripts.exports.characters import clean
from transcripts.exports.clocks import clock
from transcripts.exports.document import DEFAULTS, Document, Format, Options, Sound
from transcripts.exports.paragraphs import Paragraph, paragraphs_of

FOLDER = Path(__file__).parent / "page"


class Html(Format):
    """The page may run and load nothing but its own script and sound, wherever it is opened."""

    name = "HTML"
    media_type = "text/html; charset=utf-8"
    extension = "html"

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        style, script = ((FOLDER / name).read_text() for name in ("style.css", "script.js"))
        policy = (
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "media-src data: blob:; base-uri 'none'; form-action 'none'"
        )
        page = Template((FOLDER / "page.html").read_text()).substitute(
            language=escape(document.language),
            title=escape(clean(document.title)),
            policy=policy,
            style=style,
            script=script,
            facts=_facts(document),
            paragraphs="\n".join(_paragraph(p) for p in paragraphs_of(document, options)),
            player=_player(document.sound if options.embed_sound else None),
        )
        return page.encode()


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}"


def _facts(document: Document) -> str:
    length = f" · {clock(round(document.duration * 1000))}" if document.duration else ""
    return f"{document.created:%Y-%m-%d}{length}"


def _paragraph(paragraph: Paragraph) -> str:
    at = paragraph.clock
    name = f'<span class="speaker" dir="auto">{escape(paragraph.label)}</span> ' if paragraph.label else ""
    return (
        f'<p dir="auto" data-start="{paragraph.start:.3f}" data-end="{paragraph.end:.3f}">'
        f'<button type="button" aria-label="Play from {at}">{at}</button> {name}{escape(paragraph.text)}</p>'
    )


def _player(sound: Sound | None) -> str:
    if sound is None:
        return (
            '<label>To listen along, choose the audio file: <input type="file" accept="audio/*,video/*">'
            '</label><audio controls hidden aria-label="Recording"></audio>'
        )
    element = "video" if sound.media_type.startswith("video/") else "audio"
    content = base64.b64encode(sound.path.read_bytes()).decode()
    source = f"data:{escape(sound.media_type)};base64,{content}"
    return f'<{element} controls preload="metadata" aria-label="Recording" src="{source}"></{element}>'
