"""Addresses of other systems that want to know, and what is to be told to them."""

import uuid

from django.conf import settings
from django.db import models

from transcripts.models.api import ApiRequest
from transcripts.models.lease import Leased, LeasedQuerySet
from transcripts.models.recording import Recording


class Webhook(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    url = models.TextField()
    # Types of events; empty for all.
    events = models.JSONField(default=list)
    # [{"secret": "whsec_…", "until": ISO time or null}, …]: while one is rotated both sign.
    secrets = models.JSONField(default=list)
    disabled_at = models.DateTimeField(null=True, blank=True)
    # One sentence for the owner: why it was disabled.
    disabled_because = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.url


class Delivery(Leased):
    """A message in the outbox: written in the transaction of what it tells about, sent afterwards."""

    class Scheme(models.TextChoices):
        """How a message is signed."""

        STANDARD = "standard", "Standard Webhooks"
        FAL = "fal", "fal"
        PLAIN = "plain", "Unsigned"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="deliveries")
    # Of a subscription, or of one call that named an address.
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, null=True, related_name="deliveries")
    api_request = models.ForeignKey(
        ApiRequest, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    recording = models.ForeignKey(Recording, on_delete=models.SET_NULL, null=True, related_name="+")
    scheme = models.CharField(max_length=20, choices=Scheme)
    url = models.TextField()
    event = models.CharField(max_length=50)
    body = models.TextField()
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)
    # What went wrong, or how the answer begins.
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        indexes = (models.Index(fields=("state", "due_at")),)

    def __str__(self) -> str:
        return f"{self.event} to {self.url}"
