"""What a run over old text changed, as people compare it: stretch by stretch, before and after."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from transcripts.models import Revision

Row = dict[str, Any]


@dataclass(slots=True)
class Exchange:
    """Segments that went, and those that came in their place: both cover the same stretch."""

    key: str
    start: float
    end: float
    before: list[Row] = field(default_factory=list)
    after: list[Row] = field(default_factory=list)

    @property
    def texts(self) -> tuple[str, str]:
        return text_of(self.before), text_of(self.after)


def text_of(rows: list[Row]) -> str:
    return " ".join(row["text"] for row in rows)


def is_exchange(revision: Revision) -> bool:
    """Whether a revision put other segments in the place of some: a run, or the undoing of one."""
    kinds = {revision.kind, revision.reverts.kind if revision.reverts else ""}
    return Revision.Kind.RERUN in kinds


def exchanges_of(revision: Revision) -> list[Exchange]:
    """Return what was exchanged for what, in the order of time."""
    groups: list[Exchange] = []
    for key, row, is_new in sorted(_rows(revision), key=lambda found: found[1]["start"]):
        if not groups or row["start"] >= groups[-1].end:
            groups.append(Exchange(key, row["start"], row["end"]))
        group = groups[-1]
        group.end = max(group.end, row["end"])
        if is_new:
            # The link leads to what is there.
            group.key = group.key if group.after else key
            group.after.append(row)
        else:
            group.before.append(row)
    return groups


def _rows(revision: Revision) -> Iterator[tuple[str, Row, bool]]:
    for key, before in revision.before["segments"].items():
        after = revision.after["segments"][key]
        if after is None and before is not None:
            yield key, before, False
        elif before is None and after is not None:
            yield key, after, True
