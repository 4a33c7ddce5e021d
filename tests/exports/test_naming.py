import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.exports import file_name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Team meeting", "Team meeting.srt"),
        ("Sitzung: Öffentlichkeit & 東京 🎙️", "Sitzung- Öffentlichkeit & 東京 🎙️.srt"),
        ("../../etc/passwd", "etc-passwd.srt"),
        ("C:\\Users\\x", "C-Users-x.srt"),
        ("a\r\nSet-Cookie: x=1", "a Set-Cookie- x=1.srt"),
        ("\u202egpj.exe", "gpj.exe.srt"),
        ("nul\x00byte", "nulbyte.srt"),
        ("CON", "_CON.srt"),
        ("com1.notes", "_com1.notes.srt"),
        ("Console", "Console.srt"),
        ("-rf", "rf.srt"),
        ("~/.ssh", "ssh.srt"),
        ("", "transcript.srt"),
        (" ... ", "transcript.srt"),
        ("/", "transcript.srt"),
        ("\ud83d", "\ufffd.srt"),
        ("x" * 300, "x" * 96 + ".srt"),
        ("e\u0301", "é.srt"),
    ],
)
def test_name_is_safe(title: str, name: str) -> None:
    assert file_name(title, "srt") == name


@given(title=st.text(alphabet=st.characters(), max_size=400), extension=st.sampled_from(["txt", "json"]))
def test_name_is_short_and_a_single_path_segment_for_any_title(title: str, extension: str) -> None:
    name = file_name(title, extension)
    stem = name.removesuffix(f".{extension}")
    assert len(name) <= 100
    assert len(name.encode()) <= 240
    assert stem
    assert stem == stem.strip()
    assert not set(name) & set('/\\:*?"<>|')
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name)
    assert not any(unicodedata.bidirectional(character) in ("RLO", "LRO", "RLE", "LRE") for character in name)


def test_emoji_are_cut_whole_when_the_title_is_too_long() -> None:
    name = file_name("👩‍👩‍👧" * 60, "srt")
    assert name.removesuffix(".srt").endswith("👧")
