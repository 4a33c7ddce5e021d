"""What the two applications answer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from transcripts.api.spoken import Spoken, spoken
from transcripts.engine.base import Word
from transcripts.models import ApiRequest, Recording

JSON = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A stretch of the text. Times are seconds of the recording."""

    start: float
    end: float
    text: str
    voice: int = 0


def answer(request: ApiRequest, recording: Recording) -> JSON:
    said = spoken(recording)
    is_wizper = request.model == "fal-ai/wizper"
    return wizper(request, recording, said) if is_wizper else whisper(request, recording, said)


def whisper(request: ApiRequest, recording: Recording, said: Spoken) -> JSON:
    is_diarized = request.options["diarize"]
    parts = parts_of(said, request.options["chunk_level"])
    return {
        "text": said.text,
        "chunks": [_chunk(part, is_diarized=is_diarized) for part in parts],
        "inferred_languages": languages(recording),
        "diarization_segments": turns(said) if is_diarized else [],
    }


def wizper(request: ApiRequest, recording: Recording, said: Spoken) -> JSON:
    level, longest = request.options["chunk_level"], request.options["max_segment_len"]
    parts: Iterable[Part] = parts_of(said, level)
    if level == "segment":
        parts = short_parts(said, longest)
        parts = merged(parts, longest) if request.options["merge_chunks"] else parts
    chunks = [_chunk(part, is_diarized=False) for part in parts]
    return {"text": said.text, "chunks": chunks, "languages": languages(recording)}


def languages(recording: Recording) -> list[str]:
    """Return what was spoken, also where the text is a translation."""
    transcript = recording.transcript
    return [transcript.language] if transcript and transcript.language else []


def parts_of(said: Spoken, level: str) -> list[Part]:
    if level == "segment":
        return [Part(s.start, s.end, s.text, s.voice) for s in said.segments]
    if level == "word":
        return [_word(word, s.voice) for s in said.segments for word in s.words]
    return [Part(0.0, said.duration, said.text)] if said.segments else []


def _word(word: Word, voice: int) -> Part:
    return Part(word.start, word.end, word.text.strip(), voice)


def short_parts(said: Spoken, longest: float) -> Iterator[Part]:
    """Yield the segments; one that is longer than `longest` seconds in pieces of its words."""
    for segment in said.segments:
        if segment.end - segment.start > longest and segment.words:
            yield from merged((_word(word, segment.voice) for word in segment.words), longest)
        else:
            yield Part(segment.start, segment.end, segment.text, segment.voice)


def merged(parts: Iterable[Part], longest: float) -> Iterator[Part]:
    """Yield consecutive parts as one, as far as that is no longer than `longest` seconds."""
    whole: Part | None = None
    for part in parts:
        if whole and part.end - whole.start <= longest:
            text = f"{whole.text} {part.text}"
            whole = Part(whole.start, max(whole.end, part.end), text, whole.voice)
            continue
        if whole:
            yield whole
        whole = part
    if whole:
        yield whole


def turns(said: Spoken) -> list[JSON]:
    """Return who speaks when; what one says without another in between is one turn."""
    found: list[Part] = []
    for segment in said.segments:
        if found and found[-1].voice == segment.voice:
            found[-1] = Part(found[-1].start, max(found[-1].end, segment.end), "", segment.voice)
        else:
            found.append(Part(segment.start, segment.end, "", segment.voice))
    return [{"speaker": _speaker(turn.voice), "timestamp": [turn.start, turn.end]} for turn in found]


def _chunk(part: Part, *, is_diarized: bool) -> JSON:
    chunk: JSON = {"timestamp": [part.start, part.end], "text": part.text}
    return chunk | {"speaker": _speaker(part.voice)} if is_diarized else chunk


def _speaker(voice: int) -> str:
    return f"SPEAKER_{voice:02}"
