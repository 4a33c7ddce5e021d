"""Recordings for the operator: states and times, never anybody's text."""

from django.contrib import admin

from transcripts import ingest
from transcripts.models import Recording, SpeechModel


@admin.register(Recording)
class RecordingAdmin(admin.ModelAdmin):
    list_display = ("id", "owner", "state", "source", "duration", "bytes_received", "created_at")
    list_filter = ("state", "source")
    fields = (
        "owner",
        "state",
        "source",
        "duration",
        "bytes_received",
        "attempt",
        "created_at",
        "finished_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request) -> bool:
        return False

    def delete_model(self, request, obj: Recording) -> None:
        """Delete the files as well."""
        ingest.delete(obj)

    def delete_queryset(self, request, queryset) -> None:
        for recording in queryset:
            ingest.delete(recording)


@admin.register(SpeechModel)
class SpeechModelAdmin(admin.ModelAdmin):
    list_display = ("name", "state", "bytes_received", "size", "next_attempt_at", "updated_at")
    readonly_fields = ("name", "state", "bytes_received", "size", "error", "next_attempt_at", "updated_at")

    def has_add_permission(self, request) -> bool:
        return False
