"""The library, page by page."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Q
from pydantic import Field

from sttweb.accounts.models import User
from transcripts import library
from transcripts.api.own.cursors import decoded, encoded, whole
from transcripts.api.own.fields import Asked, Day, Paging, Shown
from transcripts.api.own.recording_shapes import RecordingShown, Source, of_row
from transcripts.models import Recording
from transcripts.models.recording import RecordingQuerySet
from transcripts.rows import rows_of
from transcripts.search import find, hits

# By these a page begins where the last one ended, whatever has come since; others are counted through.
KEYED = {"": "lt", "newest": "lt", "oldest": "gt"}


class Recordings(Shown):
    items: list[RecordingShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")


class Filters(Shown):
    """What is wanted; what is left out narrows nothing down."""

    q: Asked = Field("", max_length=500, description="Words said in them, or in their titles.")
    tag: list[Asked] = Field([], max_length=20, description="May be given several times: all of them.")
    after: Day | None = Field(None, description="Made on this day or later.")
    before: Day | None = Field(None, description="Made on this day or before.")
    language: Asked = Field("", max_length=20)
    state: Literal["", "active", "done", "failed", "cancelled"] = ""
    source: Source | Literal[""] = ""
    length: Literal["", "short", "middle", "long", "longest"] = Field(
        "", description="To 5 minutes, to 30 minutes, to 2 hours, and beyond."
    )
    speaker: Asked = Field("", max_length=80, description="Part of a speaker's name.")
    whose: Literal["", "mine", "shared"] = ""
    order: Literal["", "newest", "oldest", "title", "longest", "shortest"] = Field(
        "", description="Best first where words are looked for, else newest first."
    )

    def wish(self) -> library.Wish:
        facts = self.model_dump(exclude={"q", "tag"})
        return library.Wish(query=self.q, tags=tuple(self.tag), **facts)


def page_of(viewer: User, wish: library.Wish, paging: Paging) -> Recordings:
    recordings = library.filtered(library.reachable(viewer, wish.whose), wish).select_related("owner")
    recordings = recordings.order_by(*library.ORDERS[wish.order or "newest"])
    if wish.query or wish.order not in KEYED:
        return _counted(viewer, recordings, wish, paging)
    cursor, limit = paging.cursor, paging.limit
    if cursor:
        recordings = recordings.filter(_beyond(cursor, KEYED[wish.order]))
    found = list(recordings[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Recordings(
        items=_shown(viewer, found[:limit], wish),
        next=encoded(last.created_at.isoformat(), last.pk) if last else None,
    )


def _beyond(cursor: str, way: str) -> Q:
    at, pk = decoded(cursor, datetime.fromisoformat, UUID)
    if at.tzinfo is None:
        at, pk = decoded("", datetime.fromisoformat, UUID)
    return Q(**{f"created_at__{way}": at}) | Q(**{"created_at": at, f"pk__{way}": pk})


def _counted(viewer: User, recordings: RecordingQuerySet, wish: library.Wish, paging: Paging) -> Recordings:
    selection = find(viewer, recordings, wish.query, ranked=wish.is_ranked)
    cursor, limit = paging.cursor, paging.limit
    [start] = decoded(cursor, whole) if cursor else [0]
    found = selection.slice(start, start + limit + 1)
    return Recordings(
        items=_shown(viewer, found[:limit], wish),
        next=encoded(start + limit) if len(found) > limit else None,
    )


def _shown(viewer: User, recordings: list[Recording], wish: library.Wish) -> list[RecordingShown]:
    rows = rows_of(recordings, viewer=viewer, hits=hits(recordings, wish.query) if wish.query else None)
    return [of_row(row, viewer) for row in rows]
