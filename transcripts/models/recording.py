"""The audio that a user gave us."""

import shutil
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from transcripts.models.lease import Leased, LeasedQuerySet

TITLE_LENGTH = 200
UPLOAD_KEY_LENGTH = 64


class RecordingQuerySet(LeasedQuerySet):
    def of(self, user: object) -> "RecordingQuerySet":
        """The user's own."""
        return self.filter(owner=user, deleted_at=None)

    def shared_with(self, user: Any) -> "RecordingQuerySet":
        """Others' that the user is a member of."""
        memberships = apps.get_model("transcripts", "Membership").objects.of(user)
        return self.filter(pk__in=memberships.values("recording"), deleted_at=None).exclude(owner=user)

    def visible_to(self, user: Any) -> "RecordingQuerySet":
        """The user's own, and others' that they are a member of."""
        memberships = apps.get_model("transcripts", "Membership").objects.of(user)
        is_shared = Q(pk__in=memberships.values("recording"))
        return self.filter(Q(owner=user) | is_shared, deleted_at=None)

    def trashed(self) -> Self:
        return self.exclude(deleted_at=None)

    def abandoned(self) -> Self:
        """Those under way that nobody has continued for as long as one may be left."""
        now = timezone.now()
        spoken = Q(is_live=True, bytes_received__gt=0)
        left = Q(received_at__lt=now - settings.STT_UPLOAD_IDLE)
        left |= spoken & Q(received_at__lt=now - settings.STT_RECORDING_IDLE)
        # Its file is still in the watch folder, and with an empty recording it would be forgotten.
        untaken = Q(source=Recording.Source.WATCH, bytes_received=0)
        return self.filter(left, ~untaken, state=Recording.State.RECEIVING, deleted_at=None)


class Recording(Leased):
    class State(models.TextChoices):
        RECEIVING = "receiving", "Receiving"
        QUEUED = "queued", "Queued"
        PREPARING = "preparing", "Transcribing"
        TRANSCRIBING = "transcribing", "Transcribing"
        FINISHING = "finishing", "Finishing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Source(models.TextChoices):
        MICROPHONE = "microphone", "Microphone"
        UPLOAD = "upload", "Upload"
        SAMPLE = "sample", "Sample"
        URL = "url", "Link"
        WATCH = "watch", "Watch folder"
        TEXT = "text", "Imported text"
        API = "api", "API"

    class Task(models.TextChoices):
        TRANSCRIBE = "transcribe", "Transcribe"
        TRANSLATE = "translate", "Translate to English"

    TERMINAL_STATES = frozenset({State.DONE, State.FAILED, State.CANCELLED})
    # Spans may be waiting to be transcribed: text comes while the bytes still do.
    ACTIVE_STATES = frozenset({State.RECEIVING, State.QUEUED, State.PREPARING, State.TRANSCRIBING})
    # Back to receiving goes only what was cut short, when its sender returns.
    MOVES = {
        State.RECEIVING: {State.FAILED, State.CANCELLED, State.QUEUED},
        State.QUEUED: {State.PREPARING, State.FAILED, State.CANCELLED, State.RECEIVING},
        State.PREPARING: {
            State.PREPARING,
            State.TRANSCRIBING,
            # An archive, whose recordings go their own ways.
            State.DONE,
            State.FAILED,
            State.CANCELLED,
            State.RECEIVING,
        },
        State.TRANSCRIBING: {
            State.FINISHING,
            # The audio of spans is gone, which are then cut again.
            State.QUEUED,
            State.FAILED,
            State.CANCELLED,
            State.RECEIVING,
        },
        State.FINISHING: {State.FINISHING, State.DONE, State.FAILED, State.RECEIVING},
        State.DONE: {State.RECEIVING},
        State.FAILED: {State.QUEUED, State.RECEIVING},
        State.CANCELLED: {State.QUEUED, State.RECEIVING},
    }

    # What a worker may claim: a preparation or finish whose worker died is claimed again.
    CLAIMABLE = {
        State.RECEIVING: {State.RECEIVING},
        State.PREPARING: {State.QUEUED, State.PREPARING},
        State.FINISHING: {State.FINISHING},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recordings")
    title = models.CharField(max_length=TITLE_LENGTH)
    # Folded, between spaces, as searches look for it: the database's triggers write it.
    title_words = models.TextField(blank=True, default="", editable=False)
    source = models.CharField(max_length=20, choices=Source, default=Source.UPLOAD)
    # Somebody speaks while it comes: its text goes before what is a file already.
    is_live = models.BooleanField(default=False)
    # Whether the library shows it: of what programs send that is their key's to say.
    is_listed = models.BooleanField(default=True)
    api_request = models.ForeignKey(
        "ApiRequest", on_delete=models.SET_NULL, null=True, blank=True, related_name="recordings"
    )
    state = models.CharField(max_length=20, choices=State, default=State.RECEIVING, db_index=True)
    # One sentence for the owner: why it failed, or what is worth knowing about a finished one.
    message = models.TextField(blank=True)

    file_name = models.CharField(
        max_length=255, blank=True, help_text="As the browser named it: a label, never a path."
    )
    media_type = models.CharField(max_length=100, blank=True)
    playback_type = models.CharField(max_length=100, blank=True, help_text="Empty: the source itself plays.")
    bytes_received = models.PositiveBigIntegerField(default=0)
    received_at = models.DateTimeField(null=True, blank=True, help_text="When the last bytes came.")
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bytes; unknown while recording.")
    sha256 = models.CharField(max_length=64, blank=True)
    expected_sha256 = models.CharField(max_length=64, blank=True, help_text="As the sender says.")
    upload_key = models.CharField(
        max_length=UPLOAD_KEY_LENGTH, blank=True, help_text="As the sender knows it again."
    )
    upload_metadata = models.TextField(blank=True, help_text="As the sender gave it, for whoever resumes.")
    is_cut_short = models.BooleanField(
        default=False, help_text="Taken as what it held, because nobody continued it."
    )
    # Seconds. An estimate from the container until preparation has decoded the whole.
    duration = models.FloatField(null=True, blank=True)
    prepared_until = models.FloatField(default=0.0)

    can_stream = models.BooleanField(
        null=True, help_text="Whether it was prepared while its bytes came; unknown before that was tried."
    )

    language = models.CharField(max_length=8, blank=True, help_text="As asked for; empty is automatic.")
    task = models.CharField(max_length=20, choices=Task, default=Task.TRANSCRIBE)
    prompt = models.TextField(blank=True)
    model = models.CharField(
        max_length=200, blank=True, help_text="As asked for; empty is the configured one."
    )
    temperature = models.FloatField(default=0.0)
    # Who speaks is asked for: the channels tell, where each is somebody else's.
    is_diarized = models.BooleanField(default=False)
    # Each channel is heard for itself, and is a speaker.
    is_multichannel = models.BooleanField(default=False)
    channel_count = models.PositiveSmallIntegerField(
        default=1, help_text="How many are heard for themselves: known once it is decoded."
    )

    tags: models.ManyToManyField = models.ManyToManyField("Tag", blank=True, related_name="recordings")
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="In the trash since then; emptied after STT_TRASH_DAYS."
    )
    delete_after = models.DateTimeField(null=True, blank=True, help_text="Deleted then, without the trash.")
    event_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = RecordingQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=("owner", "-created_at")),
            models.Index(fields=("owner", "sha256")),
            models.Index(
                fields=("owner", "upload_key"), condition=~Q(upload_key=""), name="recording_known_again"
            ),
            models.Index(
                fields=("delete_after",), condition=~Q(delete_after=None), name="recording_kept_for_a_time"
            ),
            models.Index(fields=("deleted_at",), condition=~Q(deleted_at=None), name="recording_trashed"),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.pk})"

    def get_absolute_url(self) -> str:
        return reverse("recording", args=[self.pk])

    @property
    def folder(self) -> Path:
        name = str(self.pk)
        return settings.DATA_DIR / "recordings" / name[:2] / name

    @property
    def source_path(self) -> Path:
        """The bytes as they came. Never deleted but with the recording."""
        return self.folder / "source"

    @property
    def playback_path(self) -> Path:
        """A copy that browsers can play and seek in, where the source is not one."""
        return self.folder / "playback"

    @property
    def peaks_path(self) -> Path:
        """The shape of the sound, as pairs of bytes; one that is being made has a suffix."""
        return self.folder / "peaks"

    @property
    def spans_folder(self) -> Path:
        return self.folder / "spans"

    @property
    def expires_at(self) -> datetime:
        """When it is taken as what it holds, unless it is continued before."""
        is_spoken = self.is_live and self.bytes_received > 0
        idle = settings.STT_RECORDING_IDLE if is_spoken else settings.STT_UPLOAD_IDLE
        return (self.received_at or self.created_at) + idle

    @property
    def comes_from_link(self) -> bool:
        """Whether the server itself fetches it, and has not done so yet."""
        may_be = self.source in (self.Source.URL, self.Source.API)
        return may_be and self.state == self.State.RECEIVING and hasattr(self, "url_import")

    @property
    def has_all_bytes(self) -> bool:
        return self.size is not None and self.bytes_received >= self.size

    @property
    def is_finished(self) -> bool:
        return self.state in self.TERMINAL_STATES

    @property
    def is_active(self) -> bool:
        return not self.is_finished

    @property
    def played_type(self) -> str:
        """The media type of what the player gets: from a fixed list, empty before the file was read."""
        return self.playback_type or self.media_type

    @property
    def transcript(self):
        """The current transcript, or None before all bytes are here."""
        return self.transcripts.filter(base=None).order_by("-pk").first()

    def move(self, state: str, *, fence: int | None = None, **changes: object) -> bool:
        """Change the state; return False where the move is impossible, or another process was first.

        With `fence`, only the holder of that claim may make the move.
        """
        origins = [origin for origin, targets in self.MOVES.items() if state in targets]
        rows = Recording.objects.filter(pk=self.pk, state__in=origins)
        if fence is not None:
            rows = rows.filter(fence=fence)
        if not rows.update(state=state, **changes):
            return False
        self.refresh_from_db()
        return True

    def claim(self, state: State) -> int | None:
        """Take the recording for one stage of work; return the fence to write under, or None."""
        rows = Recording.objects.filter(pk=self.pk, state__in=self.CLAIMABLE[state])
        if not rows.claim(state=state):
            return None
        self.refresh_from_db()
        return self.fence

    def delete_files(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
