"""Files of others, and our own, back into segments."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.exports import FORMATS, Document, Options
from transcripts.exports.characters import clean
from transcripts.exports.reading import MAX_CHARACTERS, Unreadable, read

NAMES = ["a.srt", "a.vtt", "a.json", "a.txt"]


def texts(document: Document) -> str:
    return "".join("".join(clean(segment.text) for segment in document.segments).split())


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("srt", Options()),
        ("vtt", Options(word_cues=True)),
        ("json", Options()),
        ("txt", Options()),
        ("txt", Options(times=True, paragraphs=True)),
    ],
)
def test_what_we_write_is_read_again(conversation: Document, key: str, options: Options) -> None:
    draft = read(f"x.{key}", FORMATS[key].render(conversation, options))
    said = "".join("".join(segment.text for segment in draft.segments).split())
    # A name that stands once, before one text of several, may as well be a part of it.
    said = said.removeprefix("Ann:").replace("Bob&Co:", "")
    expected = texts(conversation)
    assert said == (expected.replace("<", "‹").replace(">", "›") if key == "srt" else expected)
    assert draft.has_times is (key != "txt" or options.times)
    if key in ("vtt", "json"):
        assert {segment.speaker for segment in draft.segments} == {"Ann", "Bob & Co"}
        assert draft.segments[-1].words[-1].start == 12.5


def test_subrip_of_others_is_read() -> None:
    srt = (
        "\ufeff1\r\n0:00:01,5 --> 00:00:03,000 X1:40\r\n<i>Two</i> lines\r\n{\\an8}of text\r\n\r\n"
        "2\r\n00:00:04,000 --> 00:00:05,000\r\n42\r\n\r\n3\r\n00:00:06,000 --> 00:00:05,000\r\nA & B\r\n"
    )
    segments = read("A.SRT", srt.encode("utf-16")).segments
    assert [(s.start, s.end, s.text) for s in segments] == [
        (1.5, 3.0, "Two lines of text"),
        (4.0, 5.0, "42"),
        (6.0, 6.0, "A & B"),
    ]


def test_webvtt_of_others_is_read_without_its_notes_and_names() -> None:
    vtt = (
        "WEBVTT - title\nKind: captions\n\nSTYLE\n::cue {}\n\nNOTE\n- a note\n\nfirst\n"
        "00:01.000 --> 00:02.000 align:start\n<v.loud Ann>Tom &amp; <c.red>Jerry</c>\n\nNOTE another\n\n"
        "00:03.000 --> 00:04.000\nBye.\n"
    )
    segments = read("a.vtt", vtt.encode()).segments
    assert [(s.start, s.speaker, s.text) for s in segments] == [
        (1.0, "Ann", "Tom & Jerry"),
        (3.0, "", "Bye."),
    ]


def test_json_of_whisper_is_read() -> None:
    word = {"word": " Hi", "start": 0.1, "end": 0.4, "probability": 0.5}
    rows = [{"start": 0, "end": 1e999, "text": " Hi", "words": [word, None]}, {"text": None}]
    (segment,) = read("a.json", json.dumps({"language": "en", "segments": rows}).encode()).segments
    assert (segment.text, segment.words[0].text, segment.words[0].probability) == ("Hi", " Hi", 0.5)


def test_text_of_windows_is_read_and_long_lines_are_cut() -> None:
    draft = read("a.txt", ("Müller: Grüße.\r\n\r\n" + "word " * 1000).encode("cp1252"))
    assert draft.segments[0].text == "Müller: Grüße."
    assert len(draft.segments) == 4
    assert max(len(segment.text) for segment in draft.segments) <= MAX_CHARACTERS


@given(name=st.sampled_from(NAMES), content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(name: str, content: bytes) -> None:
    try:
        draft = read(name, content)
    except Unreadable:
        return
    assert all(segment.text and 0 <= segment.start <= segment.end for segment in draft.segments)


@pytest.mark.parametrize("value", [None, [], {}, "x", True, -1, 10**400, 1e308])
def test_any_json_is_read_or_refused(value: object) -> None:
    row = {
        "start": value,
        "end": value,
        "text": "x",
        "words": [{"text": value, "start": value}],
        "speaker": value,
    }
    assert read("a.json", json.dumps({"segments": [row], "title": value}).encode()).segments[0].text == "x"
    with pytest.raises(Unreadable):
        read("a.json", json.dumps(value).encode())


@pytest.mark.parametrize("beginning", ["<v ", "<v.", "{\\", "<a", "&", "<00:00:01.000", "Name: ", " "])
def test_a_megabyte_of_beginnings_takes_no_time(beginning: str) -> None:
    cue = "WEBVTT\n\n00:01.000 --> 00:02.000\n" + beginning * (1_000_000 // len(beginning)) + "x"
    started = time.process_time()
    for name in ("a.vtt", "a.srt"):
        assert read(name, cue.encode()).segments
    assert time.process_time() - started < 10
