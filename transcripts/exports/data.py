"""Everything we know of a transcript, for programs."""

import json
import math
from typing import Any

from transcripts.engine.base import Word
from transcripts.exports.characters import clean
from transcripts.exports.document import DEFAULTS, Document, Format, Options, Segment
from transcripts.exports.selection import selected


class Json(Format):
    """RFC 8259: no NaN, no lone surrogates. Times are seconds."""

    name = "JSON"
    media_type = "application/json"
    extension = "json"

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        document = selected(document, options)
        segments = [_segment(segment) for segment in document.segments if clean(segment.text)]
        content = {
            "title": clean(document.title),
            "language": document.language,
            "task": document.task,
            "model": document.model,
            "duration": document.duration,
            "created": document.created.isoformat(),
            "text": " ".join(segment["text"] for segment in segments),
            "segments": segments,
        }
        return (json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "start": segment.start,
        "end": segment.end,
        "speaker": clean(segment.speaker) or None,
        "text": clean(segment.text),
        "words": [_word(word) for word in segment.words],
    }


def _word(word: Word) -> dict[str, Any]:
    probability = word.probability if math.isfinite(word.probability) else None
    return {"text": clean(word.text), "start": word.start, "end": word.end, "probability": probability}
