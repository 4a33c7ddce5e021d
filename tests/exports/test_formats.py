"""Each format against files kept in `golden/`, which are read and judged by people when they change."""

import json
from pathlib import Path

import pytest

from transcripts.exports import FORMATS, Document, Options, Segment, Word

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("extension", "times", "name"),
    [
        ("txt", False, "meeting.txt"),
        ("txt", True, "meeting-times.txt"),
        ("srt", False, "meeting.srt"),
        ("vtt", False, "meeting.vtt"),
        ("json", False, "meeting.json"),
    ],
)
def test_file_is_the_golden_one(document: Document, extension: str, times: bool, name: str) -> None:
    assert FORMATS[extension].render(document, Options(times=times)) == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("key", ["txt", "md", "csv", "tsv", "html", "ttml", "lrc", "labels"])
def test_conversation_is_the_golden_one(conversation: Document, key: str) -> None:
    options = Options(times=True, paragraphs=True)
    golden = GOLDEN / f"conversation.{FORMATS[key].extension}"
    assert FORMATS[key].render(conversation, options) == golden.read_bytes()


def test_turns_are_merged_and_paragraphs_gathered(conversation: Document) -> None:
    def text(**options: bool) -> list[str]:
        return FORMATS["txt"].render(conversation, Options(**options)).decode().splitlines()

    assert len(text()) == 5
    assert text(merge_turns=True)[::2] == [
        "Ann: Good morning, everybody. Shall we begin? The report first.",
        "Bob & Co: <Yes>.",
        "Ann: Thank you.",
    ]
    # After a pause a new paragraph begins, which needs no name.
    assert text(paragraphs=True)[::2][:2] == [
        "Ann: Good morning, everybody. Shall we begin?",
        "The report first.",
    ]


@pytest.mark.parametrize(
    ("start", "end", "lines"),
    [
        (None, 3.0, ["Ann: Good morning, everybody.", "Ann: Shall"]),
        (3.0, 9.5, ["Ann: we begin?", "Ann: The report first."]),
        (100.0, None, []),
    ],
)
def test_only_the_selection_is_written(
    conversation: Document, start: float | None, end: float | None, lines: list[str]
) -> None:
    content = FORMATS["txt"].render(conversation, Options(start=start, end=end)).decode()
    assert content.splitlines() == lines


@pytest.mark.parametrize("extension", ["srt", "vtt", "json"])
def test_times_change_nothing_where_a_format_always_has_them(document: Document, extension: str) -> None:
    assert FORMATS[extension].render(document, Options(times=True)) == FORMATS[extension].render(document)


@pytest.mark.parametrize(("extension", "content"), [("txt", b""), ("srt", b""), ("vtt", b"WEBVTT\n\n")])
def test_file_is_valid_when_nothing_was_said(make_document, extension: str, content: bytes) -> None:
    assert FORMATS[extension].render(make_document()) == content
    assert FORMATS[extension].render(make_document(Segment(0.0, 1.0, " \u2028 "))) == content


def test_json_has_no_segments_when_nothing_was_said(make_document) -> None:
    content = json.loads(FORMATS["json"].render(make_document()))
    assert (content["segments"], content["text"], content["duration"]) == ([], "", 61.5)


def test_json_is_strict_when_text_and_probability_are_not(make_document) -> None:
    word = Word(" half\ud83d", 0.0, 0.5, float("nan"))
    content = FORMATS["json"].render(make_document(Segment(0.0, 0.5, "half\ud83d", (word,))))
    segment = json.loads(content, parse_constant=pytest.fail)["segments"][0]
    assert segment["text"] == "half\ufffd"
    assert segment["words"] == [{"text": "half\ufffd", "start": 0.0, "end": 0.5, "probability": None}]
