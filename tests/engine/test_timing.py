import numpy as np
import pytest

from transcripts.engine.base import SpanAudio, Word
from transcripts.engine.timing import Passage, Timeline, fitted, in_order, sentences


def word(text, start, end):
    return Word(f" {text}", start, end, 0.9)


@pytest.fixture
def timeline():
    return Timeline(SpanAudio(np.zeros(4 * 16_000, np.float32), ((10.0, 12.0), (20.0, 22.0))))


def test_times_are_those_of_the_recording(timeline):
    assert timeline.word(word("first", 0.5, 1.0)) == word("first", 10.5, 11.0)
    assert timeline.word(word("second", 2.5, 3.0)) == word("second", 20.5, 21.0)


def test_a_word_across_a_removed_silence_stays_on_the_side_of_its_middle(timeline):
    assert timeline.word(word("ends", 1.5, 2.2)) == word("ends", 11.5, 12.0)
    assert timeline.word(word("begins", 1.9, 2.5)) == word("begins", 20.0, 20.5)


def test_no_time_is_beyond_the_recordings_pieces(timeline):
    assert timeline.word(word("late", 3.8, 9.0)) == word("late", 21.8, 22.0)
    assert timeline.time(9.0) == 22.0


def test_silence_around_a_passage_is_taken_from_its_words():
    passage = Passage(1.0, 2.0, (word("a", 0.4, 1.7), word("b", 1.7, 2.2)))
    assert fitted(passage) == (word("a", 1.0, 1.7), word("b", 1.7, 2.0))


def test_words_that_the_alignment_lost_are_spread_over_their_passage():
    passage = Passage(5.0, 6.0, (word("abc", 1.0, 1.1), word("def", 1.1, 1.1)))
    assert [(w.start, w.end) for w in fitted(passage)] == [(5.0, 5.5), (5.5, 6.0)]


def split(*texts):
    return [
        "".join(w.text for w in s).strip()
        for s in sentences([word(t, i, i + 1) for i, t in enumerate(texts)])
    ]


def test_a_sentence_ends_at_its_mark():
    assert split("It", "is", "late.", "Go!", "“Now?”", "Yes") == ["It is late.", "Go!", "“Now?”", "Yes"]


def test_an_abbreviation_ends_no_sentence():
    assert split("Dr.", "Weber", "is", "here.") == ["Dr. Weber is here."]


def test_a_long_pause_parts_what_has_no_mark():
    words = [word("one", 0.0, 0.5), word("two", 3.0, 3.5)]
    assert [len(s) for s in sentences(words)] == [1, 1]


def test_words_never_overlap():
    result = in_order([word("a", 0.0, 1.0), word("b", 0.5, 0.8), word("c", 0.9, 2.0)])
    assert [(w.start, w.end) for w in result] == [(0.0, 1.0), (1.0, 1.0), (1.0, 2.0)]
