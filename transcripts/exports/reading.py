"""Files back into segments: SubRip, WebVTT, our JSON and Whisper's, plain text."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from transcripts.engine.base import Word
from transcripts.exports.characters import clean
from transcripts.exports.document import Segment

MAX_SEGMENTS = 20_000
# Longer ones are cut: nobody can edit a page of text in one piece.
MAX_CHARACTERS = 2000
MAX_SECONDS = 400 * 3600.0

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_ARROW = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?$")
_STAMPED = re.compile(rf"\[?{_TIME}\]?[\s:–-]*(.*)$")
# None of these may run over another one's beginning: a file of nothing but beginnings would take for ever.
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]([^<>]*)>")
_WORD_TIME = re.compile(rf"<{_TIME}>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
_NAMED = re.compile(r"([^\s:.!?][^:.!?\n]{0,39}):\s+(?=\S)")


class Unreadable(Exception):
    """The file is not what its name says; the message is a sentence for its sender."""


@dataclass(frozen=True)
class Draft:
    """What a file holds. Without times all its segments are at 0."""

    segments: tuple[Segment, ...]
    has_times: bool = True
    title: str = ""
    language: str = ""


def read(name: str, content: bytes) -> Draft:
    """Read a file by its name's extension.

    Raises: Unreadable: it is of another kind, broken, empty or too long.
    """
    reader = READERS.get(name.rpartition(".")[2].lower())
    if reader is None:
        raise Unreadable("Choose a file that ends in .srt, .vtt, .json or .txt.")
    draft = reader(_decoded(content))
    segments = tuple(piece for segment in draft.segments for piece in _cut(segment))
    if not segments:
        raise Unreadable("There is no text in this file: choose another one.")
    if len(segments) > MAX_SEGMENTS:
        raise Unreadable(f"This file has over {MAX_SEGMENTS:,} lines of text: split it first.")
    if draft.has_times:
        segments = tuple(sorted(segments, key=lambda segment: segment.start))
    return replace(draft, segments=segments)


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Of what was written before UTF-8, this is by far the most common.
        return content.decode("cp1252", errors="replace")


def _cut(segment: Segment) -> list[Segment]:
    """Return the segment clean, and in pieces where it is too long; its time is shared by length."""
    text = clean(segment.text)
    clean_segment = replace(segment, text=text, speaker=clean(segment.speaker)[:80])
    if len(text) <= MAX_CHARACTERS:
        return [clean_segment] if text else []
    pieces, rest = [], text
    while rest:
        end = len(rest) if len(rest) <= MAX_CHARACTERS else max(rest.rfind(" ", 0, MAX_CHARACTERS), 1)
        end = MAX_CHARACTERS if end == 1 else end
        pieces.append(rest[:end].strip())
        rest = rest[end:].strip()
    step = (segment.end - segment.start) / len(pieces)
    starts = [segment.start + step * number for number in range(len(pieces))]
    return [
        replace(clean_segment, text=piece, start=start, end=start + step, words=())
        for piece, start in zip(pieces, starts, strict=True)
    ]


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return min(whole + (float(f"0.{fraction}") if fraction else 0.0), MAX_SECONDS)


def read_srt(text: str) -> Draft:
    cues = [
        Segment(start, end, _TAG.sub("", "\n".join(lines)))
        for start, end, lines in _cues(text, is_numbered=True)
    ]
    return Draft(_named(cues))


def read_vtt(text: str) -> Draft:
    if not text.lstrip().startswith("WEBVTT"):
        raise Unreadable("This is not a WebVTT file: it must begin with “WEBVTT”.")
    segments = []
    speaker = ""
    for start, end, lines in _cues(text, is_numbered=False):
        content = "\n".join(lines)
        voice = _VOICE.search(content)
        speaker = unescape(voice[1]) if voice else ""
        words = _timed_words(content, start, end)
        plain = unescape(_TAG.sub("", _WORD_TIME.sub("", content)))
        segments.append(Segment(start, end, plain, words, speaker))
    return Draft(tuple(segments))


def _cues(text: str, *, is_numbered: bool) -> list[tuple[float, float, list[str]]]:
    lines = text.splitlines()
    arrows = [(number, match) for number, line in enumerate(lines) if (match := _ARROW.match(line))]
    if not arrows:
        raise Unreadable("There are no times like 00:00:01,000 --> 00:00:02,000 in this file.")
    ends = [number for number, _ in arrows[1:]] + [len(lines)]
    found = []
    for (number, match), end in zip(arrows, ends, strict=True):
        groups = match.groups()
        start, stop = _seconds(*groups[:4]), _seconds(*groups[4:])
        found.append((start, max(start, stop), _cue_lines(lines[number + 1 : end], is_numbered=is_numbered)))
    return found


def _cue_lines(lines: list[str], *, is_numbered: bool) -> list[str]:
    """Return the lines of a cue, of all that are before the next one's times."""
    if not is_numbered:
        # In WebVTT an empty line ends it; a name or a note may follow.
        return lines[: next((n for n, line in enumerate(lines) if not line.strip()), len(lines))]
    # In SubRip the next cue's number follows, though not in all files that there are.
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    if len(lines) > 1 and lines[-1].strip().isdigit() and not lines[-2].strip():
        lines = lines[:-1]
    return lines


def _timed_words(content: str, start: float, end: float) -> tuple[Word, ...]:
    """Return the words of a cue that has a time for each, or none."""
    times = [_seconds(*match.groups()) for match in _WORD_TIME.finditer(content)]
    if not times:
        return ()
    parts = [unescape(_TAG.sub("", part)) for part in re.split(r"<[\d:.]+>", content)]
    bounds = [start, *times, end]
    words = []
    for index, part in enumerate(parts[: len(bounds) - 1]):
        if spoken := clean(part):
            first, last = bounds[index], max(bounds[index], bounds[index + 1])
            words.append(Word(f" {spoken}", first, last, 1.0))
    return tuple(words)


def read_txt(text: str) -> Draft:
    lines = [line for line in map(str.strip, text.splitlines()) if line]
    stamps = [_STAMPED.match(line) for line in lines]
    if lines and all(stamps):
        starts = [_seconds(*match.groups()[:4]) for match in stamps if match]
        ends = [max(a, b) for a, b in zip(starts, [*starts[1:], starts[-1] + 5], strict=True)]
        texts = [match[5] for match in stamps if match]
        found = [Segment(a, b, said) for a, b, said in zip(starts, ends, texts, strict=True)]
        return Draft(_named(found))
    return Draft(_named([Segment(0.0, 0.0, line) for line in lines]), has_times=False)


def _named(segments: list[Segment]) -> tuple[Segment, ...]:
    """Take “Name: ” before a text for its speaker, where it is before all texts or comes again."""
    matches = [_NAMED.match(segment.text) for segment in segments]
    counts = Counter(match[1] for match in matches if match)
    names = {name for name, count in counts.items() if count > 1 or all(matches)}
    found, speaker = [], ""
    for segment, match in zip(segments, matches, strict=True):
        if match and match[1] in names:
            speaker = match[1]
            segment = replace(segment, text=segment.text[match.end() :])
        found.append(replace(segment, speaker=speaker))
    return tuple(found)


def read_json(text: str) -> Draft:
    try:
        content: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("This is not a JSON file that can be read: export it again.") from None
    rows = content.get("segments") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("This JSON file has no list of “segments”: each needs “start”, “end” and “text”.")
    facts: dict[str, Any] = content if isinstance(content, dict) else {}
    segments = tuple(_json_segment(row) for row in rows)
    return Draft(segments, title=_text(facts.get("title")), language=_text(facts.get("language"))[:8])


def _json_segment(row: dict[str, Any]) -> Segment:
    start = _number(row.get("start"))
    end = max(start, _number(row.get("end")))
    listed = row.get("words")
    words = tuple(
        Word(
            _text(word.get("text", word.get("word"))),
            _number(word.get("start")),
            _number(word.get("end")),
            min(1.0, _number(word.get("probability", 1.0))),
        )
        for word in (listed if isinstance(listed, list) else [])
        if isinstance(word, dict)
    )
    return Segment(start, end, _text(row.get("text")), words, _text(row.get("speaker")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        return 0.0
    return float(min(max(value, 0), MAX_SECONDS))


READERS: dict[str, Callable[[str], Draft]] = {
    "srt": read_srt,
    "vtt": read_vtt,
    "json": read_json,
    "txt": read_txt,
}
