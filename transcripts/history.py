"""Who changed what, and when: revisions as people read them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import PurePath

from django.db.models import QuerySet

from transcripts.clocks import precise_clock
from transcripts.engine.languages import LANGUAGES
from transcripts.exchanges import Exchange, exchanges_of, is_exchange
from transcripts.models import Recording, Revision, Segment, Transcript
from transcripts.revisions import Row

Kind = Revision.Kind

SENTENCES = {
    Kind.TEXT: "Corrected the text",
    Kind.SPLIT: "Split a segment",
    Kind.MERGE: "Merged two segments",
    Kind.BOUNDARY: "Moved a boundary",
    Kind.INSERT: "Inserted a segment",
    Kind.DELETE: "Deleted segments",
    Kind.SPEAKER: "Changed the speakers",
    Kind.REPLACE: "Found and replaced",
    Kind.REVIEW: "Checked doubtful words",
    Kind.RESTORE: "Restored an earlier version",
    Kind.RERUN: "Transcribed again",
    Kind.IMPORT: "Imported a text",
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words of a text: what was taken out ("delete"), put in ("insert"), or stayed ("equal")."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a revision did to one segment."""

    segment_id: int
    # Seconds of the recording; None where the segment is gone and the revision does not say.
    at: float | None
    words: list[Stretch]
    notes: list[str]
    # It had another text then than it has now.
    can_restore: bool


@dataclass(frozen=True, slots=True)
class Entry:
    revision: Revision
    sentence: str
    author: str
    changes: list[Change]
    # Changes that are not shown.
    rest: int
    # What happened to speakers as such.
    notes: list[str]

    @property
    def stands(self) -> bool:
        """Whether nothing was changed after it."""
        return self.revision.number == self.revision.transcript.revision_count

    @property
    def count(self) -> int:
        return len(self.changes) + self.rest


def sentence_of(revision: Revision) -> str:
    """Return what was done, in one line."""
    if revision.kind in (Kind.UNDO, Kind.REDO):
        done = "Undone" if revision.kind == Kind.UNDO else "Redone"
        return f"{done}: {SENTENCES[Kind(revision.reverts.kind)]}" if revision.reverts else done
    return SENTENCES[Kind(revision.kind)]


def revisions_of(transcript: Transcript, segment_id: int | None = None) -> QuerySet[Revision]:
    """Return all revisions, the last one first, or those that changed one segment."""
    revisions = transcript.revisions.select_related("author", "reverts", "transcript").order_by("-number")
    revisions = revisions.defer("reverts__before", "reverts__after")
    if segment_id is None:
        return revisions
    return revisions.filter(after__segments__has_key=str(segment_id))


def entries(
    transcript: Transcript, revisions: Iterable[Revision], most: int, segment_id: int | None = None
) -> list[Entry]:
    """Return revisions as a page lists them, each with its first changes; two queries for all of them."""
    revisions = list(revisions)
    shown = {revision: _first(revision, most, segment_id) for revision in revisions}
    pks = {int(key) for keys in shown.values() for key in keys}
    standing = transcript.segments.only("start", "text").in_bulk(pks)
    names = {speaker.number: str(speaker) for speaker in transcript.speakers.all()}
    found = []
    for revision, keys in shown.items():
        changes = [_change(revision, key, standing.get(int(key)), names) for key in keys]
        rest = len(revision.after["segments"]) - len(keys)
        if segment_id is None and is_exchange(revision):
            exchanges = exchanges_of(revision)
            changes, rest = [_exchanged(e) for e in exchanges[:most]], max(0, len(exchanges) - most)
        found.append(
            Entry(
                revision=revision,
                sentence=sentence_of(revision),
                author=revision.author.email if revision.author else "Somebody",
                changes=changes,
                rest=rest,
                notes=[*_speaker_notes(revision), *_facts_notes(revision)],
            )
        )
    return found


def _first(revision: Revision, most: int, segment_id: int | None) -> list[str]:
    if segment_id is not None:
        return [str(segment_id)]
    # Keys grow with the recording, unless segments were put in between.
    return sorted(revision.after["segments"], key=int)[:most]


def _change(revision: Revision, key: str, standing: Segment | None, names: dict[int, str]) -> Change:
    before, after = revision.before["segments"][key], revision.after["segments"][key]
    at = (before or {}).get("start", (after or {}).get("start", standing.start if standing else None))
    if before is None or after is None:
        kind, row = ("insert", after) if before is None else ("delete", before)
        words = [Stretch(kind, row["text"])] if row["text"] else []
        notes = ["Came" if before is None else "Removed"] if not words else []
    else:
        notes = list(_notes(before, after, names))
        text = standing.text if standing else ""
        words = difference(before["text"], after["text"]) if "text" in before else [Stretch("equal", text)]
    then = after.get("text") if after else None
    can_restore = standing is not None and then is not None and then != standing.text
    return Change(segment_id=int(key), at=at, words=words, notes=notes, can_restore=can_restore)


def _exchanged(exchange: Exchange) -> Change:
    """Show the words of several segments as one text, for they seldom begin and end alike."""
    words = difference(*exchange.texts)
    return Change(segment_id=int(exchange.key), at=exchange.start, words=words, notes=[], can_restore=False)


def _facts_notes(revision: Revision) -> Iterator[str]:
    before, after = revision.before.get("transcript", {}), revision.after.get("transcript", {})
    if "language" in after:
        old, new = (LANGUAGES.get(row["language"], "").title() or "unknown" for row in (before, after))
        yield f"Language: {old} → {new}"
    if "task" in after:
        yield "Translated to English" if after["task"] == Recording.Task.TRANSLATE else "No longer translated"
    if "model" in after:
        yield f"Model: {PurePath(before['model']).name} → {PurePath(after['model']).name}"


def _notes(before: Row, after: Row, names: dict[int, str]) -> Iterator[str]:
    if "speaker" in after:
        yield f"Speaker: {_name(before['speaker'], names)} → {_name(after['speaker'], names)}"
    for bound in ("start", "end"):
        if bound in after and "text" not in after:
            yield f"{bound.title()}: {precise_clock(before[bound])} → {precise_clock(after[bound])}"


def _speaker_notes(revision: Revision) -> Iterator[str]:
    for key, after in revision.after["speakers"].items():
        before = revision.before["speakers"][key]
        label = f"Speaker {key}"
        if before is None or after is None:
            row, came = (after, "Added") if before is None else (before, "Removed")
            yield f"{came} {(row or {}).get('name') or label}"
        else:
            yield f"Named {before['name'] or label} “{after['name'] or label}”"


def _name(number: int | None, names: dict[int, str]) -> str:
    return "nobody" if number is None else names.get(number, f"Speaker {number}")


def difference(before: str, after: str) -> list[Stretch]:
    """Return what changed between two texts, word by word."""
    old, new = before.split(), after.split()
    stretches: list[Stretch] = []
    for kind, a1, a2, b1, b2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind == "equal":
            stretches.append(Stretch("equal", " ".join(old[a1:a2])))
            continue
        if a2 > a1:
            stretches.append(Stretch("delete", " ".join(old[a1:a2])))
        if b2 > b1:
            stretches.append(Stretch("insert", " ".join(new[b1:b2])))
    return stretches
