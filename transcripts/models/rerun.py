"""A run over what was transcribed before: on its way, and what became of it."""

from datetime import timedelta
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from transcripts.models.lease import Leased, LeasedQuerySet
from transcripts.models.recording import Recording
from transcripts.models.revision import Revision
from transcripts.models.span import Span
from transcripts.models.transcript import Transcript

# For so long the page says what came of it.
TOLD_FOR = timedelta(hours=1)


class RerunQuerySet(LeasedQuerySet):
    def open(self) -> Self:
        return self.filter(state__in=Rerun.OPEN_STATES)

    def recent(self) -> Self:
        """The newest last: those under way, and those that ended so lately that one wants to be told."""
        told = Q(finished_at__gt=timezone.now() - TOLD_FOR)
        rows = self.filter(Q(state__in=Rerun.OPEN_STATES) | told).order_by("pk")
        return rows.select_related("transcript__recording", "recording", "revision")


class Rerun(Leased):
    """Its transcript holds the language, task, model and terms, the stretch, and what the engine says."""

    class State(models.TextChoices):
        # Its spans are cut out of the recording once more.
        CUTTING = "cutting", "Cutting"
        TRANSCRIBING = "transcribing", "Transcribing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    OPEN_STATES = (State.CUTTING, State.TRANSCRIBING)

    transcript = models.OneToOneField(Transcript, on_delete=models.CASCADE, related_name="rerun")
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="reruns")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=20, choices=State, default=State.CUTTING)
    # One sentence: what came of it, or why nothing did.
    message = models.TextField(blank=True)
    # Empty where it heard the same again.
    revision = models.ForeignKey(Revision, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RerunQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("recording",), condition=Q(state__in=("cutting", "transcribing")), name="rerun_open"
            ),
        )

    def __str__(self) -> str:
        return f"Rerun {self.pk} of {self.recording_id} ({self.state})"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN_STATES

    @property
    def is_whole(self) -> bool:
        return self.transcript.selection_start is None

    @property
    def folder(self) -> Path:
        """Where its spans' audio lies until it was heard: apart from that of any other run."""
        return self.transcript.spans_folder

    @property
    def spans(self) -> "models.QuerySet[Span]":
        """The spans that it hears: all that its stretch touches."""
        spans = self.recording.spans.all()
        if self.is_whole:
            return spans
        return spans.filter(end__gt=self.transcript.selection_start, start__lt=self.transcript.selection_end)
