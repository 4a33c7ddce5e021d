"""What people changed, so that it can be seen, undone and restored."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from transcripts.models.transcript import Transcript


class Revision(models.Model):
    """One act on a transcript. Never changed but for `undone_by`: undoing is a revision of its own."""

    class Kind(models.TextChoices):
        TEXT = "text", "Corrected"
        SPLIT = "split", "Split"
        MERGE = "merge", "Merged"
        BOUNDARY = "boundary", "Moved a boundary"
        INSERT = "insert", "Inserted"
        DELETE = "delete", "Deleted"
        SPEAKER = "speaker", "Speakers"
        REPLACE = "replace", "Find and replace"
        REVIEW = "review", "Checked doubtful words"
        RESTORE = "restore", "Restored"
        RERUN = "rerun", "Transcribed again"
        IMPORT = "import", "Imported"
        UNDO = "undo", "Undone"
        REDO = "redo", "Redone"

    transcript = models.ForeignKey(Transcript, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    # Empty where the product acted, or the account is gone.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=Kind)
    # What changed: rows as they stood and as they stand, {"segments": {id: {…} | null}, "speakers": {…}}.
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reverts = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    undone_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # What was done at once to several transcripts is undone at once.
    group = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=("group",), condition=Q(group__isnull=False), name="revision_group"),)
        constraints = (models.UniqueConstraint(fields=("transcript", "number"), name="revision_number"),)

    def __str__(self) -> str:
        return f"{self.transcript_id} #{self.number} {self.kind}"
