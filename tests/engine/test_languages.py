from faster_whisper.tokenizer import _LANGUAGE_CODES

from transcripts.engine.languages import LANGUAGES


def test_languages_are_those_of_the_engine():
    assert set(LANGUAGES) == set(_LANGUAGE_CODES)


def test_languages_are_in_the_order_of_their_names():
    assert list(LANGUAGES.values()) == sorted(LANGUAGES.values())
