"""Who else may see a recording."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from transcripts.models.recording import Recording


class ShareQuerySet(models.QuerySet):
    def valid(self) -> "ShareQuerySet":
        still = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.filter(still, revoked_at=None, recording__deleted_at=None)


class Share(models.Model):
    """A link to a recording. Who holds its token may do what it permits."""

    class Permission(models.TextChoices):
        VIEW = "view", "View"
        DOWNLOAD = "download", "View and download"
        EDIT = "edit", "Edit (signed-in people)"

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="shares")
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # SHA-256 of the token, which is shown once and kept nowhere.
    token_hash = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80, blank=True, help_text="For the owner: whom it is for.")
    permission = models.CharField(max_length=10, choices=Permission, default=Permission.VIEW)
    expires_at = models.DateTimeField(null=True, blank=True)
    password = models.CharField(max_length=200, blank=True, help_text="Hashed; empty asks for none.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Seconds of the recording; empty for its start and end.
    start = models.FloatField(null=True, blank=True)
    end = models.FloatField(null=True, blank=True)
    has_audio = models.BooleanField(default=True)
    excerpt_type = models.CharField(
        max_length=100, blank=True, help_text="Media type of what was cut out; empty for the whole."
    )
    has_speakers = models.BooleanField(default=True)
    shows_title = models.BooleanField(default=False, help_text="In the link's previews.")
    can_embed = models.BooleanField(default=False)
    views = models.PositiveIntegerField(default=0)
    viewed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"share {self.pk} of {self.recording_id}"

    @property
    def is_part(self) -> bool:
        return self.start is not None or self.end is not None

    @property
    def excerpt_path(self) -> Path:
        """The sound of the part that is shared."""
        return self.recording.folder / "excerpts" / self.token_hash

    @property
    def can_download(self) -> bool:
        return self.permission != self.Permission.VIEW

    @property
    def can_edit(self) -> bool:
        return self.permission == self.Permission.EDIT

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class MembershipQuerySet(models.QuerySet):
    def active(self) -> "MembershipQuerySet":
        """Those given by the owner, and those whose link is still good."""
        return self.filter(Q(share=None) | Q(share__in=Share.objects.valid()))

    def of(self, user: Any) -> "MembershipQuerySet":
        return self.active().filter(email=user.email)


class Membership(models.Model):
    """Another user of this installation who sees a recording in their library.

    An address need not have an account: whoever shares is not told which ones do.
    """

    class Role(models.TextChoices):
        VIEWER = "viewer", "Can view"
        EDITOR = "editor", "Can edit"

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="memberships")
    email = models.EmailField(db_index=True, help_text="In lower case, as accounts have it.")
    role = models.CharField(max_length=10, choices=Role, default=Role.VIEWER)
    # The link that somebody came by: what it gave ends with it.
    share = models.ForeignKey(
        Share, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("recording", "email"), condition=Q(share=None), name="membership_email"
            ),
            models.UniqueConstraint(fields=("recording", "email", "share"), name="membership_share"),
        )

    def __str__(self) -> str:
        return f"{self.email} in {self.recording_id}"
