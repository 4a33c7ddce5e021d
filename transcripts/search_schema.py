"""The index that texts are found by, kept in step by the database's own triggers: no writer can forget it.

SQLite: the table `transcripts_words` (FTS5), whose row ids say the transcript and the segment. PostgreSQL:
the column `search` of the segments (tsvector under GIN). Both also know who owns the text, so that a word
which is in everybody's recordings is looked up among one's own. Titles are few: they are folded into a column
of their recordings, and looked through.
"""

from collections.abc import Sequence
from typing import Any

from django.core.cache import cache
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration

from transcripts.search_terms import BREAKS, LETTERS, MARKS, SINGLES, folded

# A row of the SQLite index belongs to transcript `rowid >> SEGMENT_BITS`.
SEGMENT_BITS = 40
WORDS_TABLE = "transcripts_words"
# Pages of the SQLite index that one round merges: while it writes, others wait.
MERGED_PAGES = 500
# Seconds that a merged index is left alone.
MERGED_SECONDS = 24 * 3600
MERGED = "search-merged"

_SEGMENT_ROW = f"(%s.transcript_id << {SEGMENT_BITS}) | %s.id"
_INSERT_WORDS = f"""
    INSERT INTO transcripts_words (rowid, scope, text)
    SELECT {_SEGMENT_ROW % ("segment", "segment")}, 'o' || owner_id || ' t' || transcript_id, stt_folded(text)
    FROM {{segment}}
    JOIN transcripts_transcript ON transcripts_transcript.id = segment.transcript_id
    JOIN transcripts_recording ON transcripts_recording.id = transcripts_transcript.recording_id
"""  # noqa: S608
_NEW_WORDS = _INSERT_WORDS.format(
    segment="(SELECT new.id AS id, new.transcript_id AS transcript_id, new.text AS text) AS segment"
)
_DELETE_WORDS = f"DELETE FROM transcripts_words WHERE rowid = ({_SEGMENT_ROW % ('old', 'old')})"  # noqa: S608
_FOLD_TITLE = """
    UPDATE transcripts_recording SET title_words = ' ' || stt_folded(new.title) || ' ' WHERE id = new.id
"""

# Every letter that folding leaves is part of a word. Two and three letters have an index of their own, since
# what begins with them is too much to gather with each key that is pressed.
SQLITE_TABLE = """
    CREATE VIRTUAL TABLE IF NOT EXISTS transcripts_words USING fts5(
        scope, text, prefix = '2 3', columnsize = 0,
        tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"
    )
"""
SQLITE_TRIGGERS = {
    "stt_segment_inserted": f"AFTER INSERT ON transcripts_segment BEGIN {_NEW_WORDS}; END",
    "stt_segment_updated": (
        "AFTER UPDATE OF id, text, transcript_id ON transcripts_segment "
        f"BEGIN {_DELETE_WORDS}; {_NEW_WORDS}; END"
    ),
    "stt_segment_deleted": f"AFTER DELETE ON transcripts_segment BEGIN {_DELETE_WORDS}; END",
    "stt_title_inserted": f"AFTER INSERT ON transcripts_recording BEGIN {_FOLD_TITLE}; END",
    "stt_title_updated": f"AFTER UPDATE OF title ON transcripts_recording BEGIN {_FOLD_TITLE}; END",
}

POSTGRESQL = rf"""
    CREATE OR REPLACE FUNCTION stt_folded(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT btrim(regexp_replace(regexp_replace(translate(lower(normalize(
            regexp_replace(normalize($1, NFKD), '[{MARKS}]', '', 'g'), NFKC)),
            '{LETTERS[0]}', '{LETTERS[1]}'),
            '[{SINGLES}]', ' \& ', 'g'), '[{BREAKS}]+', ' ', 'g'))
    $$;
    CREATE OR REPLACE FUNCTION stt_vector(text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT coalesce(
            string_agg(quote_literal(left(word, 200)) || ':' || least(place, 16383), ' '), '')::tsvector
        FROM regexp_split_to_table($1, ' +') WITH ORDINALITY AS words (word, place) WHERE word <> ''
    $$;
    CREATE OR REPLACE FUNCTION stt_index_segment() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.search := stt_vector(stt_folded(NEW.text)) || array_to_tsvector(ARRAY(
            SELECT 'o:' || recording.owner_id FROM transcripts_transcript AS transcript
            JOIN transcripts_recording AS recording ON recording.id = transcript.recording_id
            WHERE transcript.id = NEW.transcript_id));
        RETURN NEW;
    END $$;
    CREATE OR REPLACE FUNCTION stt_index_title() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.title_words := ' ' || stt_folded(NEW.title) || ' ';
        RETURN NEW;
    END $$;
    ALTER TABLE transcripts_segment ADD COLUMN IF NOT EXISTS search tsvector;
    CREATE OR REPLACE TRIGGER stt_segment
        BEFORE INSERT OR UPDATE OF text, transcript_id ON transcripts_segment
        FOR EACH ROW EXECUTE FUNCTION stt_index_segment();
    CREATE OR REPLACE TRIGGER stt_title BEFORE INSERT OR UPDATE OF title ON transcripts_recording
        FOR EACH ROW EXECUTE FUNCTION stt_index_title();
    CREATE INDEX IF NOT EXISTS transcripts_segment_search ON transcripts_segment USING gin (search)
"""  # noqa: S608


def install(apps: Any, schema_editor: Any) -> None:
    """Make the index. On SQLite it is filled, and kept in step, once all migrations are done."""
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "sqlite":
            cursor.execute(SQLITE_TABLE)
            return
        cursor.execute(POSTGRESQL)
        # What is written as it was goes through the triggers.
        cursor.execute("UPDATE transcripts_recording SET title = title")
        cursor.execute("UPDATE transcripts_segment SET text = text")


def connect(connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
    """Teach a new connection to SQLite to fold, as its triggers do."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("stt_folded", 1, folded, deterministic=True)


def before_migrating(using: str, **_kwargs: object) -> None:
    """Take the triggers out of the way.

    SQLite changes a table by making it anew, without its triggers, and refuses to while those of another
    table name it.
    """
    if connections[using].vendor == "sqlite":
        with connections[using].cursor() as cursor:
            for name in SQLITE_TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def after_migrating(using: str, plan: Sequence[tuple[Migration, bool]] = (), **_kwargs: object) -> None:
    """Put the triggers back. What migrations changed without them is taken in."""
    connection = connections[using]
    if connection.vendor != "sqlite" or WORDS_TABLE not in connection.introspection.table_names():
        return
    with transaction.atomic(using), connection.cursor() as cursor:
        if any(migration.app_label == "transcripts" for migration, _ in plan):
            rebuild(cursor)
        for name, trigger in SQLITE_TRIGGERS.items():
            cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {trigger}")


def rebuild(cursor: Any) -> None:
    """Fill the index of SQLite anew, as one tree.

    Rows that are deleted one by one would stay in it as what is not to be found: twice the size and the time.
    """
    cursor.execute(f"DROP TABLE {WORDS_TABLE}")
    cursor.execute(SQLITE_TABLE)
    cursor.execute(_INSERT_WORDS.format(segment="transcripts_segment AS segment"))
    cursor.execute(f"INSERT INTO {WORDS_TABLE} ({WORDS_TABLE}) VALUES ('optimize')")  # noqa: S608
    cursor.execute("UPDATE transcripts_recording SET title_words = ' ' || stt_folded(title) || ' '")


def merge() -> None:
    """Merge a piece of the index of SQLite, until a day's texts are in one tree: a search looks into each."""
    if connection.vendor == "sqlite" and not cache.get(MERGED) and not merge_piece():
        cache.set(MERGED, True, MERGED_SECONDS)


def merge_piece() -> bool:
    """Return whether anything was left to merge: SQLite's documentation says how that is told."""
    sql = f"INSERT INTO {WORDS_TABLE} ({WORDS_TABLE}, rank) VALUES ('merge', %s)"  # noqa: S608
    with connection.cursor() as cursor:
        before = _changes(cursor)
        cursor.execute(sql, [-MERGED_PAGES])
        return _changes(cursor) - before >= 2


def _changes(cursor: Any) -> int:
    cursor.execute("SELECT total_changes()")
    return cursor.fetchone()[0]
