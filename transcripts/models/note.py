"""What people remark about a moment."""

from django.conf import settings
from django.db import models

from transcripts.models.transcript import Transcript


class Note(models.Model):
    """A remark, or without text a highlight, on a stretch of a transcript."""

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="notes")
    # Empty where the account is gone.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="notes"
    )
    # Seconds of the recording: segments come and go, the moment stays.
    start = models.FloatField()
    end = models.FloatField()
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("start", "pk")

    def __str__(self) -> str:
        return self.text[:60] or f"Highlight at {self.start:.1f} s"

    @property
    def written_by(self) -> str:
        return self.author.email if self.author else "Somebody"
