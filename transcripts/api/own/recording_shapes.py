"""Recordings as answers show them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from sttweb.accounts.models import User
from transcripts import access
from transcripts.api.own.fields import Shown
from transcripts.models import Recording
from transcripts.rows import Row, rows_of

State = Literal[
    "receiving", "queued", "preparing", "transcribing", "finishing", "done", "failed", "cancelled"
]
Source = Literal["microphone", "upload", "sample", "url", "watch", "text", "api"]
Task = Literal["transcribe", "translate"]
Role = Literal["viewer", "editor", "owner"]


class ProgressShown(Shown):
    percent: int | None
    seconds_left: float | None = Field(description="Null where it cannot be known yet.")
    queue_position: int | None = Field(description="1 is next; null once work has begun.")


class HitShown(Shown):
    """A sentence with what was looked for."""

    start: float
    text: str


class RecordingShown(Shown):
    id: UUID
    title: str
    state: State
    message: str = Field(description="Why it failed, or what is worth knowing about it; may be empty.")
    source: Source
    role: Role = Field(description="What the key's owner may do with it.")
    language: str = Field(description="As asked for; empty to detect it.")
    spoken_language: str = Field(description="As asked for or as detected; empty before that is known.")
    task: Task
    model: str = Field(description="What it was transcribed with; empty before work began.")
    prompt: str
    temperature: float
    is_live: bool
    is_multichannel: bool
    file_name: str
    media_type: str
    size: int | None = Field(description="Bytes; null while that is not known.")
    bytes_received: int
    duration: float | None = Field(description="Seconds; null before that is known.")
    tags: list[str]
    progress: ProgressShown
    first_words: str
    hits: list[HitShown] = Field(description="Where a search found it; otherwise empty.")
    page: str = Field(description="Path of its page.")
    created_at: datetime
    finished_at: datetime | None
    deleted_at: datetime | None
    delete_after: datetime | None = Field(description="When it is deleted for good by itself.")


# What changes by itself while nobody acts.
PASSING = ("progress", "first_words", "hits", "bytes_received", "spoken_language", "model", "duration")


def shown(recording: Recording, viewer: User) -> RecordingShown:
    [row] = rows_of([recording], viewer=viewer)
    return of_row(row, viewer)


def all_shown(recordings: list[Recording], viewer: User) -> list[RecordingShown]:
    return [of_row(row, viewer) for row in rows_of(recordings, viewer=viewer)]


def of_row(row: Row, viewer: User) -> RecordingShown:
    recording, transcript, progress = row.recording, row.transcript, row.progress
    return RecordingShown(
        id=recording.pk,
        title=recording.title,
        state=recording.state,  # type: ignore[arg-type]
        message=recording.message,
        source=recording.source,  # type: ignore[arg-type]
        role="owner" if row.is_own else access.role_of(viewer, recording).name.lower(),  # type: ignore[arg-type]
        language=recording.language,
        spoken_language=transcript.language if transcript else "",
        task=recording.task,  # type: ignore[arg-type]
        model=transcript.model if transcript else "",
        prompt=recording.prompt,
        temperature=recording.temperature,
        is_live=recording.is_live,
        is_multichannel=recording.is_multichannel,
        file_name=recording.file_name,
        media_type=recording.media_type,
        size=recording.size,
        bytes_received=recording.bytes_received,
        duration=recording.duration,
        tags=list(row.tags),
        progress=ProgressShown(
            percent=progress.percent,
            seconds_left=progress.seconds_left,
            queue_position=progress.queue_position,
        ),
        first_words=row.first_words,
        hits=[HitShown(start=h.start, text="".join(text for text, _ in h.pieces)) for h in row.hits],
        page=recording.get_absolute_url(),
        created_at=recording.created_at,
        finished_at=recording.finished_at,
        deleted_at=recording.deleted_at,
        delete_after=recording.delete_after,
    )
