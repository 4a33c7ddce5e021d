"""What happened to a recording, numbered, so that a page that was away can ask for what it missed."""

from django.db import models

from transcripts.models.recording import Recording


class Event(models.Model):
    class Kind(models.TextChoices):
        STATE = "state"
        PROGRESS = "progress"
        SEGMENTS = "segments"
        NOTES = "notes"

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("recording", "number"), name="event_number"),)

    def __str__(self) -> str:
        return f"{self.recording_id} #{self.number} {self.kind}"
