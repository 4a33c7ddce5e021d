"""Segments as people read them: lines, turns of speakers, paragraphs."""

from collections.abc import Iterator
from dataclasses import dataclass

from transcripts.exports.characters import clean
from transcripts.exports.clocks import clock
from transcripts.exports.document import Document, Options
from transcripts.exports.selection import selected

# Seconds of silence that begin a new paragraph.
PAUSE = 2.0
# Characters after which a paragraph ends with its sentence.
LENGTH = 500
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "।", "؟")


@dataclass(slots=True)
class Paragraph:
    """`is_named` says whether a reader needs the speaker's name: not where the one before has it already."""

    start: float
    end: float
    speaker: str
    text: str
    is_named: bool = True

    @property
    def label(self) -> str:
        """The speaker's name, where a reader needs it."""
        return self.speaker if self.is_named else ""

    @property
    def clock(self) -> str:
        """When it begins, in whole seconds."""
        return clock(round(self.start * 1000))


def paragraphs_of(document: Document, options: Options) -> list[Paragraph]:
    """Return the selected text, one paragraph a segment unless the options gather them."""
    gathered: list[Paragraph] = []
    for spoken in _spoken(selected(document, options)):
        is_same = bool(gathered) and spoken.speaker == gathered[-1].speaker
        if is_same and _goes_on(gathered[-1], spoken, options):
            gathered[-1].text += f" {spoken.text}"
            gathered[-1].end = spoken.end
        else:
            if is_same and (options.merge_turns or options.paragraphs):
                spoken.is_named = False
            gathered.append(spoken)
    return gathered


def _spoken(document: Document) -> Iterator[Paragraph]:
    for segment in document.segments:
        if text := clean(segment.text):
            yield Paragraph(segment.start, segment.end, clean(segment.speaker), text)


def _goes_on(paragraph: Paragraph, spoken: Paragraph, options: Options) -> bool:
    if not options.paragraphs:
        return options.merge_turns
    if spoken.start - paragraph.end >= PAUSE:
        return False
    return len(paragraph.text) < LENGTH or not paragraph.text.endswith(_SENTENCE_ENDS)
