"""Every change that people make to a transcript: one revision each, so that it can be seen and undone.

`record` locks, applies, appends the revision and tells the readers, all in one transaction:

    with revisions.record(transcript, author, Revision.Kind.SPLIT) as act:
        act.put({"id": segment.pk, "text": "First half.", "end": 2.0, "words": [...]})
        act.put({"position": act.place_after(segment), "start": 2.0, "end": 4.0, "text": …, "words": [...]})

Rows that came from elsewhere must be read inside of it: what was read before may have changed since.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from sttweb.accounts.models import User
from transcripts import events, places
from transcripts.models import Event, Recording, Revision, Segment, Speaker, Transcript

# A segment as a revision keeps it: what changed of it, or all of it where it came or went. Its speaker is a
# number, or None.
Row = dict[str, Any]

FIELDS = ("start", "end", "text", "words", "speaker", "is_edited")

CHANGED_MEANWHILE = "This was changed in another place meanwhile: look at it, and try again."

# Revisions of one segment that are looked through for what changed in it.
LOOK_BACK = 20


class Conflict(Exception):
    """Somebody else was first.

    `segments` are what is concerned as it stands now, `removed` the keys of what is gone.
    """

    def __init__(self, sentence: str, segments: Iterable[Segment] = (), removed: Iterable[int] = ()) -> None:
        super().__init__(sentence)
        self.segments, self.removed = list(segments), list(removed)


class Act:
    """What one person does to a transcript at once. Nothing is applied before the end of `record`."""

    def __init__(self, transcript: Transcript, author: User | None, kind: str) -> None:
        self.transcript, self.author, self.kind = transcript, author, kind
        self.speakers: dict[int, Speaker] = {s.number: s for s in transcript.speakers.all()}
        self.before: dict[str, dict[str, Any]] = {"segments": {}, "speakers": {}}
        self.after: dict[str, dict[str, Any]] = {"segments": {}, "speakers": {}}
        # What stands after it: segments that came or changed, and the keys of those that went.
        self.segments: list[Segment] = []
        self.removed: list[int] = []
        # The keys of those that came.
        self.created: list[int] = []
        # Segments that only made room.
        self.moved: set[int] = set()
        self.revision: Revision | None = None
        self.reverts: Revision | None = None
        # That of what is done to other transcripts at once.
        self.group: UUID | None = None
        # The revision that this act goes on with, instead of one of its own.
        self.grown: Revision | None = None
        self._puts: list[Row] = []
        self._removes: set[int] = set()
        self._leaving: set[int] = set()

    def segment(self, pk: int, version: int, fields: Iterable[str] = ("text",)) -> Segment:
        """Return the segment as it stands, where nobody changed these fields of it since that version.

        Raises: Conflict: somebody did, or it is gone.
        """
        segment = self.all_segments([pk])[0]
        if is_changed(segment, version, fields):
            raise Conflict(CHANGED_MEANWHILE, [segment])
        return segment

    def see_unchanged(self, versions: Mapping[int, int]) -> None:
        """See that nobody changed the text of these segments, by key, since the versions given.

        Raises: Conflict: somebody did.
        """
        found = self.transcript.segments.in_bulk(versions)
        changed = [segment for pk, segment in found.items() if is_changed(segment, versions[pk], ("text",))]
        if changed:
            raise Conflict(CHANGED_MEANWHILE, changed)

    def all_segments(self, pks: Iterable[int]) -> list[Segment]:
        """Return these segments in their order.

        Raises: Conflict: one of them is gone.
        """
        wanted = set(pks)
        found = self.transcript.segments.select_related("speaker").in_bulk(wanted)
        if gone := wanted - found.keys():
            raise Conflict("This part was removed in another place meanwhile.", removed=sorted(gone))
        return sorted(found.values(), key=lambda segment: segment.position)

    def put(self, row: Row) -> None:
        """Change the segment with the row's "id" in the fields it has, or create one.

        A new one needs "position", "start", "end" and "text"; with an "id" it is one that comes back.
        """
        self._puts.append(row)

    def remove(self, segment: Segment | int) -> None:
        self._removes.add(segment.pk if isinstance(segment, Segment) else segment)

    def put_speaker(self, name: str = "", number: int | None = None) -> int:
        """Name a speaker, who comes to be where there is none of this number; return the number."""
        number = number or max(self.speakers, default=0) + 1
        speaker = self.speakers.get(number)
        if speaker is None:
            self.speakers[number] = self.transcript.speakers.create(number=number, name=name)
            self._note_speaker(number, None, {"name": name})
        elif speaker.name != name:
            self._note_speaker(number, {"name": speaker.name}, {"name": name})
            speaker.name = name
            speaker.save(update_fields=["name"])
        return number

    def remove_speaker(self, number: int) -> None:
        """Forget a speaker, unless somebody else's segments are still theirs in the end."""
        self._leaving.add(number)

    def put_transcript(self, facts: Row) -> None:
        """Change what is known of the text as a whole: its language, its task, its model."""
        old = {field: getattr(self.transcript, field) for field in facts}
        news = {field: value for field, value in facts.items() if value != old[field]}
        if not news:
            return
        self.before["transcript"], self.after["transcript"] = {f: old[f] for f in news}, news
        for field, value in news.items():
            setattr(self.transcript, field, value)
        self.transcript.save(update_fields=list(news))

    def place_after(self, segment: Segment | None, count: int = 1) -> list[int]:
        """Return positions for `count` new segments behind this one, or before all others."""
        positions, moved = places.behind(self.transcript, segment, count)
        self.moved |= moved
        return positions

    def _note_speaker(self, number: int, before: Row | None, after: Row | None) -> None:
        self.before["speakers"].setdefault(str(number), before)
        self.after["speakers"][str(number)] = after

    def apply(self) -> None:
        self._apply_segments()
        self._apply_leaving()
        if self.reverts is None and self.before == {"segments": {}, "speakers": {}}:
            return
        self.revision = self._append()
        payload = {
            "segments": sorted({s.pk for s in self.segments} | self.moved),
            "removed": self.removed,
            "speakers": sorted(map(int, self.after["speakers"])),
            "revision": self.revision.number,
        }
        events.publish(self.transcript.recording_id, Event.Kind.SEGMENTS, payload)

    def _apply_segments(self) -> None:
        ids = {row["id"] for row in self._puts if row.get("id")} | self._removes
        known = self.transcript.segments.select_related("speaker").in_bulk(ids)
        self.removed = sorted(self._removes & known.keys())
        for pk in self.removed:
            self._note(pk, facts(known[pk]), None)
        # First, so that their positions are free.
        self.transcript.segments.filter(pk__in=self.removed).delete()
        puts = [row for row in self._puts if row.get("id") not in self._removes]
        self._change([(known[row["id"]], row) for row in puts if row.get("id") in known])
        self._create([row for row in puts if row.get("id") not in known])

    def _change(self, pairs: list[tuple[Segment, Row]]) -> None:
        changed: list[tuple[Segment, Row]] = []
        for segment, row in pairs:
            old = facts(segment)
            news = {field: row[field] for field in FIELDS if field in row and row[field] != old[field]}
            if not news:
                continue
            self._note(
                segment.pk,
                {field: old[field] for field in news} | {"version": segment.version},
                news | {"version": segment.version + 1},
            )
            self._assign(segment, news | {"version": segment.version + 1})
            changed.append((segment, news))
        self._store(changed)
        self.segments += [segment for segment, _ in changed]

    def _store(self, changed: list[tuple[Segment, Row]]) -> None:
        """Write what changed; segments that only get the same speaker in one statement, which is quicker."""
        spoken: dict[Speaker | None, list[int]] = {}
        others = []
        for segment, news in changed:
            if news.keys() == {"speaker"}:
                spoken.setdefault(segment.speaker, []).append(segment.pk)
            else:
                others.append(segment)
        for speaker, pks in spoken.items():
            Segment.objects.filter(pk__in=pks).update(speaker=speaker, version=F("version") + 1)
        fields = {field for _, news in changed for field in news}
        if others:
            Segment.objects.bulk_update(others, [*fields, "version"])

    def _create(self, rows: list[Row]) -> None:
        if not rows:
            return
        positions, moved = places.free(self.transcript, rows)
        self.moved |= moved
        created = []
        for row, position in zip(rows, positions, strict=True):
            segment = Segment(pk=row.get("id"), transcript=self.transcript, position=position, is_edited=True)
            self._assign(segment, {field: row[field] for field in FIELDS if field in row})
            # One that comes back has a version that no page has seen.
            segment.version = row.get("version", 0) + 1
            created.append(segment)
        Segment.objects.bulk_create(created)
        for segment in created:
            self._note(segment.pk, None, facts(segment))
        self.segments += created
        self.created = [segment.pk for segment in created]

    def _assign(self, segment: Segment, values: Row) -> None:
        for field, value in values.items():
            if field == "speaker" and value is not None:
                # One who was forgotten meanwhile comes back with what was theirs.
                value = self.speakers.get(value) or self.speakers[self.put_speaker(number=value)]
            setattr(segment, field, value)

    def _note(self, pk: int, before: Row | None, after: Row | None) -> None:
        self.before["segments"][str(pk)] = before
        self.after["segments"][str(pk)] = after

    def _apply_leaving(self) -> None:
        for number in self._leaving & self.speakers.keys():
            speaker = self.speakers[number]
            if speaker.segments.exists():
                continue
            self._note_speaker(number, {"name": speaker.name}, None)
            speaker.delete()
            del self.speakers[number]

    def _append(self) -> Revision:
        if self.grown is not None and self.reverts is None:
            return self._grow(self.grown)
        self.transcript.revision_count += 1
        self.transcript.save(update_fields=["revision_count"])
        revision = Revision.objects.create(
            transcript=self.transcript,
            number=self.transcript.revision_count,
            author=self.author,
            kind=self.kind,
            before=self.before,
            after=self.after,
            reverts=self.reverts,
            group=self.group,
        )
        if self.reverts is not None:
            undone_by = revision if self.kind == Revision.Kind.UNDO else None
            Revision.objects.filter(pk=self.reverts.pk).update(undone_by=undone_by)
        return revision

    def _grow(self, revision: Revision) -> Revision:
        for pk, row in self.after["segments"].items():
            revision.before["segments"][pk] = self.before["segments"][pk] | revision.before["segments"][pk]
            revision.after["segments"][pk] |= row
        revision.save(update_fields=["before", "after"])
        return revision


def facts(segment: Segment) -> Row:
    """Return all that a revision keeps of a segment."""
    row = {field: getattr(segment, field) for field in FIELDS}
    row["speaker"] = segment.speaker.number if segment.speaker else None
    return row | {"position": segment.position, "version": segment.version}


def is_changed(segment: Segment, version: int, fields: Iterable[str]) -> bool:
    """Whether people changed one of these fields of a segment after it had this version."""
    return segment.version != version and not changed_since(segment, version).isdisjoint(fields)


def changed_since(segment: Segment, version: int) -> set[str]:
    """Return the fields of a segment that people changed after it had this version."""
    key = str(segment.pk)
    revisions = segment.transcript.revisions.filter(after__segments__has_key=key).order_by("-number")
    changed: set[str] = set()
    latest = list(revisions[:LOOK_BACK])
    for revision in latest:
        after = revision.after["segments"][key]
        if after is None or revision.before["segments"][key] is None:
            return {*FIELDS}
        if after["version"] <= version:
            return changed
        changed |= after.keys()
    return changed if len(latest) < LOOK_BACK else {*FIELDS}


@contextmanager
def record(transcript: Transcript, author: User | None, kind: str) -> Iterator[Act]:
    """Do what is put into the act as one revision; none where it changes nothing.

    Editors wait for each other at the recording's row, which whatever publishes locks as well.
    """
    with transaction.atomic():
        Recording.objects.select_for_update(no_key=True).filter(pk=transcript.recording_id).first()
        current = Transcript.objects.select_for_update(no_key=True).filter(pk=transcript.pk).first()
        if current is None:
            raise Conflict("This text was deleted meanwhile, or transcribed anew: reload the page.")
        act = Act(current, author, kind)
        yield act
        act.apply()
