"""Hostile texts through every format, read by parsers that share no code with what wrote them."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import av
import docx
import pysubs2
import pytest
import webvtt
from lxml import etree
from markdown_it import MarkdownIt
from pypdf import PdfReader

from tests.exports.hostile import HOSTILE
from transcripts.exports import FORMATS, Document, Options, Segment
from transcripts.exports.characters import clean

FORMULA = tuple("=+-@\t\r＝＋－＠")
TITLE = "</title><script>alert(1)</script> =1+1 --> \x00 \u202e ]]> $policy {{ 7*7 }} # x"
TEXTS = [clean(text) for text in HOSTILE if clean(text)]


def document() -> Document:
    """Each text as a segment, said by somebody of that name."""
    segments = tuple(
        Segment(20.0 * number, 20.0 * number + 19, text, (), text) for number, text in enumerate(HOSTILE)
    )
    created = datetime(2026, 3, 1, tzinfo=UTC)
    return Document(TITLE, "en", "transcribe", "base", 20.0 * len(segments), created, segments)


@cache
def rendered(key: str, **options: bool) -> bytes:
    return FORMATS[key].render(document(), Options(**options))


def letters(text: str) -> str:
    return "".join(text.split())


def test_there_are_two_hundred() -> None:
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("key", [key for key, form in FORMATS.items() if not form.is_binary])
def test_no_control_character_reaches_a_text_format(key: str) -> None:
    content = rendered(key).decode().removeprefix("\ufeff")
    assert not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", content
    )


def test_text_file_has_a_line_a_segment() -> None:
    assert rendered("txt").decode().splitlines() == [f"{text}: {text}" for text in TEXTS]


def test_srt_has_no_cue_and_no_markup_but_ours() -> None:
    subtitles = pysubs2.SSAFile.from_string(rendered("srt", speakers=False).decode())
    plain = str.maketrans("<>{}", "‹›()")
    expected = letters("".join(text.translate(plain) for text in TEXTS))
    assert letters("".join(line.text.replace("\\N", "") for line in subtitles)) == expected.replace("\\N", "")
    assert not any("{" in line.text for line in subtitles)
    assert all(line.start < line.end <= following.start for line, following in pairwise(subtitles))


def test_vtt_has_no_cue_and_no_tag_but_ours() -> None:
    captions = webvtt.from_string(rendered("vtt", speakers=False).decode()).captions
    text = "".join(caption.raw_text for caption in captions)
    assert "<" not in text
    unescaped = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert letters(unescaped) == letters("".join(TEXTS))
    voiced = rendered("vtt").decode()
    assert len(re.findall("<v [^<>\n]+>", voiced)) == voiced.count("<v") == voiced.count("</v>")
    assert voiced.count("-->") == len(webvtt.from_string(voiced).captions)


def test_json_gives_the_texts_back() -> None:
    segments = json.loads(rendered("json"), parse_constant=pytest.fail)["segments"]
    assert [segment["text"] for segment in segments] == TEXTS


@pytest.mark.parametrize(("key", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_table_has_four_columns_and_no_formula(key: str, delimiter: str) -> None:
    content = rendered(key).decode().removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True))
    assert {len(row) for row in rows} == {4}
    for row, text in zip(rows[1:], TEXTS, strict=True):
        assert row[3].replace("'", "") == text.replace("'", "")
        assert not any(cell.startswith(FORMULA) for cell in row)
    # A spreadsheet of a country with decimal commas takes semicolons for separators.
    assert not re.search(r';\s*"?[=+\-@]', content)


def test_markdown_is_paragraphs_of_text() -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": True}).parse(rendered("md", speakers=False).decode())
    kinds = {token.type for token in tokens} | {c.type for token in tokens for c in token.children or []}
    assert kinds <= {
        *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text"),
        "text_special",
    }
    inline = [token for token in tokens if token.type == "inline"]
    assert ["".join(c.content for c in token.children or []) for token in inline] == [clean(TITLE), *TEXTS]


def test_lyrics_are_read_line_by_line() -> None:
    content = rendered("lrc", speakers=False)
    lines = content.decode().splitlines()[1:]
    assert all(re.match(r"\[\d{2,}:\d\d\.\d\d\][^\[\]<>]*$", line) for line in lines)
    with av.open(io.BytesIO(content), format="lrc") as container:
        packets = [packet for packet in container.demux() if packet.size]
    assert len(packets) == len(TEXTS)


def test_labels_have_three_columns() -> None:
    rows = [line.split("\t") for line in rendered("labels", speakers=False).decode().splitlines()]
    assert [row[2] for row in rows] == TEXTS
    assert all(float(row[0]) < float(row[1]) for row in rows)


def test_word_document_holds_the_texts_and_nothing_else() -> None:
    content = rendered("docx", speakers=False)
    assert [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs][1:] == TEXTS
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
        assert not [name for name in archive.namelist() if "vba" in name.lower()]
    assert not root.xpath(
        "//*[local-name()='hyperlink' or local-name()='instrText' or local-name()='fldSimple']"
    )


def test_open_document_holds_the_texts_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(rendered("odt", speakers=False))) as archive:
        root = etree.fromstring(archive.read("content.xml"))
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    (body,) = root.iter(f"{{{office}}}text")
    texts = ["".join(element.itertext()) for element in body if "".join(element.itertext())]
    assert texts[1:] == TEXTS
    kinds = {etree.QName(element).localname for element in body.iter()}
    assert kinds <= {"text", "h", "p", "span", "s", "sequence-decls", "sequence-decl"}


def test_pdf_holds_text_and_no_action() -> None:
    reader = PdfReader(io.BytesIO(rendered("pdf", speakers=False)))
    # Each page ends with its number.
    pages = [page.extract_text().rstrip() for page in reader.pages]
    text = letters("".join(page.removesuffix(str(n)) for n, page in enumerate(pages, 1)))
    for found in (text for text in TEXTS if text.isascii()):
        assert letters(found) in text
    raw = rendered("pdf", speakers=False)
    assert not re.search(rb"/(JavaScript|JS|Launch|URI|AA|EmbeddedFile)\b", raw)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.is_in_text = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "p":
            self.is_in_text = True
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.is_in_text = self.is_in_text and tag != "p"

    def handle_data(self, data: str) -> None:
        if self.is_in_text:
            self.texts[-1] += data


def test_page_has_one_script_and_its_policy_names_it() -> None:
    page = Page()
    page.feed(rendered("html", speakers=False).decode())
    names = [tag for tag, _ in page.tags]
    assert names.count("script") == names.count("style") == names.count("title") == 1
    assert set(names) <= {
        *("html", "head", "meta", "title", "style", "body", "header", "h1", "p", "main", "button"),
        *("footer", "label", "input", "audio", "script"),
    }
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    said = [re.sub(r"^\d\d+:\d\d:\d\d ", "", text.strip()) for text in page.texts[1:]]
    assert said == TEXTS
    (policy,) = [a["content"] or "" for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_timed_text_is_valid_and_holds_the_texts() -> None:
    root = etree.fromstring(rendered("ttml"))
    schema = etree.XMLSchema(etree.parse(Path(__file__).parent / "ttml2" / "ttml2.xsd"))
    assert schema.validate(root), schema.error_log
    paragraphs = root.iter("{http://www.w3.org/ns/ttml}p")
    assert letters("".join("".join(p.itertext()) for p in paragraphs)) == letters("".join(TEXTS))
