"""The pages that people read."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from transcripts import access, notes, undoing
from transcripts.engine.languages import by_name
from transcripts.exports import FORMATS
from transcripts.library import PAGE_SIZE, visible
from transcripts.live_page import has_audio, speakers_of
from transcripts.rows import row_of, rows_of
from transcripts.samples import SAMPLES
from transcripts.segment_columns import columns_of, words_of

# What the player can be set to, times the speed that was spoken at.
SPEEDS = ("0.5", "0.75", "1", "1.25", "1.5", "1.75", "2", "2.25", "2.5")
# Rows that a page may ask about at once.
MAX_ROWS = 100
# What a click takes away; the dialog has the others.
DIRECT_FORMATS = ("txt", "srt", "vtt", "json")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The recorder and the history; a welcome to whoever is not signed in."""
    if not request.user.is_authenticated:
        return render(request, "transcripts/landing.html", {"signup": settings.STT_SIGNUP})
    recordings = visible(request.user).order_by("-created_at", "-pk").select_related("owner")
    newest = list(recordings[: PAGE_SIZE + 1])
    context = {
        "languages": by_name(),
        "rows": rows_of(newest[:PAGE_SIZE], viewer=request.user),
        "has_recordings": bool(newest),
        "has_more": len(newest) > PAGE_SIZE,
        "samples": [] if newest else list(SAMPLES.values()),
        "patch_bytes": settings.STT_PATCH_BYTES,
    }
    return render(request, "transcripts/home.html", context)


@require_safe
@login_required
def rows(request: HttpRequest) -> HttpResponse:
    """The rows that a page shows, as they are now; one that was deleted is missing."""
    pickable = request.GET.get("pickable") == "1"
    pks = [pk for pk in map(_uuid, request.GET.getlist("id")[:MAX_ROWS]) if pk]
    recordings = visible(request.user).filter(pk__in=pks).select_related("owner")
    html = {
        str(row.recording.pk): render_to_string(
            "transcripts/_row.html", {"row": row, "pickable": pickable, "here": reverse("library")}, request
        )
        for row in rows_of(recordings, viewer=request.user)
    }
    return JsonResponse({"rows": html})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@require_safe
@login_required
def recording(request: HttpRequest, pk: UUID) -> HttpResponse:
    recording, role = access.recording_seen(request.user, pk)
    # The number first: what happens while the segments are read is then sent once more, and never missed.
    since = recording.event_count
    row = row_of(recording, is_own=role.is_owner)
    transcript = row.transcript
    segments = list(transcript.segments.select_related("speaker").defer("words")) if transcript else []
    context = {
        "role": role,
        "note_marks": notes.marks_of(transcript),
        "can_write": role.can_write,
        "is_readonly": not role.can_write,
        "recording": recording,
        "row": row,
        "transcript": transcript,
        "segments": segments,
        "columns": columns_of(segments),
        "speakers": speakers_of(transcript),
        **undoing.state_of(transcript, request.user),
        "speeds": SPEEDS,
        "since": since,
        "formats": [
            {"name": f.name, "key": key, "url": reverse("export", args=[pk, key])}
            for key, f in FORMATS.items()
            if key in DIRECT_FORMATS
        ],
        "has_audio": has_audio(recording),
        "is_video": recording.played_type.startswith("video/"),
        "audio_url": reverse("audio", args=[pk]),
        "language_name": row.language_name,
        "trash_days": settings.STT_TRASH.days,
    }
    return render(request, "transcripts/recording.html", context)


@require_safe
@login_required
def words(request: HttpRequest, pk: UUID) -> HttpResponse:
    """When the words of each segment are heard, which the page asks for once it is there."""
    transcript = access.recording_read(request.user, pk).transcript
    return JsonResponse(words_of(transcript.segments.all() if transcript else []))
