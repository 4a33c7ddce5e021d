"""Times for the words of a text that people change, from the words that were heard.

Always one segment: over a whole transcript the comparison would take a minute.
"""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, groupby, pairwise

# [text, start, end, probability]: as a segment stores a word. Times are seconds of the recording.
Word = list

# Scripts that are written without spaces: each of their letters counts as a word here.
_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Japanese syllables
    (0x3400, 0x9FFF),  # ideographs
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def align(
    words: Sequence[Word],
    text: str,
    start: float,
    end: float,
    *,
    was: str = "",
    said: Sequence[Word] = (),
) -> list[Word]:
    """Return the words of `text`, in order and within the segment, with times taken from `words`.

    Equal words keep their times and a replacement of the same count inherits them. Others take theirs from
    what the engine heard there, if that was the same, or else share the gap by their length. A word that a
    person wrote is certain.

    Args:
        was: the text that `words` are the words of.
        said: the engine's words around there.
    """
    tokens = pieces(text)
    heard = units(words, was)
    aligned: list[Word] = []
    for kind, a1, a2, b1, b2 in _compare(heard, tokens):
        if kind == "equal" or a2 - a1 == b2 - b1:
            aligned += map(_named, tokens[b1:b2], heard[a1:a2])
        elif b2 > b1:
            left = heard[a1][1] if a2 > a1 else aligned[-1][2] if aligned else start
            right = heard[a2 - 1][2] if a2 > a1 else heard[a2][1] if a2 < len(heard) else end
            aligned += fill(tokens[b1:b2], left, max(left, right), said)
    return clamp(aligned, start, end)


def fill(tokens: list[str], start: float, end: float, said: Sequence[Word] = ()) -> list[Word]:
    """Return words for a stretch: those that the engine heard in it where it heard them, others between."""
    heard = [word for word in said if start <= (word[1] + word[2]) / 2 <= end]
    filled: list[Word] = []
    waiting: list[str] = []
    for kind, a1, a2, b1, b2 in _compare(heard, tokens):
        if kind != "equal":
            waiting += tokens[b1:b2]
            continue
        left = filled[-1][2] if filled else start
        filled += spread(waiting, left, max(left, heard[a1][1]))
        filled += map(_named, tokens[b1:b2], heard[a1:a2])
        waiting = []
    left = filled[-1][2] if filled else start
    return filled + spread(waiting, left, max(left, end))


def spread(tokens: list[str], start: float, end: float) -> list[Word]:
    """Share the time from `start` to `end` out by the words' lengths."""
    return _over(tokens, [["".join(tokens), start, end, 1.0]]) if tokens else []


def clamp(words: Sequence[Word], start: float, end: float) -> list[Word]:
    """Return the words with their times within the segment, none before the one that precedes it."""
    clamped = []
    earliest = start
    for word in words:
        left = min(max(word[1], earliest), end)
        right = min(max(word[2], left), end)
        clamped.append(word if [left, right] == word[1:3] else [word[0], left, right, word[3]])
        earliest = left
    return clamped


def fit(words: Sequence[Word], start: float, end: float, said: Sequence[Word] = ()) -> list[Word]:
    """Return the words of a segment that got these bounds.

    Those that have no time left, or had none and have some again, take it as in `fill`.
    """
    runs = [(is_flat, [*run]) for is_flat, run in groupby(clamp(words, start, end), _is_flat)]
    nexts = [run[0][1] for _, run in runs[1:]] + [end]
    fitted: list[Word] = []
    for (is_flat, run), right in zip(runs, nexts, strict=False):
        if is_flat:
            left = fitted[-1][2] if fitted else start
            filled = fill([word[0].strip() for word in run], left, max(left, right), said)
            run = [[w[0], f[1], f[2], w[3]] for w, f in zip(run, filled, strict=True)]
        fitted += run
    return clamp(fitted, start, end)


def divide(words: Sequence[Word], text: str, at: int) -> tuple[list[Word], list[Word]]:
    """Return the words before and behind a place in their text, which may go through one of them."""
    letters = len(_spaceless(text[:at]))
    left: list[Word] = []
    for index, word in enumerate(words):
        count = len(_spaceless(word[0]))
        if letters < count:
            if letters == 0:
                return left, list(words[index:])
            name = _spaceless(word[0])
            halves = _over([name[:letters], name[letters:]], [word])
            return [*left, halves[0]], [halves[1], *words[index + 1 :]]
        letters -= count
        left.append(word)
    return left, []


def is_in_step(words: Sequence[Word], text: str) -> bool:
    """Whether these are the words of the text."""
    return "".join(_spaceless(word[0]) for word in words) == _spaceless(text)


def units(words: Sequence[Word], was: str) -> list[Word]:
    """Return words as people write them: engines tell “twenty” and “-five” apart, and join ideographs."""
    if not is_in_step(words, was):
        return [unit for word in words for unit in _unit(pieces(word[0]), [word])]
    return [unit for names, heard in _together(pieces(was), words) for unit in _unit(names, heard)]


def pieces(text: str) -> list[str]:
    """Return the words of a text, and the letters of scripts that write no spaces, with their marks."""
    return [piece for token in text.split() for piece in _cut(token)]


def starts(text: str) -> list[int]:
    """Return where the pieces of a text begin."""
    found, offset = [], 0
    for piece in pieces(text):
        offset = text.index(piece, offset)
        found.append(offset)
        offset += len(piece)
    return found


def is_spaceless(character: str) -> bool:
    # Most letters come before the first of them, and this is asked of every letter.
    code = ord(character)
    return code >= _SPACELESS[0][0] and any(first <= code <= last for first, last in _SPACELESS)


def _cut(token: str) -> list[str]:
    found = [token[0]]
    for character in token[1:]:
        is_bound = unicodedata.category(character)[0] in "MPC"
        if not is_bound and (is_spaceless(character) or is_spaceless(found[-1][0])):
            found.append(character)
        else:
            found[-1] += character
    return found


def _together(names: list[str], words: Sequence[Word]) -> Iterator[tuple[list[str], list[Word]]]:
    """Yield the fewest names and words that begin and end at the same letters."""
    ends = list(accumulate(len(name) for name in names))
    heard_ends = list(accumulate(len(_spaceless(word[0])) for word in words))
    name = word = 0
    for common in sorted({*ends} & {*heard_ends}):
        next_name, next_word = bisect_right(ends, common), bisect_right(heard_ends, common)
        yield names[name:next_name], list(words[word:next_word])
        name, word = next_name, next_word


def _unit(names: list[str], words: list[Word]) -> list[Word]:
    if len(names) == len(words) == 1:
        return words
    return _over(names, words, min(word[3] for word in words))


def _over(names: list[str], words: list[Word], probability: float = 1.0) -> list[Word]:
    """Return words for these names over the time of others, letter by letter."""
    offsets = [0, *accumulate(len(_spaceless(word[0])) or 1 for word in words)]
    scale = offsets[-1] / (sum(map(len, names)) or 1)
    bounds = [offset * scale for offset in accumulate(map(len, names), initial=0)]
    bounds[-1] = offsets[-1]

    def at(offset: float, index: int) -> float:
        word, first, last = words[index], offsets[index], offsets[index + 1]
        return round(word[1] + (word[2] - word[1]) * (offset - first) / (last - first), 3)

    return [
        [
            name,
            at(left, min(bisect_right(offsets, left) - 1, len(words) - 1)),
            at(right, max(bisect_left(offsets, right) - 1, 0)),
            probability,
        ]
        for name, (left, right) in zip(names, pairwise(bounds), strict=True)
    ]


def _compare(words: Sequence[Word], tokens: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    matcher = SequenceMatcher(a=[_key(w[0]) for w in words], b=[_key(t) for t in tokens], autojunk=False)
    return matcher.get_opcodes()


def _key(text: str) -> str:
    """Return what makes it the same word, however it is capitalised and punctuated."""
    text = text.strip()
    return "".join(c for c in text if c.isalnum() or unicodedata.category(c)[0] == "M").casefold() or text


def _is_flat(word: Word) -> bool:
    return bool(word[1] == word[2])


def _named(token: str, word: Word) -> Word:
    return word if word[0].strip() == token else [token, word[1], word[2], 1.0]


def _spaceless(text: str) -> str:
    return "".join(text.split())
