"""A stretch of a recording cut at silence: the unit of work."""

from django.db import models

from transcripts.models.recording import Recording


class Span(models.Model):
    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="spans")
    position = models.PositiveIntegerField()
    # From 0, where each channel is heard for itself; None where they are heard together.
    channel = models.PositiveSmallIntegerField(null=True, blank=True)
    start = models.FloatField()
    end = models.FloatField()
    # [[start, end], …] in seconds of the recording: the speech that its audio holds, joined end to end.
    pieces = models.JSONField()

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("recording", "position"), name="span_position"),)

    def __str__(self) -> str:
        return f"{self.recording_id} {self.start:.1f}–{self.end:.1f} s"

    def is_from(self, start: float, end: float, channel: int | None) -> bool:
        """Whether this is its channel, and these are its bounds, within a millisecond."""
        return self.channel == channel and abs(self.start - start) < 0.001 and abs(self.end - end) < 0.001
