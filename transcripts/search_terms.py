"""What people type into a search box, and the words that texts are found by.

Texts and queries are folded alike: lower case, without accents, nothing but words separated by a space.
Scripts that put no spaces between words are taken letter by letter, so that any part of a word is found as a
phrase. The classes of letters below are written as both Python and PostgreSQL read them.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Accents and points over, under and in letters, and the tone marks of scripts without spaces.
MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670"
    r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece"
)
# Letters of scripts without spaces: Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer.
SINGLES = (
    r"\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ec0-\u0ec6\u1000-\u103f\u1780-\u17b3"
    r"\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3105-\u312f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    r"\U00020000-\U0003134f"
)
# What stands between words: spaces, punctuation, symbols, drawings.
BREAKS = (
    r"\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7"
    r"\u02c2-\u02df\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4"
    r"\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4\u0964\u0965\u0970\u0e2f\u0e3f\u0e4f\u0e5a\u0e5b\u104a-\u104f"
    r"\u1680\u17d4-\u17db\u2000-\u206f\u20a0-\u20cf\u2100-\u214f\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020"
    r"\u3030\u303d\u30a0\u30fb\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff0-\uffff"
    r"\U0001f000-\U0001faff"
)
# Letters that Unicode does not take apart, and the letters that people type for them.
LETTERS = ("ςıłøđħŧ", "σilodht")

_MARKS = re.compile(f"[{MARKS}]")
_SINGLES = re.compile(f"[{SINGLES}]")
_ASCII_WORD = re.compile("[0-9A-Za-z]+")
_BREAKS = re.compile(f"[{BREAKS}\0]+")
_LETTERS = str.maketrans(*LETTERS)
QUOTES = '"“”„«»'
_TYPED = re.compile(rf"[{QUOTES}]([^{QUOTES}]*)([{QUOTES}]|$)|[^\s{QUOTES}]+")

MAX_TERMS = 8
# A shorter beginning of a word is looked for as a word.
MIN_PREFIX = 2


def folded(text: str) -> str:
    """Return the words of a text, separated by one space."""
    if text.isascii():
        return " ".join(_BREAKS.sub(" ", text).lower().split())
    text = _BREAKS.sub(" ", plain(text))
    return " ".join(_SINGLES.sub(r" \g<0> ", text).split())


def plain(text: str) -> str:
    """Return a text in lower case and without accents."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", bare).lower().translate(_LETTERS)


@dataclass(frozen=True)
class Term:
    """Words that follow each other. With `is_open`, the last one may be the beginning of a longer word."""

    words: tuple[str, ...]
    is_open: bool

    def matches(self, words: list[str], at: int) -> bool:
        """Whether it is what `words` hold from place `at` on."""
        found = words[at : at + len(self.words)]
        if len(found) < len(self.words) or tuple(found[:-1]) != self.words[:-1]:
            return False
        last = self.words[-1]
        return found[-1].startswith(last) if self.is_open else found[-1] == last


def parse(query: str) -> tuple[Term, ...]:
    """Return what all has to be found: phrases in quotes as they are, other words also as beginnings."""
    terms: dict[Term, None] = {}
    for match in _TYPED.finditer(query.replace("\0", " ")):
        is_closed_phrase = match[1] is not None and bool(match[2])
        words = tuple(folded(match[1] if match[1] is not None else match[0]).split())
        if words:
            terms[Term(words, not is_closed_phrase and len(words[-1]) >= MIN_PREFIX)] = None
    return tuple(terms)[:MAX_TERMS]


@dataclass(frozen=True)
class Word:
    text: str
    # Where it is in the text as people read it.
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """Yield the folded words of a text, each with its place."""
    if text.isascii():
        for match in _ASCII_WORD.finditer(text):
            yield Word(match[0].lower(), *match.span())
        return
    letters, places = [], []
    for place, letter in enumerate(text):
        bare = plain(letter)
        letters.append(_BREAKS.sub(" ", bare))
        places += [place] * len(letters[-1])
    for match in re.finditer(f"[{SINGLES}]|[^ {SINGLES}]+", "".join(letters)):
        yield Word(match[0], places[match.start()], places[match.end() - 1] + 1)


def found_in(text: str, terms: tuple[Term, ...]) -> list[tuple[int, int]]:
    """Return where the terms are in a text, in order and without overlaps."""
    words = list(words_of(text))
    texts = [word.text for word in words]
    places: list[tuple[int, int]] = []
    at = 0
    while at < len(words):
        lengths = [len(term.words) for term in terms if term.matches(texts, at)]
        if lengths:
            last = words[at + max(lengths) - 1]
            places.append((words[at].start, last.end))
        at += max(lengths, default=1)
    return places
