"""A transcript as the exports take it."""

from collections.abc import Iterable

from transcripts.engine.base import Word
from transcripts.exports import Document, Sound
from transcripts.exports import Segment as ExportSegment
from transcripts.models import Recording, Segment


def document_of(
    recording: Recording, sound: Sound | None = None, segments: Iterable[Segment] | None = None
) -> Document:
    """Return the recording's text, or as much of it as `segments` hold."""
    transcript = recording.transcript
    if segments is None:
        segments = transcript.segments.select_related("speaker") if transcript else []
    return Document(
        title=recording.title,
        language=transcript.text_language if transcript else "",
        task=recording.task,
        model=transcript.model if transcript else "",
        duration=recording.duration,
        created=recording.created_at,
        segments=tuple(segment_of(segment) for segment in segments),
        sound=sound,
    )


def segment_of(segment: Segment) -> ExportSegment:
    words = tuple(Word(*word) for word in segment.words)
    speaker = str(segment.speaker) if segment.speaker else ""
    return ExportSegment(
        start=segment.start, end=segment.end, text=segment.text, words=words, speaker=speaker
    )
