"""Brings what a run heard into the text that people read and correct."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from transcripts import revisions, stitching
from transcripts.clocks import clock
from transcripts.engine.errors import EngineError
from transcripts.models import Hypothesis, Rerun, Revision, Segment, Transcript
from transcripts.positions import channel_of, segment_position
from transcripts.stitching import Piece, Stretch

SAME = "It heard the same again: nothing was changed."


@dataclass(frozen=True)
class Merged:
    message: str
    revision: Revision | None


def merge(rerun: Rerun) -> Merged:
    """Replace what no person wrote by what the run heard, in one revision.

    Raises: EngineError: nothing of it could be heard.
    """
    failed = missing_stretches(rerun)
    if len(failed) == rerun.spans.count():
        raise EngineError("None of it could be heard. The text is as it was: try again.")
    base = Transcript.objects.get(reruns=rerun.transcript)
    with revisions.record(base, rerun.author, Revision.Kind.RERUN) as act:
        segments = list(base.segments.select_related("speaker"))
        closed = failed + (deleted_stretches(base, segments) if rerun.is_whole else [])
        outcome = stitched(rerun, segments, closed)
        count = replace(act, segments, outcome)
        if rerun.is_whole:
            act.put_transcript(facts_of(rerun.transcript))
    return Merged(message_of(len(outcome.removed), count, failed), act.revision)


def stitched(rerun: Rerun, segments: Sequence[Segment], closed: list[Stretch]) -> stitching.Outcome:
    """Return what goes and what comes: each channel that is heard for itself as if it were alone."""
    pieces = sorted(heard(rerun), key=attrgetter("position"))
    stretch = stretch_of(rerun)
    if not rerun.recording.is_multichannel:
        return stitching.stitch(segments, pieces, stretch, closed)
    removed: list[Segment] = []
    coming: list[Piece] = []
    for channel in range(rerun.recording.channel_count):
        own = [segment for segment in segments if channel_of(segment.position) == channel]
        outcome = stitching.stitch(own, [p for p in pieces if p.channel == channel], stretch, closed)
        removed += outcome.removed
        coming += outcome.pieces
    return stitching.Outcome(removed, sorted(coming, key=attrgetter("start")))


def stretch_of(rerun: Rerun) -> Stretch | None:
    start, end = rerun.transcript.selection_start, rerun.transcript.selection_end
    return None if start is None or end is None else (start, end)


def facts_of(transcript: Transcript) -> dict[str, Any]:
    """Return what is known of the text of a whole run, which is that of the document from now on."""
    fields = ("language", "language_probability", "task", "model", "is_demo")
    return {field: getattr(transcript, field) for field in fields}


def heard(rerun: Rerun) -> Iterator[Piece]:
    done = rerun.transcript.hypotheses.filter(state=Hypothesis.State.DONE)
    for hypothesis in done.select_related("span").order_by("span__position"):
        for number, s in enumerate(hypothesis.segments):
            position = segment_position(hypothesis.span, s["start"], number)
            yield Piece(s["start"], s["end"], s["text"], s["words"], position, hypothesis.span.channel)


def missing_stretches(rerun: Rerun) -> list[Stretch]:
    """Return what was to be heard, and was not."""
    done = rerun.transcript.hypotheses.filter(state=Hypothesis.State.DONE)
    missing = rerun.spans.exclude(pk__in=done.values("span"))
    return list(missing.order_by("position").values_list("start", "end"))


def deleted_stretches(base: Transcript, segments: list[Segment]) -> list[Stretch]:
    """Return where people took text away and none has come since."""
    deletions = base.revisions.filter(kind=Revision.Kind.DELETE, undone_by=None)
    rows = [
        row for before in deletions.values_list("before", flat=True) for row in before["segments"].values()
    ]
    stretches = [(row["start"], row["end"]) for row in rows if row and "start" in row and "end" in row]
    return [s for s in stretches if not any(stitching.overlaps(s, (x.start, x.end)) for x in segments)]


def replace(act: revisions.Act, segments: list[Segment], outcome: stitching.Outcome) -> int:
    """Let what goes go; return how many segments come in its place."""
    gone = {segment.pk for segment in outcome.removed}
    kept = [segment for segment in segments if segment.pk not in gone]
    parts = [part for piece in outcome.pieces for part in turns(piece, outcome.removed)]
    pieces = [piece for piece, _ in parts]
    try:
        positions = stitching.positions(pieces, kept)
    except stitching.NoRoom as full:
        act.place_after(full.behind, full.count)
        for segment in kept:
            segment.refresh_from_db(fields=["position"])
        positions = stitching.positions(pieces, kept)
    for segment in outcome.removed:
        act.remove(segment)
    for (piece, speaker), position in zip(parts, positions, strict=True):
        act.put(
            {
                "position": position,
                "start": piece.start,
                "end": piece.end,
                "text": piece.text,
                "words": piece.words,
                "speaker": speaker,
                "is_edited": False,
            }
        )
    return len(pieces)


def turns(piece: Piece, removed: Sequence[Segment]) -> Iterator[tuple[Piece, int | None]]:
    """Yield the piece by speakers: who spoke in the text that goes, or whose channel it is."""
    if piece.channel is None:
        yield from stitching.turns(piece, removed)
        return
    own = [segment for segment in removed if channel_of(segment.position) == piece.channel]
    for part, speaker in stitching.turns(piece, own):
        yield part, speaker or piece.channel + 1


def message_of(removed: int, new: int, failed: list[Stretch]) -> str:
    segments = "segment" if new == 1 else "segments"
    said = f"Transcribed again: {new} new {segments} in place of {removed}." if removed or new else SAME
    if not failed:
        return said
    times = ", ".join(f"{clock(start)}–{clock(end)}" for start, end in failed[:5])
    return f"{said} These parts could not be heard and are as they were: {times}."
