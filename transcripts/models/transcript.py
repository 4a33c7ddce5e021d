"""What was said: the engine's immutable words, and the segments that people read and edit."""

from pathlib import Path
from typing import Any

from django.db import models
from django.db.models import Q

from transcripts.models.lease import Leased, LeasedQuerySet
from transcripts.models.recording import Recording
from transcripts.models.span import Span
from transcripts.models.word_times import encoded, lengths

# Segments of a span begin at its position times this: spans may be done in any order.
POSITIONS_PER_SPAN = 1_000_000_000
# Between the segments that the engine gave, so that people can put others there: halved 20 times.
POSITION_STEP = 1_000_000


class Transcript(models.Model):
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="transcripts")
    # As given, or as detected in the first speech; empty until then.
    language = models.CharField(max_length=8, blank=True)
    language_probability = models.FloatField(null=True, blank=True)
    task = models.CharField(max_length=20, choices=Recording.Task, default=Recording.Task.TRANSCRIBE)
    # Of a run over what was transcribed before: the transcript that its outcome becomes a revision of.
    base = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="reruns", db_index=False
    )
    # Seconds of the recording that a run covers; empty for the whole.
    selection_start = models.FloatField(null=True, blank=True)
    selection_end = models.FloatField(null=True, blank=True)
    prompt = models.TextField(blank=True, help_text="Terms for a run; the recording's own where empty.")
    revision_count = models.PositiveIntegerField(default=0)
    model = models.CharField(max_length=200, blank=True)
    is_demo = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # Nearly all have no base: SQLite would look through all of those rather than through a recording's.
        indexes = (models.Index(fields=("base",), condition=Q(base__isnull=False), name="transcript_base"),)

    def __str__(self) -> str:
        return f"Transcript {self.pk} of {self.recording_id}"

    @property
    def spans_folder(self) -> Path:
        """Where the audio of its spans waits to be heard. A run over old text has a folder of its own."""
        folder = self.recording.spans_folder
        return folder.with_name(f"spans-{self.pk}") if self.base_id else folder

    @property
    def asked_model(self) -> str:
        """The model that it is to be made with; empty is the one that serves."""
        return self.model if self.base_id else self.recording.model

    @property
    def model_label(self) -> str:
        """The model's name for people: of a folder on the server only its last part."""
        return "Demonstration" if self.is_demo else Path(self.model).name

    @property
    def text_language(self) -> str:
        """The language of the text, which a translation changes to English."""
        return "en" if self.task == Recording.Task.TRANSLATE else self.language


def audio_path(transcript: Transcript, position: int) -> Path:
    """Return where a span's speech lies, so that a worker on any host needs nothing but this file."""
    return transcript.spans_folder / f"{position:06d}.wav"


class HypothesisQuerySet(LeasedQuerySet):
    def open(self) -> "HypothesisQuerySet":
        return self.filter(state=Hypothesis.State.READY)

    def waiting(self) -> "HypothesisQuerySet":
        """Those that a worker may take: nobody has ended the work that they belong to."""
        first = Q(transcript__base=None, transcript__recording__state__in=Recording.ACTIVE_STATES)
        again = Q(transcript__rerun__state__in=("cutting", "transcribing"))
        return self.open().filter(first | again)

    def of(self, recording: Recording) -> "HypothesisQuerySet":
        """What was said of a recording's spans when it came, and not when it was run again."""
        return self.filter(transcript__recording=recording, transcript__base=None)


class Hypothesis(Leased):
    """What the engine said of one span. Written once, never edited."""

    class State(models.TextChoices):
        READY = "ready", "Ready"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="hypotheses")
    span = models.ForeignKey(Span, on_delete=models.CASCADE, related_name="hypotheses")
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    # [{"start", "end", "text", "words": [[text, start, end, probability], …], "avg_logprob", …}, …]
    segments = models.JSONField(default=list)
    # [{"start", "end", "text", "reason"}, …]: what the guards against invented text took out.
    dropped = models.JSONField(default=list)

    objects = HypothesisQuerySet.as_manager()

    class Meta:
        ordering = ("span__position",)
        constraints = (models.UniqueConstraint(fields=("transcript", "span"), name="hypothesis_span"),)
        indexes = (models.Index(fields=("state", "lease_until")),)

    def __str__(self) -> str:
        return f"Hypothesis {self.pk} ({self.state})"

    @property
    def audio_path(self) -> Path:
        return audio_path(self.transcript, self.span.position)


class Speaker(models.Model):
    """Somebody who is heard in a transcript."""

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="speakers")
    # Which one it is, from 1: it chooses the colour and the key, and the name where it has none.
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("transcript", "number"), name="speaker_number"),)

    def __str__(self) -> str:
        return self.name or f"Speaker {self.number}"


class Segment(models.Model):
    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="segments")
    position = models.PositiveBigIntegerField()
    speaker = models.ForeignKey(
        Speaker, on_delete=models.SET_NULL, null=True, blank=True, related_name="segments"
    )
    # Seconds of the recording.
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField()
    # [[text, start, end, probability], …], kept in step with the text through edits.
    words = models.JSONField(default=list)
    is_edited = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("transcript", "position"), name="segment_position"),)

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def word_times(self) -> str:
        return encoded(self.words, self.start)

    @property
    def word_lengths(self) -> str:
        return lengths(self.words, self.text)

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.pk,
            "version": self.version,
            "text": self.text,
            "start": self.start,
            "end": self.end,
            "words": self.word_times,
            "lengths": self.word_lengths,
        }
