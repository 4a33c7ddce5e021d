"""Segments, speakers and what acts on them change, as answers show them."""

from collections.abc import Iterable

from pydantic import Field

from sttweb.accounts.models import User
from transcripts import undoing
from transcripts.api.own.fields import Shown
from transcripts.history import sentence_of
from transcripts.models import Segment, Transcript
from transcripts.revisions import Act


class WordShown(Shown):
    text: str
    start: float
    end: float
    probability: float = Field(description="How sure the engine was; 1 for what a person wrote.")


class SegmentShown(Shown):
    id: int
    position: int = Field(description="Segments stand in the order of these.")
    start: float
    end: float
    text: str
    speaker: int | None = Field(description="The speaker's number.")
    is_edited: bool
    version: int = Field(description="Grows with each change; the ETag holds it.")
    words: list[WordShown] | None = Field(description="Null unless they were asked for.")


class SpeakerShown(Shown):
    number: int
    name: str = Field(description="Empty for one that nobody has named.")
    label: str


class EditShown(Shown):
    """What an act has changed."""

    revision: int = Field(description="The number of the transcript's last revision.")
    kind: str
    sentence: str
    segments: list[SegmentShown] = Field(description="Those that came or changed, as they stand.")
    removed: list[int]
    speakers: list[SpeakerShown] = Field(description="All that there are.")
    can_undo: bool
    can_redo: bool


def segment_shown(segment: Segment, *, with_words: bool = False) -> SegmentShown:
    return SegmentShown(
        id=segment.pk,
        position=segment.position,
        start=segment.start,
        end=segment.end,
        text=segment.text,
        speaker=segment.speaker.number if segment.speaker else None,
        is_edited=segment.is_edited,
        version=segment.version,
        words=words_of(segment) if with_words else None,
    )


def words_of(segment: Segment) -> list[WordShown]:
    return [
        WordShown(text=text, start=start, end=end, probability=probability)
        for text, start, end, probability in segment.words
    ]


def segments_shown(segments: Iterable[Segment]) -> list[SegmentShown]:
    return [segment_shown(segment) for segment in segments]


def speakers_of(transcript: Transcript) -> list[SpeakerShown]:
    return [SpeakerShown(number=s.number, name=s.name, label=str(s)) for s in transcript.speakers.all()]


def edit_shown(act: Act, author: User) -> EditShown:
    transcript, revision = act.transcript, act.revision
    changed = {segment.pk for segment in act.segments} | act.moved
    segments = transcript.segments.filter(pk__in=changed).select_related("speaker")
    return EditShown(
        revision=transcript.revision_count,
        kind=revision.kind if revision else act.kind,
        sentence=sentence_of(revision) if revision else "Nothing was changed",
        segments=segments_shown(segments),
        removed=act.removed,
        speakers=speakers_of(transcript),
        **undoing.state_of(transcript, author),
    )
