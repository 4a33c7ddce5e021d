"""Asks the index which segments hold the words, on SQLite and on PostgreSQL alike.

A word may be in every one of a million segments. So nothing here counts or ranks all that match: callers say
how many they want to know of, and of how few transcripts where there are more.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection

from transcripts.search_schema import SEGMENT_BITS
from transcripts.search_terms import Term

# PostgreSQL gathers all that match before it gives the first: with more than these it is not asked.
GATHERED = 20_000


class Place(NamedTuple):
    transcript_id: int
    segment_id: int


def newest(terms: Sequence[Term], owner_id: int, others: Sequence[int], count: int) -> list[Place] | None:
    """Return at most `count` places of the terms in an owner's transcripts and in `others`.

    None says that they are in more places than can be gathered.
    """
    if connection.vendor == "sqlite":
        scope = [f"o{owner_id}", *(f"t{pk}" for pk in others)]
        return _sqlite(scope, terms, count)
    words = _tsquery(terms)
    if _expected(words) > GATHERED:
        return None
    sql = "SELECT transcript_id, id FROM transcripts_segment WHERE search @@ %s::tsquery"
    parameters: list[Any] = [f"{words} & 'o:{owner_id}'"]
    if others:
        sql += " OR (transcript_id = ANY(%s) AND search @@ %s::tsquery)"
        parameters += [list(others), words]
    return _rows(f"{sql} LIMIT %s", [*parameters, count])


def within(terms: Sequence[Term], transcripts: Iterable[int], most: int) -> list[Place]:
    """Return the first places of the terms in each of the transcripts, at most `most` of each."""
    pks = list(transcripts)
    if not pks:
        return []
    if connection.vendor == "sqlite":
        return _first(_sqlite([f"t{pk}" for pk in pks], terms), most)
    return _rows(
        """
        SELECT place.transcript_id, place.id FROM unnest(%s::bigint[]) AS wanted (pk) CROSS JOIN LATERAL (
            SELECT transcript_id, id FROM transcripts_segment
            WHERE transcript_id = wanted.pk AND search @@ %s::tsquery ORDER BY position LIMIT %s
        ) AS place
        """,
        [pks, _tsquery(terms), most],
    )


def _sqlite(scope: list[str], terms: Sequence[Term], count: int = -1) -> list[Place]:
    owners = " OR ".join(f'"{token}"' for token in scope)
    words = " AND ".join(f'"{" ".join(term.words)}"{" *" if term.is_open else ""}' for term in terms)
    sql = """
        SELECT rowid >> %s, rowid & %s FROM transcripts_words WHERE transcripts_words MATCH %s
        ORDER BY rowid DESC LIMIT %s
    """
    match = f"{{scope}} : ({owners}) AND {{text}} : ({words})"
    return _rows(sql, [SEGMENT_BITS, (1 << SEGMENT_BITS) - 1, match, count])


def _first(places: list[Place], most: int) -> list[Place]:
    """Return the lowest numbers of each transcript, of places in falling order."""
    counts: dict[int, int] = {}
    kept = []
    for place in reversed(places):
        counts[place.transcript_id] = counts.get(place.transcript_id, 0) + 1
        if counts[place.transcript_id] <= most:
            kept.append(place)
    return kept


def _tsquery(terms: Sequence[Term]) -> str:
    return " & ".join(f"({_phrase(term)})" for term in terms)


def _phrase(term: Term) -> str:
    # Folded words hold neither quotes nor backslashes.
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return f"{words}:*" if term.is_open else words


def _expected(words: str) -> int:
    """Return how many segments PostgreSQL expects to match, from its statistics."""
    sql = "EXPLAIN (FORMAT JSON) SELECT 1 FROM transcripts_segment WHERE search @@ %s::tsquery"
    with connection.cursor() as cursor:
        cursor.execute(sql, [words])
        plan = cursor.fetchone()[0]
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]


def _rows(sql: str, parameters: list[Any]) -> list[Place]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Place(*row) for row in cursor.fetchall()]
