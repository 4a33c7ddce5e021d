"""The part of a document that was asked for."""

from dataclasses import replace

from transcripts.exports.characters import clean
from transcripts.exports.document import Document, Options, Segment


def selected(document: Document, options: Options) -> Document:
    """Return the document with the segments, at the selection's edges the words, that the options ask for."""
    segments = document.segments
    if options.start is not None or options.end is not None:
        start = options.start if options.start is not None else float("-inf")
        end = options.end if options.end is not None else float("inf")
        cut = (_within(segment, start, end) for segment in segments)
        segments = tuple(segment for segment in cut if segment is not None)
    if not options.speakers:
        segments = tuple(replace(segment, speaker="") for segment in segments)
    return replace(document, segments=segments)


def _within(segment: Segment, start: float, end: float) -> Segment | None:
    """Return what of the segment is spoken in the range, judged by the middle of each word."""
    if start <= segment.start and segment.end <= end:
        return segment
    if not _words_are_the_text(segment):
        return segment if start <= (segment.start + segment.end) / 2 < end else None
    words = tuple(word for word in segment.words if start <= (word.start + word.end) / 2 < end)
    if not words:
        return None
    text = "".join(word.text if word.text.startswith(" ") else _spaced(segment, word.text) for word in words)
    return replace(
        segment, start=max(segment.start, start), end=min(segment.end, end), text=text.strip(), words=words
    )


def _words_are_the_text(segment: Segment) -> bool:
    spoken = "".join(clean(word.text).replace(" ", "") for word in segment.words)
    return bool(spoken) and spoken == clean(segment.text).replace(" ", "")


def _spaced(segment: Segment, word: str) -> str:
    """Give a word that a person wrote, which is kept without it, the space that the text has before it."""
    return f" {word}" if f" {word}" in segment.text else word
