"""Back to how a transcript, or a segment of it, stood after an earlier revision: by a new one."""

from collections.abc import Iterable

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.alignment import align
from transcripts.models import Revision, Segment, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act, Row


def restore(transcript: Transcript, author: User, number: int) -> Act:
    """Put the transcript as it stood after the revision of this number; 0 is before the first."""
    with revisions.record(transcript, author, Revision.Kind.RESTORE) as act:
        segments, speakers, facts = stood(_later(act.transcript, number))
        act.put_transcript(facts)
        for key, speaker in speakers.items():
            if speaker is None:
                act.remove_speaker(int(key))
            else:
                act.put_speaker(speaker["name"], int(key))
        present = set(act.transcript.segments.values_list("pk", flat=True))
        for key, row in segments.items():
            if row is None:
                act.remove(int(key))
            elif int(key) in present or "position" in row:
                act.put({"id": int(key), **row})
    return act


def restore_segment(segment: Segment, author: User, number: int) -> Act:
    """Give one segment the text that it had after the revision of this number. Its bounds stay."""
    with revisions.record(segment.transcript, author, Revision.Kind.RESTORE) as act:
        [segment] = act.all_segments([segment.pk])
        segments, _, _ = stood(_later(act.transcript, number))
        row = segments.get(str(segment.pk), {})
        if row is None:
            raise Refused("This segment did not exist at that time.")
        text, words = row.get("text", segment.text), row.get("words", segment.words)
        words = align(words, text, segment.start, segment.end, was=text)
        is_edited = row.get("is_edited", segment.is_edited)
        act.put({"id": segment.pk, "text": text, "words": words, "is_edited": is_edited})
    return act


def stood(later: Iterable[Revision]) -> tuple[dict[str, Row | None], dict[str, Row | None], Row]:
    """Return how segments, speakers and the whole stood before these revisions, where that differs from now.

    A row has what changed since; None is one that did not exist.

    Args: later: the revisions, the last one first.
    """
    segments: dict[str, Row | None] = {}
    speakers: dict[str, Row | None] = {}
    facts: Row = {}
    for revision in later:
        for key, before in revision.before["segments"].items():
            known = segments.get(key) or {}
            # The version only grows: one that comes back must not be taken for what it was.
            segments[key] = None if before is None else known | before | _newest(known, before)
        speakers |= revision.before["speakers"]
        facts |= revision.before.get("transcript", {})
    return segments, speakers, facts


def _newest(known: Row, before: Row) -> Row:
    return {"version": max(known.get("version", 0), before["version"])}


def _later(transcript: Transcript, number: int) -> Iterable[Revision]:
    if not 0 <= number <= transcript.revision_count:
        raise Refused("There is no such version of this transcript.", 404)
    later = transcript.revisions.filter(number__gt=number).order_by("-number")
    return later.only("number", "before").iterator(chunk_size=50)
