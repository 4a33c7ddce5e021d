"""What ffmpeg, which shares no code with us, reads out of our subtitles."""

import html
import io
import json
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import pysubs2
import pytest
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transcripts.exports import FORMATS, PRESETS, Document, Options, Profile, Segment, Word
from transcripts.exports.breaks import Grammar
from transcripts.exports.characters import clean, width
from transcripts.exports.cues import Cue, cues_of
from transcripts.exports.profiles import NETFLIX_LIKE
from transcripts.exports.violations import violations

DEMUXERS = {"srt": "srt", "vtt": "webvtt"}
AUDIO = Path(__file__).parent.parent / "audio"
SAMPLES = sorted(path.stem for path in AUDIO.glob("*.json"))
TIGHT = Profile(
    name="One short line", line_length=30, lines=1, reading_speed=18, shortest=0.7, longest=5, gap=0.1
)

seconds = st.floats(min_value=0, max_value=500_000, allow_nan=False).map(lambda value: round(value, 3))
HOSTILE = (
    *("-->", "1", "00:00:01,000 --> 00:00:02,000", "<b>", "&amp;", "{\\an8}", "WEBVTT", "NOTE x", "word"),
    *("\n\n", "\r\n", "\u2028", "\u202e", "\x00", "supercalifragilistic" * 5, "漢字" * 30, "👩‍👩‍👧" * 30),
)
texts = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(HOSTILE),
        max_size=30,
    ).map(" ".join),
)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    start, end = sorted((draw(seconds), draw(seconds)))
    text = draw(texts)
    spoken = text.split() if draw(st.booleans()) else draw(texts).split()
    words = tuple(Word(f" {word}", draw(seconds), draw(seconds), 0.5) for word in spoken[:20])
    return Segment(start, end, text, words)


@dataclass(frozen=True)
class ReadCue:
    start_ms: int
    duration_ms: int
    lines: list[str]


def document_of(*spoken: Segment) -> Document:
    return Document("", "en", "transcribe", "base", None, datetime(2026, 3, 1, tzinfo=UTC), spoken)


def sample(name: str) -> Document:
    """What is said in a sample recording, and by whom."""
    truth = json.loads((AUDIO / f"{name}.json").read_text())
    segments = tuple(
        Segment(
            turn["start"],
            turn["end"],
            turn["text"],
            tuple(Word(f" {text}", start, end, 1.0) for text, start, end in turn["words"]),
            turn["speaker"],
        )
        for turn in truth["turns"]
    )
    return Document(
        name,
        truth["language"],
        "transcribe",
        "base",
        truth["duration"],
        datetime(2026, 3, 1, tzinfo=UTC),
        segments,
    )


def read(extension: str, *spoken: Segment) -> list[ReadCue]:
    content = FORMATS[extension].render(document_of(*spoken))
    if extension == "srt" and not content:
        return []
    with av.open(io.BytesIO(content), format=DEMUXERS[extension]) as container:
        packets = [packet for packet in container.demux(subtitles=0) if packet.size]
    unescape = html.unescape if extension == "vtt" else str
    return [
        ReadCue(packet.pts or 0, packet.duration or 0, unescape(bytes(packet).decode()).split("\n"))
        for packet in packets
    ]


def letters(text: str) -> str:
    return "".join(clean(text).split())


def spoken_letters(extension: str, text: str) -> str:
    """The letters that a format keeps: SubRip has no way to write what it takes for markup."""
    return letters(text.translate(str.maketrans("<>{}", "‹›()")) if extension == "srt" else text)


@pytest.mark.parametrize("extension", DEMUXERS)
# How long it takes to think of them depends on what else the machine does.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(spoken=st.lists(segments(), max_size=8))
def test_cues_keep_all_text_and_never_overlap(extension: str, spoken: list[Segment]) -> None:
    cues = read(extension, *spoken)

    # Segments drawn at random overlap, so that only the letters can be compared, not their order.
    expected = Counter("".join(spoken_letters(extension, segment.text) for segment in spoken))
    assert Counter(letters("".join(line for cue in cues for line in cue.lines))) == expected
    assert all(0 < cue.duration_ms <= 7000 for cue in cues)
    for cue, following in pairwise(cues):
        assert cue.start_ms + cue.duration_ms <= following.start_ms
    for cue in cues:
        assert 1 <= len(cue.lines) <= 2
        assert all(line.strip() for line in cue.lines)


@pytest.mark.parametrize("extension", DEMUXERS)
@given(text=texts, start=seconds)
def test_text_keeps_its_order(extension: str, text: str, start: float) -> None:
    cues = read(extension, Segment(start, start + 30, text))
    assert letters("".join(line for cue in cues for line in cue.lines)) == spoken_letters(extension, text)


def test_line_is_short_enough_for_the_screen_when_words_are_not() -> None:
    cues = read(
        "vtt", Segment(0, 20, "x" * 500), Segment(20, 40, "漢" * 200), Segment(40, 50, "e\u0301" * 90)
    )
    lines = [line for cue in cues for line in cue.lines]
    assert max(width(line) for line in lines) == 42
    assert not any(unicodedata.combining(line[0]) for line in lines)


def spoken(*texts: str, start: float = 0.0, seconds: float = 0.4, speaker: str = "") -> Segment:
    """A segment whose words follow each other, as many seconds each."""
    tokens = " ".join(texts).split()
    words = tuple(
        Word(f" {token}", start + seconds * n, start + seconds * (n + 1), 0.9)
        for n, token in enumerate(tokens)
    )
    return Segment(start, start + seconds * len(tokens), " ".join(tokens), words, speaker)


def test_cue_begins_with_its_word_when_a_long_segment_is_cut() -> None:
    words = [Word(f" word{index:02}", 10 + index, 10.9 + index, 0.9) for index in range(20)]
    cues = read("srt", Segment(10, 29.9, "".join(word.text for word in words), tuple(words)))
    for cue in cues:
        assert cue.start_ms == 10_000 + 1000 * int(cue.lines[0][4:6])
        assert 3000 <= cue.duration_ms <= 7000


def test_cue_stays_long_enough_to_be_read_when_there_is_room() -> None:
    cues = read("vtt", Segment(1.0, 1.1, "Yes."), Segment(5.0, 5.1, "No."), Segment(9.3, 10.5, "Perhaps."))
    assert [(cue.start_ms, cue.duration_ms) for cue in cues] == [(1000, 833), (5000, 833), (9300, 1200)]


def test_cue_breaks_at_clauses_and_never_after_an_article() -> None:
    cues = read(
        "vtt",
        spoken(
            "When the committee met on Tuesday, nobody had read the report of the commission, and the chair "
            "asked whether a decision about the new building in the harbour could wait until the spring."
        ),
    )
    assert [cue.lines for cue in cues] == [
        ["When the committee met on Tuesday, nobody", "had read the report of the commission,"],
        ["and the chair asked whether a decision"],
        ["about the new building in the harbour", "could wait until the spring."],
    ]


def test_fast_speech_is_shown_early_and_late_so_that_it_can_be_read() -> None:
    fast = spoken("Extraordinarily complicated administrative responsibilities,", start=10, seconds=0.55)
    document = document_of(Segment(5, 6, "Well."), fast, Segment(14, 15, "Quite so."))
    cues = cues_of(document, Options())
    assert violations(cues, NETFLIX_LIKE) == []
    assert max(abs(cue.start_ms - cue.pieces[0][0].start_ms) for cue in cues) <= 1500


def test_what_nobody_can_read_is_reported_and_kept_whole() -> None:
    document = document_of(spoken(*["incomprehensible"] * 200, seconds=0.1))
    cues = cues_of(document, Options())
    found = violations(cues, NETFLIX_LIKE)
    assert any("characters a second are too fast" in violation.sentence for violation in found)
    assert {violation.segment for violation in found} == {0}
    assert sum(len(line.split()) for cue in cues for line in cue.lines) == 200


@pytest.mark.parametrize("profile", [*PRESETS.values(), TIGHT])
@pytest.mark.parametrize("name", SAMPLES)
def test_subtitles_of_every_sample_keep_to_the_profile(name: str, profile: Profile) -> None:
    document = sample(name)
    for options in (Options(profile=profile), Options(profile=profile, speakers=False)):
        for is_labelled in (True, False):
            cues = cues_of(document, options, is_labelled=is_labelled)
            assert violations(cues, profile) == []
            assert not [line for line in article_ends(cues, document.language) if line]
        for extension in DEMUXERS:
            assert_kept(parsed(FORMATS[extension].render(document, options), extension), profile)


def article_ends(cues: list[Cue], language: str) -> list[str]:
    """The lines that end between an article and what belongs to it."""
    grammar = Grammar(language)
    lines = [line for cue in cues for line in cue.lines]
    return [line for line in lines if grammar.is_article(line.split()[-1])]


def parsed(content: bytes, extension: str) -> list[tuple[int, int, list[str]]]:
    """What pysubs2, and for WebVTT webvtt-py, make of the file."""
    text = content.decode()
    if extension == "srt":
        lines = pysubs2.SSAFile.from_string(text)
        return [(line.start, line.end, line.plaintext.split("\n")) for line in lines]
    captions = webvtt.from_string(text)
    return [(in_ms(c.start), in_ms(c.end), c.text.split("\n")) for c in captions]


def in_ms(time: str) -> int:
    hours, minutes, seconds = time.split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000)


def assert_kept(cues: list[tuple[int, int, list[str]]], profile: Profile) -> None:
    """The profile's rules once more, on what another library reads."""
    assert cues
    for start, end, lines in cues:
        seconds = (end - start) / 1000
        assert len(lines) <= profile.lines
        assert max(map(len, lines)) <= profile.line_length
        assert len(" ".join(lines)) <= profile.reading_speed * seconds + 0.1
        assert profile.shortest - 0.001 <= seconds <= profile.longest + 0.001
    for (_, end, _), (start, _, _) in pairwise(cues):
        assert start - end >= profile.gap * 1000 - 1


def test_speaker_is_named_when_another_begins_to_speak() -> None:
    segments = (
        spoken("Good morning to all of you.", speaker="Ann & Bob"),
        spoken("Good morning.", start=5, speaker="Eva"),
        spoken("Let us begin.", start=9, speaker="Eva"),
    )
    assert [cue.lines[0] for cue in read("srt", *segments)] == [
        "Ann & Bob: Good morning to all of you.",
        "Eva: Good morning.",
        "Let us begin.",
    ]
    vtt = FORMATS["vtt"].render(document_of(*segments)).decode()
    assert "<v Ann &amp; Bob>Good morning to all of you.</v>" in vtt
    assert [caption.voice for caption in webvtt.from_string(vtt)] == ["Ann &amp; Bob", "Eva", "Eva"]
    bare = FORMATS["vtt"].render(document_of(*segments), Options(speakers=False)).decode()
    assert "<v" not in bare


def test_word_cues_lie_inside_their_cue_in_order() -> None:
    vtt = FORMATS["vtt"].render(document_of(spoken("One two three four.")), Options(word_cues=True)).decode()
    assert vtt.split("\n")[3] == "One <00:00:00.400>two <00:00:00.800>three <00:00:01.200>four."


def test_cue_leaves_the_screen_when_one_word_seems_to_last_for_minutes() -> None:
    assert read("srt", Segment(3.0, 300.0, "Hm.")) == [ReadCue(3000, 7000, ["Hm."])]


def test_srt_numbers_run_on_when_empty_segments_lie_between() -> None:
    content = FORMATS["srt"].render(
        document_of(Segment(0, 1, "a"), Segment(1, 2, "\u202e"), Segment(9, 10, "b"))
    )
    assert content.decode().split("\n")[::4] == ["1", "2"]
