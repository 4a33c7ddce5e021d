from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from transcripts.exports import Document, Segment, Word

MakeDocument = Callable[..., Document]


def _document(*segments: Segment) -> Document:
    return Document(
        title="Besprechung am Dienstag",
        language="de",
        task="transcribe",
        model="base",
        duration=61.5,
        created=datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        segments=segments,
    )


@pytest.fixture
def make_document() -> MakeDocument:
    return _document


@pytest.fixture
def document() -> Document:
    """Ordinary and awkward segments: with words, without, too long for one cue, edited, empty, hostile."""
    long = (
        "Then we went through the figures of the quarter, one department after another, and nobody had "
        "anything to add until the very end, when the budget for the next year came up."
    )
    japanese = "漢字とかなの長い文が二行に収まらないときは途中で切れて次の字幕に続くはずです。"
    words = tuple(
        Word(f" {text}", round(4.5 + 0.3 * index, 3), round(4.7 + 0.3 * index, 3), 0.9)
        for index, text in enumerate(long.split())
    )
    return _document(
        Segment(
            0.0, 1.48, " Guten Morgen.", (Word(" Guten", 0.0, 0.6, 0.98), Word(" Morgen.", 0.7, 1.48, 0.5))
        ),
        Segment(1.48, 4.2, "Tom & Jerry say: 1 < 2 --> 2 > 1.\n\nNothing\u2028else\x00."),
        Segment(4.5, 14.1, long, words),
        Segment(20.0, 31.0, "Edited, so that the words no longer are those of the engine.", (words[0],)),
        Segment(31.0, 32.0, " \u202e "),
        Segment(
            59.9996,
            61.5,
            japanese,
        ),
        Segment(360_000.0, 360_001.5, "\u202eOne hundred hours\u202c 👩‍👩‍👧."),
    )


def _said(text: str, start: float, speaker: str) -> Segment:
    """Each word lasts half a second."""
    words = tuple(Word(f" {w}", start + n / 2, start + n / 2 + 0.5, 0.9) for n, w in enumerate(text.split()))
    return Segment(start, start + len(words) / 2, text, words, speaker)


@pytest.fixture
def conversation() -> Document:
    """Two people, one of whom pauses."""
    return _document(
        _said("Good morning, everybody.", 0.5, "Ann"),
        _said("Shall we begin?", 2.5, "Ann"),
        _said("The report first.", 8.0, "Ann"),
        _said("<Yes>.", 10.0, "Bob & Co"),
        _said("Thank you.", 12.0, "Ann"),
    )
