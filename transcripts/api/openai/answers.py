"""What was said, in each of OpenAI's response formats."""

import math
from collections.abc import Iterable
from string import ascii_uppercase
from typing import Any

from django.http import HttpResponse, JsonResponse

from transcripts.api.openai.forms import Shape
from transcripts.api.spoken import Said, Spoken, spoken
from transcripts.documents import document_of
from transcripts.engine.base import Word
from transcripts.engine.languages import LANGUAGES
from transcripts.exports import FORMATS
from transcripts.models import Recording

# As OpenAI counts them.
AUDIO_TOKENS_PER_SECOND = 10
CHARACTERS_PER_TOKEN = 4
FRAMES_PER_SECOND = 100
LEAST_PROBABILITY = 1e-6

Facts = dict[str, Any]


def answer(recording: Recording, shape: Shape) -> HttpResponse:
    """Return the recording's text in the form that was asked for."""
    match shape.response_format:
        case "text":
            return _plain(spoken(recording).text + "\n")
        case "srt" | "vtt":
            return _plain(FORMATS[shape.response_format].render(document_of(recording)))
        case "verbose_json":
            return JsonResponse(verbose(recording, shape))
        case "diarized_json":
            return JsonResponse(diarized(recording))
    return JsonResponse(simple(recording, shape))


def _plain(text: str | bytes) -> HttpResponse:
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def simple(recording: Recording, shape: Shape) -> Facts:
    said = spoken(recording)
    return {"text": said.text, **end_facts(recording, said, said.segments, shape)}


def end_facts(recording: Recording, said: Spoken, segments: Iterable[Said], shape: Shape) -> Facts:
    """Return what goes with a whole text."""
    facts: Facts = {"usage": tokens_used(recording, segments)}
    if shape.has_logprobs:
        facts["logprobs"] = logprobs(word for segment in segments for word in segment.words)
    if shape.has_languages:
        facts["languages"] = [{"code": said.language}] if said.language else []
    return facts


def verbose(recording: Recording, shape: Shape) -> Facts:
    said = spoken(recording)
    facts: Facts = {
        "task": recording.task,
        "language": LANGUAGES.get(said.language, said.language).lower(),
        "duration": said.duration,
        "text": said.text,
    }
    if shape.has_segments:
        facts["segments"] = [_segment(i, s, recording.temperature) for i, s in enumerate(said.segments)]
    if shape.has_words:
        facts["words"] = [{"word": w.text.strip(), "start": w.start, "end": w.end} for w in said.words]
    return {**facts, "usage": seconds_used(said.duration)}


def _segment(number: int, said: Said, temperature: float) -> Facts:
    return {
        "id": number,
        "seek": round(said.heard_from * FRAMES_PER_SECOND),
        "start": said.start,
        "end": said.end,
        "text": said.text,
        "tokens": list(said.tokens),
        "temperature": temperature,
        "avg_logprob": said.avg_logprob,
        "compression_ratio": said.compression_ratio,
        "no_speech_prob": said.no_speech_prob,
    }


def diarized(recording: Recording) -> Facts:
    said = spoken(recording)
    return {
        "task": recording.task,
        "duration": said.duration,
        "text": said.text,
        "segments": [speaker_segment(i, segment) for i, segment in enumerate(said.segments)],
        "usage": seconds_used(said.duration),
    }


def speaker_segment(number: int, said: Said) -> Facts:
    return {
        "type": "transcript.text.segment",
        "id": segment_id(number),
        "start": said.start,
        "end": said.end,
        "text": said.text,
        "speaker": speaker(said.voice),
    }


def segment_id(number: int) -> str:
    return f"seg_{number + 1:03d}"


def speaker(voice: int) -> str:
    """Return A, B … Z, AA, AB …: the vendor's names for speakers, of which ours count from 0."""
    before, letter = divmod(voice, len(ascii_uppercase))
    return (speaker(before - 1) if before else "") + ascii_uppercase[letter]


def logprobs(words: Iterable[Word]) -> list[Facts]:
    """Return how likely each word was: the engine knows no more of the tokens that it is made of."""
    return [
        {
            "token": word.text,
            "logprob": round(math.log(max(word.probability, LEAST_PROBABILITY)), 4),
            "bytes": list(word.text.encode()),
        }
        for word in words
    ]


def seconds_used(duration: float) -> Facts:
    return {"type": "duration", "seconds": math.ceil(duration)}


def tokens_used(recording: Recording, segments: Iterable[Said]) -> Facts:
    audio = math.ceil((recording.duration or 0.0) * AUDIO_TOKENS_PER_SECOND)
    text = math.ceil(len(recording.prompt) / CHARACTERS_PER_TOKEN)
    output = sum(len(segment.tokens) for segment in segments)
    return {
        "type": "tokens",
        "input_tokens": audio + text,
        "output_tokens": output,
        "total_tokens": audio + text + output,
        "input_token_details": {"text_tokens": text, "audio_tokens": audio},
    }
