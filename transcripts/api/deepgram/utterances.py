"""Words gathered into what was said in one go: sentences, paragraphs and utterances."""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from transcripts.api.deepgram.options import Options
from transcripts.api.spoken import Said

# Seconds of silence, or so many sentences, that end a paragraph.
PARAGRAPH_PAUSE = 2.0
PARAGRAPH_SENTENCES = 5
SENTENCE_END = re.compile(r"[.!?…。！？।؟][\"'”’»)]*$")

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """One word, with its punctuation."""

    text: str
    start: float
    end: float
    probability: float
    voice: int
    channel: int

    @property
    def bare(self) -> str:
        """The word alone, as it is spoken."""
        return re.sub(r"^\W+|\W+$", "", self.text).lower() or self.text

    @property
    def ends_sentence(self) -> bool:
        return SENTENCE_END.search(self.text) is not None

    def facts(self, options: Options) -> Facts:
        facts: Facts = {
            "word": self.bare,
            "start": self.start,
            "end": self.end,
            "confidence": round(self.probability, 4),
            "punctuated_word": self.text,
        }
        if options.has_speakers:
            # Channels leave no doubt.
            facts |= {"speaker": self.voice, "speaker_confidence": 1.0}
        return facts


def heard(segments: Iterable[Said]) -> list[Heard]:
    return [
        Heard(text, word.start, word.end, word.probability, segment.voice, segment.channel or 0)
        for segment in segments
        for word in segment.words
        if (text := word.text.strip())
    ]


def text_of(words: Iterable[Heard]) -> str:
    return " ".join(word.text for word in words)


def divided(words: Sequence[Heard], pause: float) -> list[list[Heard]]:
    """Divide the words where another one speaks, or nobody for so many seconds."""
    parts: list[list[Heard]] = []
    for word in words:
        before = parts[-1][-1] if parts else None
        if before and word.voice == before.voice and word.start - before.end < pause:
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def sentences(words: Sequence[Heard]) -> list[list[Heard]]:
    parts: list[list[Heard]] = []
    for word in words:
        if parts and not parts[-1][-1].ends_sentence:
            parts[-1].append(word)
        else:
            parts.append([word])
    return parts


def paragraphs(words: Sequence[Heard], options: Options) -> Facts:
    found = [
        said[first : first + PARAGRAPH_SENTENCES]
        for part in divided(words, PARAGRAPH_PAUSE)
        for said in [sentences(part)]
        for first in range(0, len(said), PARAGRAPH_SENTENCES)
    ]
    texts = [text_of(word for sentence in paragraph for word in sentence) for paragraph in found]
    if options.has_speakers:
        texts = [f"Speaker {p[0][0].voice}: {text}" for p, text in zip(found, texts, strict=True)]
    return {
        "transcript": "\n" + "\n\n".join(texts),
        "paragraphs": [_paragraph(paragraph, options) for paragraph in found],
    }


def _paragraph(said: list[list[Heard]], options: Options) -> Facts:
    facts: Facts = {
        "sentences": [{"text": text_of(s), "start": s[0].start, "end": s[-1].end} for s in said],
        "num_words": sum(map(len, said)),
        "start": said[0][0].start,
        "end": said[-1][-1].end,
    }
    if options.has_speakers:
        facts["speaker"] = said[0][0].voice
    return facts


def found(channels: Iterable[Sequence[Said]], options: Options, request_id: str) -> list[Facts]:
    """Return the utterances of all channels in the order of time. Fetched again they are the same."""
    parts = [part for said in channels for part in divided(heard(said), options.utterance_pause)]
    parts.sort(key=lambda part: part[0].start)
    return [
        _utterance(part, options) | {"id": str(uuid.uuid5(uuid.UUID(request_id), str(number)))}
        for number, part in enumerate(parts)
    ]


def _utterance(words: list[Heard], options: Options) -> Facts:
    facts: Facts = {
        "start": words[0].start,
        "end": words[-1].end,
        "confidence": round(fmean(word.probability for word in words), 4),
        "channel": words[0].channel if options.is_multichannel else 0,
        "transcript": text_of(words),
        "words": [word.facts(options) for word in words],
    }
    if options.has_speakers:
        facts["speaker"] = words[0].voice
    return facts
