"""Numbered events of a recording, and the only caller of `group_send`.

The row is the message: the channel layer carries no more than "look", so a lost poke costs a reader at most
the seconds until it looks by itself.
"""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models import F

from transcripts import hints
from transcripts.models import Event, Recording


def group_name(recording_id: UUID) -> str:
    return f"recording.{recording_id.hex}"


@transaction.atomic
def publish(recording_id: UUID, kind: str, payload: dict[str, Any] | None = None) -> None:
    """Append an event; readers are poked after the commit.

    Counting up locks the recording's row, so numbers become visible in their order.
    """
    if not Recording.objects.filter(pk=recording_id).update(event_count=F("event_count") + 1):
        return  # deleted meanwhile
    number = Recording.objects.values_list("event_count", flat=True).get(pk=recording_id)
    Event.objects.create(recording_id=recording_id, number=number, kind=kind, payload=payload or {})
    transaction.on_commit(partial(poke, recording_id))


def poke(recording_id: UUID) -> None:
    """Make readers look, which they do every few seconds anyway."""
    _send(recording_id, {"type": "look"})


def preview(recording_id: UUID, position: int, agreed: str, open_: str) -> None:
    """Show what is being said in the span that is not closed yet: of no record, and lost without harm."""
    _send(recording_id, {"type": "preview", "position": position, "agreed": agreed, "open": open_})


def presence(recording_id: UUID) -> None:
    """Let whoever has the recording open look who else has."""
    _send(recording_id, {"type": "presence"})


def _send(recording_id: UUID, message: dict[str, Any]) -> None:
    send = partial(async_to_sync(_send_soon), group_name(recording_id), message)
    hints.give(send, f"Nobody could be told about recording {recording_id}")


async def _send_soon(group: str, message: dict[str, Any]) -> None:
    # The channel layer's own patience is for whoever listens.
    async with asyncio.timeout(hints.ANSWER_SECONDS):
        await get_channel_layer().group_send(group, message)
