import pytest

from transcripts.engine import guards


def words(text):
    return text.split()


def test_a_loop_is_found_after_its_first_two_rounds():
    text = words(
        "so thank you for watching thank you for watching thank you for watching thank you for watching ok"
    )
    assert guards.loops(text) == [range(9, 17)]


def test_a_loop_of_one_word_is_found():
    assert guards.loops(["no"] * 12) == [range(2, 12)]


@pytest.mark.parametrize(
    "text",
    [
        "no no no no",
        "the room is three three three five",
        "bye bye bye bye",
        "Yes, that works. Yes, that works. Fine.",
    ],
)
def test_what_people_say_twice_is_no_loop(text):
    assert guards.loops(words(text)) == []


def test_punctuation_and_case_do_not_hide_a_loop():
    assert guards.loops(words("We go on. we go on, We go on! we go on.")) == [range(6, 12)]


def test_repetition_compresses_more_than_speech():
    assert guards.compression_ratio("the same again " * 20) > guards.MAX_COMPRESSION_RATIO
    assert guards.compression_ratio("Good morning everyone and welcome to the garden.") < 1.5


def test_improbable_text_on_silence_is_no_speech():
    assert guards.is_silence(avg_logprob=-1.5, no_speech_prob=0.9)
    assert not guards.is_silence(avg_logprob=-0.3, no_speech_prob=0.9)
    assert not guards.is_silence(avg_logprob=-1.5, no_speech_prob=0.1)


def test_more_letters_than_anyone_can_say_are_too_fast():
    assert guards.is_too_fast("word " * 100, seconds=3.0)
    assert not guards.is_too_fast("Good morning everyone and welcome to the garden.", seconds=2.0)
