"""What is found in a text, and what would stand there instead."""

import time

import pytest

from transcripts import finding
from transcripts.finding import Finder, Query, replaced
from transcripts.refusals import Refused

# As in engines that try every way, these would take longer than the universe has.
HOSTILE = [
    "(a+)+$",
    "(a|a)*b",
    "(.*)*(.*)*(.*)*b",
    "((a*)*)*c",
    "(a|b|ab)*[^x]{0,400}y",
    "^(([a-z])+.)+[A-Z]$",
]


def found(text: str, query: str, **how: bool) -> list[str]:
    return [text[hit.start : hit.end] for hit in Finder(Query(query, **how)).hits(text)]


def after(text: str, query: str, replacement: str, **how: bool) -> str:
    return replaced(text, Finder(Query(query, replacement, **how)).hits(text))


def test_letters_are_found_in_any_case_and_in_theirs_alone_if_asked():
    assert found("Über ÜBER, rüber", "über") == ["Über", "ÜBER", "über"]
    assert found("Über ÜBER, rüber", "über", match_case=True) == ["über"]


def test_signs_mean_themselves_where_no_expression_is_asked_for():
    assert found("a.b axb (a+", "a.b") == ["a.b"]
    assert found("a.b axb (a+", "(a+") == ["(a+"]
    assert after("5 \\1 5", "\\1", "$& \\2") == "5 $& \\2 5"


def test_whole_word_stands_beside_no_letter_of_any_script():
    assert found("the the éthe thé The", "the", whole_word=True) == ["the", "the", "The"]
    assert found("don't do, do", "do", whole_word=True) == ["do", "do"]
    # The longer way is taken where only that is a whole word.
    assert found("abc", "ab|abc", is_regex=True, whole_word=True) == ["abc"]


def test_expression_puts_its_groups_in_the_replacement():
    how = {"is_regex": True, "whole_word": True}
    assert after("10 percent or 20 percent.", r"(\d+) (percent)", r"\1 %", **how) == "10 % or 20 %."
    assert after("a-b", r"(\w)-(\w)?", r"\2\\\0", is_regex=True) == r"b\a-b"
    assert after("ac", r"a(b)?c", r"[\1]", is_regex=True) == "[]"


def test_nothing_is_not_found():
    assert found("abc", "x*", is_regex=True) == []
    assert found("abc", "^|$", is_regex=True) == []


def test_letters_beyond_two_bytes_keep_their_places():
    text = "a😀b 我们的中文 b"
    assert found(text, "b") == ["b", "b"]
    assert finding.utf16(text, text.index("b")) == 3


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("text", ["a" * finding.TEXT_LENGTH, "ab" * (finding.TEXT_LENGTH // 2)])
def test_hostile_expression_ends(pattern, text):
    started = time.process_time()
    Finder(Query(pattern, is_regex=True)).hits(text)
    # Not a measurement: where ways are tried one by one, no test would ever see the end.
    assert time.process_time() - started < finding.PATIENCE


@pytest.mark.parametrize(
    "pattern", ["(", "a{1001}", "((a{100}){100}){100}", r"[\pL\pN]{0,200}é", "(?=a)", r"\p{Foo}", "*", ")("]
)
def test_expression_that_cannot_be_used_is_refused_in_a_sentence(pattern):
    for whole_word in (True, False):
        with pytest.raises(Refused, match="The regular expression cannot be used"):
            Finder(Query(pattern, is_regex=True, whole_word=whole_word))


@pytest.mark.parametrize("replacement", [r"\2", r"\x", "\\", r"\٣"])
def test_replacement_that_names_no_group_is_refused(replacement):
    with pytest.raises(Refused, match="groups"):
        Finder(Query("(a)", replacement, is_regex=True))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (Query(""), "Write what to look for"),
        (Query("x" * 201), "at most 200 characters"),
        (Query("x", "y" * 501), "at most 500 characters"),
    ],
)
def test_query_beyond_its_limits_is_refused(query, sentence):
    with pytest.raises(Refused, match=sentence):
        Finder(query)


def test_replacement_that_makes_a_text_too_long_is_refused():
    with pytest.raises(Refused, match="nothing was replaced"):
        after("a" * 100, "a", "b" * 500)


def test_search_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(finding, "PATIENCE", 0.0)
    finder = Finder(Query("a"))
    with pytest.raises(Refused, match="took too long"):
        finder.hits("a" * 1000)
