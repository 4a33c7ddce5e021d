"""What a user keeps besides recordings: tags, terms and ways of making subtitles."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from transcripts.models.recording import Recording


class Tag(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=50)
    recordings: "RelatedManager[Recording]"

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="tag_name"),)

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """A name or word that the owner's recordings are prompted with."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="terms")
    text = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("text",)
        constraints = (models.UniqueConstraint(fields=("owner", "text"), name="term_text"),)

    def __str__(self) -> str:
        return self.text


class SubtitleProfile(models.Model):
    """Limits that subtitles keep to. Times are seconds."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="subtitle_profiles"
    )
    name = models.CharField(max_length=50)
    line_length = models.PositiveSmallIntegerField(help_text="Characters.")
    lines = models.PositiveSmallIntegerField()
    reading_speed = models.FloatField(help_text="Characters a second.")
    shortest = models.FloatField()
    longest = models.FloatField()
    gap = models.FloatField()

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="subtitle_profile_name"),)

    def __str__(self) -> str:
        return self.name
