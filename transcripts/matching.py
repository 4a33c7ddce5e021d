"""Finds where in a recording another wording of its text was spoken.

Comparing two whole transcripts word by word takes minutes for three hours; runs of three words that occur
once in each are found at once, and between those there is little left to guess.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

from transcripts.alignment import Word

RUN = 3

Span = tuple[float, float, list[Word]]


def timed(texts: Sequence[str], words: Sequence[Word]) -> list[Span]:
    """Return for each text its start and end, and the words that were heard in its place, in order.

    Args: words: all that was heard, in order; not empty.
    """
    tokens = [_plain(token) for text in texts for token in text.split()]
    bounds = list(accumulate((len(text.split()) for text in texts), initial=0))
    anchors = _anchors(tokens, [_plain(word[0]) for word in words])
    places = [_place(bound, anchors) for bound in bounds]
    spans = []
    for first, last in pairwise(places):
        said = list(words[first:last])
        start = said[0][1] if said else words[min(first, len(words) - 1)][1]
        spans.append((start, max(start, said[-1][2]) if said else start, said))
    return spans


def _plain(token: str) -> str:
    return re.sub(r"\W", "", token).lower()


def _anchors(new: list[str], old: list[str]) -> list[tuple[int, int]]:
    """Return pairs of indices that belong together, growing in both, from (0, 0) to both ends."""
    news, olds = _once(new), _once(old)
    pairs = sorted((news[run], olds[run]) for run in news.keys() & olds.keys())
    # A run's two ends, so that what is inserted behind it does not draw it along.
    pairs = [p for a, b in _rising(pairs) for p in ((a, b), (a + RUN, b + RUN))]
    return _rising([(0, 0), *sorted(set(pairs) - {(0, 0), (len(new), len(old))}), (len(new), len(old))])


def _once(tokens: list[str]) -> dict[tuple[str, ...], int]:
    runs = [tuple(tokens[index : index + RUN]) for index in range(len(tokens) - RUN + 1)]
    counts = Counter(runs)
    return {run: index for index, run in enumerate(runs) if counts[run] == 1}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence whose second numbers never fall (patience sorting)."""
    tops: list[int] = []
    heads: list[int] = []
    before: list[int] = []
    for index, (_, old) in enumerate(pairs):
        pile = bisect_right(tops, old)
        before.append(heads[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [old]
        heads[pile : pile + 1] = [index]
    found = []
    index = heads[-1] if heads else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _place(bound: int, anchors: list[tuple[int, int]]) -> int:
    """Return where among the old words a place among the new ones is, in proportion between two anchors."""
    index = bisect_right(anchors, (bound, 10**9)) - 1
    new, old = anchors[max(index, 0)]
    if index + 1 >= len(anchors):
        return old
    next_new, next_old = anchors[index + 1]
    return old + round((next_old - old) * (bound - new) / max(1, next_new - new))
