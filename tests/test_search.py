"""What is found by what one types, on both databases."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.migrations import Migration

from transcripts import search_schema
from transcripts.models import Recording, Segment, Transcript
from transcripts.search import find, hits, marked
from transcripts.search_terms import folded, parse

pytestmark = pytest.mark.django_db
sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its index by itself")

TEXTS = [
    "The annual report is due on Friday.",
    "Die Ärztin schließt die Größentabelle ab.",
    "明日の午後、東京で会議があります。",
    "Don’t forget: Dr. Okonjo calls at 3:30.",
    "ΟΔΟΣ Αθηνών, Łódź and İstanbul",
    "회의는 서울에서 열립니다.",
    "प्रधानमंत्री ने हिन्दी में कहा।",
]


def recording_with(owner, title, *texts, **facts):
    recording = Recording.objects.create(owner=owner, title=title, state="done", **facts)
    transcript = recording.transcripts.create(language="en")
    Segment.objects.bulk_create(
        Segment(transcript=transcript, position=1000 * n, start=n, end=n + 1, text=text)
        for n, text in enumerate(texts)
    )
    return recording


@pytest.fixture
def talk(alice):
    return recording_with(alice, "Café: la réunion", *TEXTS)


def found(user, query):
    return find(user, Recording.objects.visible_to(user), query).slice(0, 20)


@pytest.mark.parametrize(
    "query",
    [
        "annual",
        "ANN",
        "repor frid",
        '"annual report"',
        '"annual rep',
        "arztin",
        "ärztin",
        "größentab",
        "東京",
        "会議",
        "午後、東京",
        "don't",
        "okonjo 3:30",
        "οδός",
        "αθηνων",
        "lodz",
        "istanbul",
        "서울",
        "서울에서",
        "हिन्दी",
        "cafe reun",
        "“la réunion”",
        "",
        "“",
    ],
)
def test_query_finds_what_it_is_meant_for(alice, talk, query):
    assert found(alice, query) == [talk]


@pytest.mark.parametrize(
    "query",
    ["nothing", "nual", '"report annual"', '"annual repor"', "京東", "annual ärztin", "e", "% _", "o1"],
)
def test_query_finds_nothing_else(alice, talk, query):
    assert found(alice, query) == []


HOSTILE = [
    '"',
    "' OR 1=1",
    "a AND OR (",
    "{scope}:o1",
    "a:*",
    "\\",
    "\0",
    "<->",
    "!a & |",
    "NEAR(a b)",
    "^a",
    "-",
]


@pytest.mark.parametrize("query", HOSTILE)
def test_signs_of_query_languages_are_only_text(alice, talk, query):
    assert found(alice, query) in ([], [talk])


def test_both_databases_fold_alike(talk):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite folds with the same function")
    odd = [
        *TEXTS,
        "ﬁne ½ ① Ǆ ﾊﾝ ㌔ 𝕏",
        "a\u2028b\u00ada\u200bb",
        "x" * 500,
        "C’est l’été – naïve",
        "ภาษาไทย",
        "أحمد",
    ]
    with connection.cursor() as cursor:
        for text in odd:
            cursor.execute("SELECT stt_folded(%s)", [text])
            assert cursor.fetchone()[0] == folded(text)


def test_index_follows_every_write(alice, talk):
    segment = talk.transcript.segments.first()
    Segment.objects.filter(pk=segment.pk).update(text="A quarterly budget.")
    assert found(alice, "annual") == []
    assert found(alice, "quarterly") == [talk]
    Recording.objects.filter(pk=talk.pk).update(title="Minutes")
    assert found(alice, "café") == []
    assert found(alice, "minutes") == [talk]
    talk.transcript.segments.all().delete()
    assert found(alice, "quarterly") == []
    Recording.objects.all().delete()
    assert found(alice, "minutes") == []


def test_stranger_finds_nothing_and_a_member_what_is_shared(alice, bob, charlie, talk):
    talk.memberships.create(email=bob.email)
    assert found(bob, "annual") == [talk]
    assert found(charlie, "annual") == []


def test_run_under_way_is_not_found(alice, talk):
    run = talk.transcripts.create(base=talk.transcript)
    Segment.objects.create(transcript=run, position=0, start=0, end=1, text="Provisional.")
    assert found(alice, "provisional") == []


def test_word_that_is_everywhere_is_found_without_counting(alice, monkeypatch):
    monkeypatch.setattr("transcripts.search.MANY", 10)
    talks = [recording_with(alice, f"Talk {n:02}", "yes", "yes", "no") for n in range(30)]
    last = recording_with(alice, "Yes minister", "no")
    selection = find(alice, Recording.objects.of(alice), "yes")
    assert selection.count is None
    assert selection.slice(0, 3) == [last, talks[29], talks[28]]
    oldest = find(alice, Recording.objects.of(alice).order_by("created_at"), "yes")
    assert oldest.slice(28, 40) == [talks[28], talks[29], last]


def test_best_match_comes_first(alice):
    once = recording_with(alice, "One", "budget", "other")
    often = recording_with(alice, "Two", "budget", "the budget again")
    titled = recording_with(alice, "Budget", "other")
    newest = recording_with(alice, "Three", "a budget")
    ranked = find(alice, Recording.objects.of(alice), "budget", ranked=True)
    assert ranked.count == 4
    assert ranked.slice(0, 10) == [titled, often, newest, once]


@sqlite
def test_index_is_made_anew_with_what_migrations_changed(alice, talk):
    search_schema.before_migrating("default")
    Segment.objects.filter(position=0).update(text="The yearly report is due.")
    search_schema.after_migrating("default", [(Migration("0002_texts", "transcripts"), False)])
    assert found(alice, "annual") == []
    assert found(alice, "yearly") == [talk]
    Segment.objects.get(position=0).delete()
    assert found(alice, "yearly") == []


@sqlite
def test_index_of_many_changes_is_merged_once_a_day(alice, monkeypatch):
    monkeypatch.setattr(search_schema, "MERGED", f"merged-{alice.email}-{uuid4()}")
    monkeypatch.setattr(search_schema, "MERGED_PAGES", 1)
    talks = [recording_with(alice, f"Talk {n}", *[f"word{n}x{m}" for m in range(50)]) for n in range(5)]
    talks[0].transcript.segments.all().delete()
    rounds = 0
    while not cache.get(search_schema.MERGED):
        search_schema.merge()
        rounds += 1
    assert 1 < rounds < 1000
    assert found(alice, "word0x1") == []
    assert found(alice, "word4x49") == [talks[4]]
    monkeypatch.setattr(search_schema, "merge_piece", pytest.fail)
    search_schema.merge()


@sqlite
def test_transcripts_are_looked_up_among_those_of_their_recordings(talk):
    own = Transcript.objects.filter(base=None, recording__in=[talk]).explain()
    runs = talk.transcript.reruns.explain()
    assert "(recording_id=?)" in own
    assert "(base_id=?)" in runs


def test_hits_are_the_sentences_with_the_words_marked(alice, talk):
    assert [hit.pieces for hit in hits([talk], "arztin")[talk.pk]] == [
        (("Die ", False), ("Ärztin", True), (" schließt die Größentabelle ab.", False))
    ]
    assert hits([talk], "会議")[talk.pk][0].start == 2


def test_long_sentence_is_cut_round_the_hit():
    text = "far " * 60 + "needle " + "away " * 60
    pieces = marked(text, parse("needle"))
    assert ("needle", True) in pieces
    assert pieces[0] == pieces[-1] == ("…", False)
    assert sum(len(piece) for piece, _ in pieces) < 200
