"""What programs ask for over HTTP."""

import shutil
import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from sttweb.accounts.models import ApiKey


class ApiRequest(models.Model):
    """One call that asks for transcripts: the id that its vendor's clients poll by."""

    class Vendor(models.TextChoices):
        OPENAI = "openai", "OpenAI"
        AIMLAPI = "aimlapi", "aimlapi"
        FAL = "fal", "fal"
        AZURE = "azure", "Azure"
        DEEPGRAM = "deepgram", "Deepgram"
        OWN = "own", "sttweb"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_requests")
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="requests")
    vendor = models.CharField(max_length=20, choices=Vendor)
    # As asked for: it is repeated in answers.
    model = models.CharField(max_length=200, blank=True)
    # The vendor's own options, as far as they shape the answer.
    options = models.JSONField(default=dict)
    callback_url = models.TextField(blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When its answer is gone.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (
            models.Index(fields=("owner", "vendor", "-created_at")),
            models.Index(
                fields=("expires_at",), condition=~Q(expires_at=None), name="api_request_kept_for_a_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.vendor} {self.pk}"


class ApiFile(models.Model):
    """A file that a program sends before it asks for its text, by the address that it gets for it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_files")
    key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="files")
    name = models.CharField(max_length=255, help_text="As its sender named it: a label, never a path.")
    # Bytes. Before it is complete, those for which room is kept.
    size = models.PositiveBigIntegerField(default=0)
    is_complete = models.BooleanField(default=False)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    @property
    def folder(self) -> Path:
        return settings.DATA_DIR / "files" / str(self.pk)

    @property
    def path(self) -> Path:
        return self.folder / "whole"

    def delete_files(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class IdempotentAnswer(models.Model):
    """What was answered to a request that its client may send again with the same Idempotency-Key."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    value = models.CharField(max_length=255)
    # SHA-256 of method, path and body: the same key with another request is a mistake.
    request_digest = models.CharField(max_length=64)
    # Empty while the first request is still being answered.
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("owner", "value"), name="idempotency_key"),)

    def __str__(self) -> str:
        return self.value
