"""Undo and redo: each author goes back through their own acts, and never over another's.

What was done stays on record: undoing is a revision that `reverts` the act, which is then `undone_by` it;
redoing is one more, after which the act counts again.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.models import Revision, Segment, Transcript
from transcripts.revisions import Act, Conflict, Row, facts

REVERSALS = {Revision.Kind.UNDO, Revision.Kind.REDO}


def state_of(transcript: Transcript | None, author: Any) -> dict[str, bool]:
    """Return whether there is something that this author can undo, and redo."""
    if transcript is None:
        return {"can_undo": False, "can_redo": False}
    return {
        "can_undo": last_act(transcript, author) is not None,
        "can_redo": last_undone(transcript, author) is not None,
    }


def undo(transcript: Transcript, author: User) -> Act:
    """Take back the author's last act that stands.

    Raises: Conflict: there is none, or what it changed was changed again by somebody else.
    """
    with revisions.record(transcript, author, Revision.Kind.UNDO) as act:
        target = last_act(transcript, author)
        if target is None:
            raise Conflict("There is nothing of yours to undo.")
        revert(act, standing_of(target), target)
    return act


def redo(transcript: Transcript, author: User) -> Act:
    """Do again what the author undid last, if they did nothing else since.

    Raises: Conflict: there is none, or somebody else changed the same again.
    """
    with revisions.record(transcript, author, Revision.Kind.REDO) as act:
        target = last_undone(transcript, author)
        if target is None or target.undone_by is None:
            raise Conflict("There is nothing of yours to redo.")
        revert(act, target.undone_by, target)
    return act


def undo_group(revisions_done: Iterable[Revision]) -> tuple[list[Act], list[Revision]]:
    """Take back what was done to several transcripts at once, in each of them.

    Return the acts, and the revisions that stay, since what they changed was changed again.
    """
    acts, kept = [], []
    for target in revisions_done:
        try:
            with revisions.record(target.transcript, target.author, Revision.Kind.UNDO) as act:
                revert(act, standing_of(target), target)
        except Conflict:
            kept.append(target)
        else:
            acts.append(act)
    return acts, kept


def standing_of(target: Revision) -> Revision:
    """Return the revision by which an act stands: where it was redone, that one."""
    return target.transcript.revisions.filter(reverts=target).last() or target


def take_back(act: Act, target: Revision) -> None:
    """Let an act undo a revision that stands as it was made."""
    act.kind = Revision.Kind.UNDO
    revert(act, target, target)


def acts_of(transcript: Transcript, author: Any) -> QuerySet[Revision]:
    return transcript.revisions.filter(author=author).exclude(kind__in=REVERSALS).order_by("-number")


def last_act(transcript: Transcript, author: Any) -> Revision | None:
    return acts_of(transcript, author).filter(undone_by=None).defer("before", "after").first()


def last_undone(transcript: Transcript, author: Any) -> Revision | None:
    """Return the act to redo: an act after its undoing takes the way back to it."""
    acts = acts_of(transcript, author).defer("before", "after").select_related("undone_by")
    undone = acts.exclude(undone_by=None).order_by("-undone_by__number").first()
    if undone is None or undone.undone_by is None or acts.filter(number__gt=undone.undone_by.number).exists():
        return None
    return undone


def revert(act: Act, standing: Revision, target: Revision) -> None:
    """Put what was before a revision, which is how `target` stands now."""
    check(act, standing)
    act.reverts = target
    for number, speaker in standing.before["speakers"].items():
        if speaker is None:
            act.remove_speaker(int(number))
        else:
            act.put_speaker(speaker["name"], int(number))
    act.put_transcript(standing.before.get("transcript", {}))
    for pk, row in standing.before["segments"].items():
        if row is None:
            act.remove(int(pk))
        else:
            act.put({"id": int(pk), **row})


def check(act: Act, revision: Revision) -> None:
    """See that what a revision changed still stands as it left it.

    Raises: Conflict: with whose change is in the way.
    """
    after = revision.after
    current = act.transcript.segments.select_related("speaker").in_bulk(map(int, after["segments"]))
    in_the_way = [pk for pk, row in after["segments"].items() if not stands(current.get(int(pk)), row)]
    if in_the_way:
        raise Conflict(_sentence(act, revision, "segments", in_the_way[0]))
    names = {str(speaker.number): {"name": speaker.name} for speaker in act.speakers.values()}
    # A speaker who could not be forgotten, because others' segments are theirs, is in nobody's way.
    renamed = [n for n, row in after["speakers"].items() if row is not None and names.get(n) != row]
    if renamed:
        raise Conflict(_sentence(act, revision, "speakers", renamed[0]))


def stands(segment: Segment | None, row: Row | None) -> bool:
    """Whether a segment is as a revision left it. Neither version nor position is anybody's work."""
    if segment is None or row is None:
        return segment is row
    current = facts(segment)
    return all(current[field] == row[field] for field in revisions.FIELDS if field in row)


def _sentence(act: Act, revision: Revision, what: str, key: str) -> str:
    touched: dict[str, Any] = {f"after__{what}__has_key": key}
    later = act.transcript.revisions.filter(number__gt=revision.number, **touched).order_by("-number")
    others = later.exclude(author=act.author).select_related("author")
    found = others.first() or later.first()
    if found is None:
        return "It cannot be undone: this part was transcribed anew since."
    when = timezone.localtime(found.created_at).strftime("%H:%M")
    who = found.author.email if found.author else "Somebody"
    return f"{who} has changed the same part since, at {when}: undoing yours would undo theirs."
