"""Finds places in text, by letters or by a regular expression, and says what would stand there instead.

The expressions are RE2's, which take time linear in the text whatever they are. Their size is bounded, and so
is the time of one search.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import re2

from transcripts.editing import TEXT_LENGTH
from transcripts.refusals import Refused

QUERY_LENGTH = 200
REPLACEMENT_LENGTH = 500
MAX_HITS = 10_000
# Seconds that one search may take.
PATIENCE = 5.0
# Bytes of a compiled expression and of what it remembers while it runs: about 4,000 instructions.
MAX_MEMORY = 1 << 18

# What a whole word does not stand beside. RE2's own \b knows the letters of English alone.
NO_LETTER = r"[^\pL\pN\pM_]"
GROUPS = re.compile(r"\\(.?)", re.DOTALL)


@dataclass(frozen=True)
class Query:
    """What is looked for, and what shall stand in its place."""

    text: str
    replacement: str = ""
    match_case: bool = False
    whole_word: bool = False
    is_regex: bool = False

    def check(self) -> None:
        if not self.text:
            raise Refused("Write what to look for.")
        if len(self.text) > QUERY_LENGTH:
            raise Refused(f"What you look for may have at most {QUERY_LENGTH} characters.")
        if len(self.replacement) > REPLACEMENT_LENGTH:
            raise Refused(f"The replacement may have at most {REPLACEMENT_LENGTH} characters.")


@dataclass(frozen=True, slots=True)
class Hit:
    """A place in a text, in characters, and what would replace it."""

    start: int
    end: int
    replacement: str


class Finder:
    """A query made ready. It serves one search: its patience begins with it.

    Raises: Refused: the query cannot be understood, or the search took too long.
    """

    def __init__(self, query: Query) -> None:
        query.check()
        self.query = query
        pattern = query.text if query.is_regex else re2.escape(query.text)
        self._pattern = self._compile(pattern)
        self._parts = template(query.replacement, self._pattern.groups) if query.is_regex else None
        # The word itself is a group then, and those of the query follow it.
        self._word = 1 if query.whole_word else 0
        if query.whole_word:
            self._pattern = self._compile(f"(?:^|{NO_LETTER})({pattern})(?:$|{NO_LETTER})")
        self._deadline = time.monotonic() + PATIENCE

    def _compile(self, pattern: str) -> Any:
        options = re2.Options()
        options.case_sensitive = self.query.match_case
        options.max_mem = MAX_MEMORY
        options.log_errors = False
        try:
            return re2.compile(pattern, options)
        except re2.error as error:
            reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
            raise Refused(f"The regular expression cannot be used ({reason}): correct it.") from None

    def hits(self, text: str) -> list[Hit]:
        """Return the places in `text`, first to last; they do not overlap."""
        # A text whose every character matches is as many searches as it has characters.
        return list(islice(self._hits(text), TEXT_LENGTH))

    def _hits(self, text: str) -> Iterator[Hit]:
        position = 0
        while match := self._search(text, position):
            start, end = match.span(self._word)
            if start < end:
                yield Hit(start, end, self._replacement(match))
            # Of a whole word the letter behind it was read as well, and may stand before the next.
            position = end if start < end else match.end() + 1

    def _search(self, text: str, position: int) -> Any:
        if time.monotonic() > self._deadline:
            raise Refused("Looking took too long: look for something simpler, or in one transcript only.")
        if position > len(text):
            return None
        try:
            return self._pattern.search(text, position)
        except UnicodeDecodeError:
            raise Refused("The regular expression takes letters apart (\\C): leave that out.") from None

    def _replacement(self, match: Any) -> str:
        if self._parts is None:
            return self.query.replacement
        return "".join(
            part if isinstance(part, str) else match.group(part + self._word) or "" for part in self._parts
        )


def template(replacement: str, groups: int) -> list[str | int]:
    r"""Return a replacement as text and numbers of groups: \1 to \9, \0 for the whole, \\ for a backslash.

    Raises: Refused: there is no such group, or something else follows a backslash.
    """
    parts: list[str | int] = []
    done = 0
    for escape in GROUPS.finditer(replacement):
        parts.append(replacement[done : escape.start()])
        done = escape.end()
        if escape[1] == "\\":
            parts.append("\\")
        elif escape[1].isdecimal() and escape[1].isascii() and int(escape[1]) <= groups:
            parts.append(int(escape[1]))
        else:
            raise Refused(
                f"The replacement has {escape[0]}, but the expression has {groups} groups in brackets:"
                " write \\1 for the first of them, \\0 for all that was found and \\\\ for a backslash."
            )
    return [*parts, replacement[done:]]


def replaced(text: str, hits: list[Hit]) -> str:
    """Return `text` with the hits replaced.

    Raises: Refused: it would be longer than a segment's text may be.
    """
    parts, done = [], 0
    for hit in hits:
        parts += [text[done : hit.start], hit.replacement]
        done = hit.end
    new = "".join([*parts, text[done:]])
    if len(new) > TEXT_LENGTH:
        raise Refused(
            f"A text would become longer than {TEXT_LENGTH:,} characters: nothing was replaced."
            " Replace by something shorter."
        )
    return new


def utf16(text: str, position: int) -> int:
    """Return a place in a text as browsers count it."""
    return len(text[:position].encode("utf-16-le", "surrogatepass")) // 2
