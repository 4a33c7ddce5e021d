"""What the guards against invented text took out: listed, and put back where somebody did say it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.alignment import align
from transcripts.models import Hypothesis, Rerun, Revision, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act

GONE = "This was put back already, or the recording was transcribed again: open the list anew."


@dataclass(frozen=True, slots=True)
class Dropped:
    """Text that a guard took out of a hypothesis, where it was its entry `number`."""

    hypothesis_id: int
    number: int
    start: float
    end: float
    text: str
    reason: str

    @property
    def identity(self) -> tuple[float, float, str]:
        return self.start, self.end, self.text


def dropped_of(transcript: Transcript) -> list[Dropped]:
    """Return what was taken out and not put back, by the first run or a later one, in the order of time."""
    back = set(_put_back(transcript))
    # What several runs took out alike is one.
    out = {entry.identity: entry for entry in _entries(transcript) if entry.identity not in back}
    return sorted(out.values(), key=lambda entry: entry.start)


def _entries(transcript: Transcript) -> Iterator[Dropped]:
    later = Q(transcript__base=transcript, transcript__rerun__state=Rerun.State.DONE)
    stands = Q(transcript__rerun__revision__undone_by=None)
    hypotheses = Hypothesis.objects.filter(Q(transcript=transcript) | later & stands)
    hypotheses = hypotheses.exclude(dropped=[]).order_by("-transcript", "span__position")
    for pk, entries in hypotheses.values_list("pk", "dropped"):
        for number, entry in enumerate(entries):
            yield Dropped(pk, number, entry["start"], entry["end"], entry["text"], entry["reason"])


def _put_back(transcript: Transcript) -> Iterator[tuple[float, float, str]]:
    """Return what revisions in force put back, as it was then: people may have edited it since."""
    for revision in transcript.revisions.filter(kind=Revision.Kind.RESTORE, undone_by=None):
        for pk, row in revision.after["segments"].items():
            if row and revision.before["segments"][pk] is None:
                yield row["start"], row["end"], row["text"]


def put_back(transcript: Transcript, author: User, hypothesis_id: int, number: int) -> Act:
    """Make a segment of what was taken out, as one revision.

    Raises: Refused: it is not among what is out.
    """
    with revisions.record(transcript, author, Revision.Kind.RESTORE) as act:
        out = {(entry.hypothesis_id, entry.number): entry for entry in dropped_of(transcript)}
        entry = out.get((hypothesis_id, number))
        if entry is None:
            raise Refused(GONE, 409)
        before = transcript.segments.filter(start__lte=entry.start).order_by("position").last()
        act.put(
            {
                "position": act.place_after(before)[0],
                "start": entry.start,
                "end": entry.end,
                "text": entry.text,
                "words": align([], entry.text, entry.start, entry.end),
            }
        )
    return act
