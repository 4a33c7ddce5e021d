"""What was said in a recording, as the vendors' answers are made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transcripts.api.voices import voice_of
from transcripts.engine.base import Word
from transcripts.models import Hypothesis, Recording, Segment
from transcripts.models.transcript import POSITIONS_PER_SPAN
from transcripts.positions import channel_of, segment_position

# What is kept of the engine's facts about a segment.
FACTS = ("avg_logprob", "no_speech_prob", "compression_ratio", "tokens", "heard_from")


@dataclass(frozen=True, slots=True)
class Said:
    """One segment. Times are seconds of the recording; `voice` counts speakers from 0."""

    start: float
    end: float
    text: str
    words: tuple[Word, ...]
    voice: int
    # From 0; None where the channels were heard together.
    channel: int | None = None
    # What the engine knew of it; of a segment that people made, nothing.
    avg_logprob: float = 0.0
    no_speech_prob: float = 0.0
    compression_ratio: float = 1.0
    tokens: Sequence[int] = ()
    # Where what the engine heard at once begins.
    heard_from: float = 0.0

    @property
    def confidence(self) -> float:
        """The mean probability of the words, 0 to 1."""
        return sum(w.probability for w in self.words) / len(self.words) if self.words else 0.0


@dataclass(frozen=True, slots=True)
class Spoken:
    # One of Whisper's codes; empty where nothing was said.
    language: str
    language_probability: float
    # Seconds.
    duration: float
    model: str
    segments: tuple[Said, ...]
    # How many were heard for themselves; 1 where they were heard together.
    channel_count: int

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def words(self) -> list[Word]:
        return [word for segment in self.segments for word in segment.words]

    @property
    def channels(self) -> list[int]:
        """The channels that were heard for themselves; [0] where they were heard together."""
        return list(range(self.channel_count))

    def of_channel(self, channel: int) -> list[Said]:
        return [segment for segment in self.segments if (segment.channel or 0) == channel]


def spoken(recording: Recording) -> Spoken:
    """Return the recording's text in the order of its times."""
    transcript = recording.transcript
    segments = list(transcript.segments.all()) if transcript else []
    return Spoken(
        language=transcript.text_language if transcript else "",
        language_probability=(transcript.language_probability or 1.0) if transcript else 0.0,
        duration=recording.duration or 0.0,
        model=transcript.model if transcript else "",
        segments=tuple(sorted(said(recording, segments), key=lambda s: (s.start, s.end))),
        channel_count=recording.channel_count,
    )


def said(recording: Recording, segments: list[Segment]) -> list[Said]:
    """Return some of the recording's segments with what the engine knew of each."""
    spans, facts = _heard(recording, segments)
    if recording.is_multichannel:
        # Their positions are not those of spans.
        return [_said(s, {"channel": channel_of(s.position)}, facts.get(s.position, {})) for s in segments]
    return [
        _said(s, spans.get(s.position // POSITIONS_PER_SPAN, {}), facts.get(s.position, {})) for s in segments
    ]


def _said(segment: Segment, span: dict[str, Any], facts: dict[str, Any]) -> Said:
    known = {name: facts[name] for name in FACTS if name in facts}
    words = tuple(Word(*word) for word in segment.words)
    voice = voice_of(span.get("channel"))
    return Said(segment.start, segment.end, segment.text, words, voice, **(known | span))


def _heard(
    recording: Recording, segments: list[Segment]
) -> tuple[dict[int, dict[str, Any]], dict[int, dict[str, Any]]]:
    """Return what is known of each span, by its position, and the engine's facts by that of the segment."""
    positions = {segment.position // POSITIONS_PER_SPAN for segment in segments}
    rows = Hypothesis.objects.of(recording).select_related("span")
    if segments and not recording.is_multichannel:
        rows = rows.filter(span__position__gte=min(positions), span__position__lte=max(positions))
    spans: dict[int, dict[str, Any]] = {}
    facts: dict[int, dict[str, Any]] = {}
    for hypothesis in rows:
        span = hypothesis.span
        spans[span.position] = {"channel": span.channel, "heard_from": span.start}
        for number, fact in enumerate(hypothesis.segments):
            position = segment_position(span, fact["start"], number)
            facts[position] = fact | {"heard_from": span.start}
    return spans, facts
