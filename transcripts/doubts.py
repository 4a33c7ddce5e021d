"""Words that the engine was not sure of: found, walked through term by term, accepted or corrected."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.alignment import Word, spread
from transcripts.editing import TEXT_LENGTH
from transcripts.labels import clean_text
from transcripts.models import Revision, Segment, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act

# Below this probability of the engine's a word is doubtful.
THRESHOLD = 0.5
CORRECTION_LENGTH = 200
# Characters on either side of a word that are shown with it.
CONTEXT = 60

CHANGED_MEANWHILE = "This word was changed in another place meanwhile: look at the next one."
EDGES = re.compile(r"^[\W_]+|[\W_]+$")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubtful word. `word` counts in its segment; `first` and `last` are places in the segment's text."""

    segment: Segment
    word: int
    term: str
    first: int
    last: int
    start: float
    end: float

    @property
    def text(self) -> str:
        return EDGES.sub("", self.segment.text[self.first : self.last])

    @property
    def before(self) -> str:
        before = self.segment.text[: self.first]
        return before if len(before) <= CONTEXT else "…" + before[-CONTEXT:]

    @property
    def after(self) -> str:
        after = self.segment.text[self.last :]
        return after if len(after) <= CONTEXT else after[:CONTEXT] + "…"

    @property
    def shown(self) -> str:
        return self.segment.text[self.first : self.last]


@dataclass(frozen=True)
class Walk:
    """The doubtful words of a transcript: those of one term together, as terms first come."""

    doubts: list[Doubt]
    # How often each term is said at all, doubtful or not.
    totals: Counter[str]

    def group_start(self, at: int) -> int:
        """Return where the group of the doubt at this place begins."""
        return next(i for i, doubt in enumerate(self.doubts) if doubt.term == self.doubts[at].term)


def term_of(word: str) -> str:
    """Return a word without its case and the punctuation around it; empty for punctuation alone."""
    return EDGES.sub("", word).casefold()


def is_doubtful(word: Word) -> bool:
    return word[3] < THRESHOLD


def placed(segment: Segment) -> Iterator[tuple[int, Word, tuple[int, int] | None]]:
    """Return each word with its number and where it stands in the text; None for one that is not there."""
    position = 0
    for number, word in enumerate(segment.words):
        token = word[0].strip()
        first = segment.text.find(token, position) if token else -1
        if first >= 0:
            position = first + len(token)
        yield number, word, (first, position) if first >= 0 else None


def doubts_in(segment: Segment) -> Iterator[Doubt]:
    for number, word, place in placed(segment):
        if place and is_doubtful(word) and (term := term_of(word[0])):
            yield Doubt(segment, number, term, *place, start=word[1], end=word[2])


def walk(transcript: Transcript) -> Walk:
    segments = list(transcript.segments.all())
    totals = Counter(term for segment in segments for word in segment.words if (term := term_of(word[0])))
    # A Counter keeps the order in which its keys came.
    order = {term: number for number, term in enumerate(totals)}
    doubts = [doubt for segment in segments for doubt in doubts_in(segment)]
    return Walk(sorted(doubts, key=lambda doubt: order[doubt.term]), totals)


@dataclass(frozen=True)
class Verdict:
    """What a person says of a doubtful word: that it is right, or without `is_right` what it should be."""

    segment: int
    word: int
    term: str
    is_right: bool
    text: str = ""
    everywhere: bool = False


def settle(transcript: Transcript, author: User, verdict: Verdict) -> tuple[Act, int]:
    """Accept or correct a word, or every word of its term, as one revision; return it, and how many changed.

    Raises: Refused: the word is not there any more, or the text would be too long.
    """
    text = clean_text(verdict.text)
    if len(text) > CORRECTION_LENGTH:
        raise Refused(
            f"A correction has at most {CORRECTION_LENGTH} characters: edit longer ones in the text."
        )
    correction = None if verdict.is_right else text
    with revisions.record(transcript, author, Revision.Kind.REVIEW) as act:
        segments = transcript.segments.all()
        if not verdict.everywhere:
            segments = segments.filter(pk=verdict.segment)
        count = 0
        for segment in segments:
            chosen = _chosen(segment, verdict)
            if chosen:
                act.put({"id": segment.pk, "is_edited": True, **settled(segment, chosen, correction)})
            count += len(chosen)
        if not count:
            raise Refused(CHANGED_MEANWHILE, 409)
    return act, count


def _chosen(segment: Segment, verdict: Verdict) -> set[int]:
    """Return which words of a segment the verdict is about."""
    alike = {number for number, word in enumerate(segment.words) if term_of(word[0]) == verdict.term}
    if not verdict.everywhere:
        return alike & {verdict.word}
    # What is certain already needs no acceptance.
    return {number for number in alike if not verdict.is_right or segment.words[number][3] < 1.0}


def settled(segment: Segment, chosen: set[int], correction: str | None) -> dict[str, Any]:
    """Return the words, and where there is a correction the text, with the chosen words settled."""
    words: list[Word] = []
    parts: list[str] = []
    done = 0
    for number, word, place in placed(segment):
        if number not in chosen or place is None:
            words.append(word)
        elif correction is None:
            words.append([*word[:3], 1.0])
        else:
            new = corrected(segment.text[place[0] : place[1]], correction)
            parts += [segment.text[done : place[0]], new]
            done = place[1]
            words += spread(new.split(), word[1], word[2])
    if correction is None:
        return {"words": words}
    text = clean_text("".join([*parts, segment.text[done:]]))
    if len(text) > TEXT_LENGTH:
        raise Refused(f"A text would become longer than {TEXT_LENGTH:,} characters: nothing was corrected.")
    return {"words": words, "text": text}


def corrected(token: str, correction: str) -> str:
    """Return a word with its punctuation kept, and capital where it began so and no capital was given."""
    core = EDGES.sub("", token)
    if not correction:
        return ""
    if core[:1].isupper() and correction.islower() and not core.isupper():
        correction = correction[0].upper() + correction[1:]
    return token.replace(core, correction, 1) if core else correction
