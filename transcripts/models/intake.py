"""What is known of recordings that the server brings in by itself."""

from django.db import models

from transcripts.models.lease import Leased, LeasedQuerySet
from transcripts.models.recording import Recording


class UrlImport(Leased):
    """A link whose file is not here yet. Links may hold secrets: the row goes when the file has come."""

    recording = models.OneToOneField(
        Recording, on_delete=models.CASCADE, primary_key=True, related_name="url_import"
    )
    url = models.TextField()
    validator = models.TextField(blank=True, help_text="Names the file's version, for If-Range.")
    asked_at = models.DateTimeField()

    objects = LeasedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"import of {self.recording_id}"


class WatchedFile(models.Model):
    """A file of the watch folder that was taken in, or is being. It stays when its recording is deleted."""

    identity = models.CharField(max_length=64, unique=True)
    recording = models.ForeignKey(Recording, on_delete=models.SET_NULL, null=True, related_name="+")
    taken_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.identity
