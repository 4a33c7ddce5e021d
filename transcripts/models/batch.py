"""Files of a call that names many of them at once."""

from django.db import models
from django.db.models import Q

from transcripts.models.api import ApiRequest
from transcripts.models.recording import Recording


class BatchFile(models.Model):
    """One of the links of a call. It becomes a recording when its owner has room for one more under way."""

    api_request = models.ForeignKey(ApiRequest, on_delete=models.CASCADE, related_name="batch_files")
    # From 0, in the order of the call.
    number = models.PositiveIntegerField()
    url = models.TextField()
    is_waiting = models.BooleanField(default=True)
    # Empty while it waits, where it was refused, and after the recording was deleted.
    recording = models.OneToOneField(
        Recording, on_delete=models.SET_NULL, null=True, related_name="batch_file"
    )
    # One sentence: why it never became a recording.
    refusal = models.TextField(blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("api_request", "number"), name="batch_file_number"),)
        indexes = (models.Index(fields=("id",), condition=Q(is_waiting=True), name="batch_file_waiting"),)

    def __str__(self) -> str:
        return f"{self.number} of {self.api_request_id}"
