"""A speech model that this installation uses or wants, and how far its download is."""

from django.db import models


class SpeechModel(models.Model):
    class State(models.TextChoices):
        MISSING = "missing", "Not downloaded"
        DOWNLOADING = "downloading", "Downloading"
        READY = "ready", "Ready"
        # It is there, and the engine cannot load it.
        UNUSABLE = "unusable", "Cannot be loaded"

    name = models.CharField(max_length=300, primary_key=True)
    state = models.CharField(max_length=20, choices=State, default=State.MISSING)
    bytes_received = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    error = models.TextField(blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> int | None:
        return min(100, 100 * self.bytes_received // self.size) if self.size else None
