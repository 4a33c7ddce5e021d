"""What an open page needs to become what a reload would show."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.template.loader import render_to_string

from transcripts import access, notes
from transcripts.engine.audio import UNPLAYABLE_TYPE
from transcripts.models import Event, Recording, Segment, Transcript
from transcripts.rows import row_of

# Segments in one message; the rest follows with the next look.
MAX_EVENTS = 200


def update_since(user: Any, recording_id: UUID, number: int, role_shown: str = "") -> dict[str, Any]:
    """Return one message for all events after `number`, and the reader's role if the page shows another.

    It carries the segments as they are now, so an event that a later one overtook costs nothing.
    """
    recording, role = access.recording_seen(user, recording_id)
    update = {} if role_shown in ("", role.key) else {"role": role.key}
    # Up to the row's own count: a page that reads "Done" before the last words would be wrong about both.
    new = recording.events.filter(number__gt=number, number__lte=recording.event_count)
    events = list(new.order_by("number")[:MAX_EVENTS])
    return update | changes(recording, events, role) if events else update


def changes(recording: Recording, events: list[Event], role: access.Role) -> dict[str, Any]:
    has_more = events[-1].number < recording.event_count
    return {
        "number": events[-1].number,
        "has_more": has_more,
        "title": recording.title,
        "audio": has_audio(recording),
        "status": None if has_more else status_of(recording, role),
        "segments": segments_of(recording, events, role),
        "speakers": speakers_of(recording.transcript),
        "settled": max((event.payload.get("settled", -1) for event in events), default=-1),
        "removed": removed_of(recording, events),
        "notes": marks_if_changed(recording, events),
        "withdrawn": any("revision" not in e.payload and e.payload.get("removed") for e in events),
    }


def marks_if_changed(recording: Recording, events: list[Event]) -> list[notes.Mark] | None:
    """Return the notes' marks where notes came, changed or went; else None."""
    is_changed = any(event.kind == Event.Kind.NOTES for event in events)
    return notes.marks_of(recording.transcript) if is_changed else None


def has_audio(recording: Recording) -> bool:
    """Whether there is something that a browser plays."""
    is_whole = recording.state != Recording.State.RECEIVING
    return is_whole and recording.played_type not in ("", UNPLAYABLE_TYPE)


def status_of(recording: Recording, role: access.Role) -> dict[str, str]:
    html = render_to_string("transcripts/_status.html", {"row": row_of(recording, is_own=role.is_owner)})
    return {"state": recording.state, "html": html}


def segments_of(recording: Recording, events: list[Event], role: access.Role) -> list[dict[str, Any]]:
    pks = {pk for event in events for pk in event.payload.get("segments", [])}
    segments = Segment.objects.filter(pk__in=pks, transcript__recording=recording)
    return shown(segments, is_readonly=not role.can_write)


def shown(segments: QuerySet[Segment], *, is_readonly: bool = False) -> list[dict[str, Any]]:
    """Return segments as the page takes them, in their order."""
    return [
        {
            "id": segment.pk,
            "position": segment.position,
            "version": segment.version,
            "html": render_to_string(
                "transcripts/_segment.html", {"segment": segment, "is_readonly": is_readonly}
            ),
        }
        for segment in segments.select_related("speaker").order_by("position")
    ]


def removed_of(recording: Recording, events: list[Event]) -> list[int]:
    """Return the keys of segments that went, and did not come back."""
    went = {pk for event in events for pk in event.payload.get("removed", [])}
    back = Segment.objects.filter(pk__in=went, transcript__recording=recording) if went else []
    return sorted(went - {segment.pk for segment in back})


def speakers_of(transcript: Transcript | None) -> list[dict[str, Any]]:
    """Return all speakers; one that nobody named has a label all the same."""
    speakers = transcript.speakers.all() if transcript else []
    return [{"number": s.number, "name": s.name, "label": str(s)} for s in speakers]
