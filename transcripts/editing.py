"""Corrections of the text, and what a recording is called."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import events, revisions, undoing
from transcripts.alignment import Word, align, spread
from transcripts.labels import clean_label, clean_text
from transcripts.models import Event, Revision, Segment, Transcript
from transcripts.models.recording import TITLE_LENGTH, Recording
from transcripts.refusals import Refused

__all__ = ["TEXT_LENGTH", "Conflict", "align", "correct", "rename", "spread", "words_said"]

TEXT_LENGTH = 5000

# Corrections of one segment within this time are one act: text is saved while somebody writes it.
PAUSE = timedelta(minutes=1)
# Seconds around a segment in which the engine's words may be its own: boundaries move.
MARGIN = 0.5


class Conflict(Exception):
    """Somebody else saved first; `segment` is what stands now."""

    def __init__(self, segment: Segment) -> None:
        super().__init__(
            "This segment was changed in another place. Both texts are kept: choose one, or edit on."
        )
        self.segment = segment


def correct(segment: Segment, text: str, version: int, author: User | None = None) -> Segment:
    """Set the text that was written over `version`.

    Raises:
        Conflict: somebody else changed the text since, to another one. It is gone: revisions.Conflict.
        Refused: it is too long.
    """
    text = clean_text(text)
    with revisions.record(segment.transcript, author, Revision.Kind.TEXT) as act:
        [segment] = act.all_segments([segment.pk])
        if segment.text == text:
            return segment
        check_length(text, was=segment.text)
        if segment.version != version and "text" in revisions.changed_since(segment, version):
            raise Conflict(segment)
        act.grown = growing(act.transcript, author, segment)
        if act.grown and act.grown.before["segments"][str(segment.pk)]["text"] == text:
            undoing.take_back(act, act.grown)
        else:
            act.put(corrected(segment, text))
    return act.segments[0]


def check_length(text: str, was: str = "") -> None:
    """See that a segment can have this text. One that is longer, as it was heard, may become shorter.

    Raises: Refused: it cannot.
    """
    if len(text) > max(TEXT_LENGTH, len(was)):
        raise Refused(
            f"A segment has at most {TEXT_LENGTH:,} characters, and this has {len(text):,}:"
            " move some of its text to another segment."
        )


def corrected(segment: Segment, text: str, said: Sequence[Word] | None = None) -> revisions.Row:
    """Return the row that gives a segment another text, with the times of its words.

    Args: said: the engine's words around there, where the caller has them.
    """
    if said is None:
        said = words_said(segment.transcript, segment.start, segment.end)
    words = align(segment.words, text, segment.start, segment.end, was=segment.text, said=said)
    return {"id": segment.pk, "text": text, "words": words, "is_edited": True}


def growing(transcript: Transcript, author: User | None, segment: Segment) -> Revision | None:
    """Return the last revision, if it is a correction of the same segment by the same author just now."""
    last = transcript.revisions.order_by("-number").defer("before", "after").first()
    is_same = (
        last is not None
        and last.kind == Revision.Kind.TEXT
        and last.author_id == (author.pk if author else None)
        and last.created_at > timezone.now() - PAUSE
        and last.after["segments"].keys() == {str(segment.pk)}
        and last.after["segments"][str(segment.pk)]["version"] == segment.version
    )
    return last if is_same else None


def words_said(transcript: Transcript, start: float, end: float) -> list[Word]:
    """Return the engine's own words in a stretch of the recording, which no edit changes."""
    heard = transcript.hypotheses.filter(span__start__lt=end + MARGIN, span__end__gt=start - MARGIN)
    return [
        word
        for segments in heard.values_list("segments", flat=True)
        for segment in segments
        for word in segment["words"]
        if start - MARGIN <= word[1] and word[2] <= end + MARGIN
    ]


def rename(recording: Recording, title: str) -> str:
    """Give the recording a title; an empty one changes nothing."""
    title = clean_label(title, TITLE_LENGTH)
    if title and title != recording.title:
        recording.title = title
        recording.save(update_fields=["title"])
        events.publish(recording.pk, Event.Kind.STATE, {"state": recording.state})
    return recording.title
