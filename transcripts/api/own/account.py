"""What the key may do, how much room there is, and what there is to transcribe with."""

from datetime import datetime

from django.conf import settings
from ninja import Router
from pydantic import Field

from sttweb.accounts.models import User
from transcripts import quotas, speech, trash
from transcripts.api.own.auth import Call, reads
from transcripts.api.own.fields import Shown
from transcripts.models import Recording

router = Router(tags=["Account"], auth=reads)


class KeyShown(Shown):
    name: str
    prefix: str
    scopes: list[str]
    expires_at: datetime | None
    retention_hours: int | None = Field(description="After which what it sends is deleted; null for never.")
    requests_per_minute: int


class Limits(Shown):
    bytes_used: int = Field(description="With what is in the trash.")
    bytes_in_trash: int
    bytes_most: int
    seconds_used: float
    seconds_most: float
    uploads_most: int = Field(description="That may be under way at once.")
    request_bytes_most: int
    upload_piece_bytes_most: int


class Me(Shown):
    email: str
    key: KeyShown
    limits: Limits


class ModelShown(Shown):
    name: str = Field(description="What a recording asks for.")
    label: str
    can_translate: bool
    is_demo: bool
    is_default: bool


class Models(Shown):
    items: list[ModelShown]


@router.get("/me", response=Me)
def get_me(request: Call) -> Me:
    """Whose key this is, what it may do, and how much room there is."""
    user, key = request.auth.user, request.auth.key
    return Me(
        email=user.email,
        key=KeyShown(
            name=key.name,
            prefix=key.prefix,
            scopes=key.scopes,
            expires_at=key.expires_at,
            retention_hours=key.retention_hours,
            requests_per_minute=key.requests_per_minute or settings.STT_API_RATE,
        ),
        limits=_limits(user),
    )


def _limits(user: User) -> Limits:
    held_bytes, held_seconds = quotas.held(user)
    return Limits(
        bytes_used=held_bytes,
        bytes_in_trash=trash.bytes_held(user),
        bytes_most=settings.STT_QUOTA_BYTES,
        seconds_used=held_seconds,
        seconds_most=settings.STT_QUOTA_SECONDS,
        uploads_most=settings.STT_MAX_OPEN_UPLOADS,
        request_bytes_most=settings.STT_API_BYTES,
        upload_piece_bytes_most=settings.STT_PATCH_BYTES,
    )


@router.get("/models", response=Models)
def list_models(request: Call) -> Models:
    """What recordings can be transcribed with."""
    default = speech.serving(Recording.Task.TRANSCRIBE).name
    return Models(
        items=[
            ModelShown(
                name=model.name,
                label=model.label,
                can_translate=model.can_translate,
                is_demo=model.is_demo,
                is_default=model.name == default,
            )
            for model in speech.choices()
        ]
    )
