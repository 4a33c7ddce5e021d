"""Text that Whisper is known to invent: loops, words for silence, words after the end."""

import zlib
from collections.abc import Sequence

# The thresholds of OpenAI's whisper/transcribe.py.
MAX_COMPRESSION_RATIO = 2.4
MIN_AVG_LOGPROB = -1.0
MAX_NO_SPEECH_PROB = 0.6

# The fastest speech has about 30 letters a second.
MAX_LETTERS_PER_SECOND = 45.0
LONGEST_PHRASE = 20  # words
# How often in a row a phrase of so many words may be said: "no no no", but not a sentence again and again.
MAX_REPEATS = {1: 7, 2: 4}
MAX_PHRASE_REPEATS = 2

LOOP = "The same words came over and over."
SILENCE = "There was text where nobody spoke."
TOO_FAST = "There was more text than can be said in the time."
AFTER_END = "There was text after the end of the sound."


def compression_ratio(text: str) -> float:
    """Return how much smaller zlib makes the text: high for repetition."""
    data = text.strip().encode()
    return len(data) / len(zlib.compress(data))


def is_silence(avg_logprob: float, no_speech_prob: float) -> bool:
    return no_speech_prob > MAX_NO_SPEECH_PROB and avg_logprob < MIN_AVG_LOGPROB


def is_doubtful(text: str, avg_logprob: float, no_speech_prob: float) -> bool:
    """Whether another attempt, at a higher temperature, may do better."""
    if compression_ratio(text) > MAX_COMPRESSION_RATIO or loops(text.split()):
        return True
    return avg_logprob < MIN_AVG_LOGPROB and not is_silence(avg_logprob, no_speech_prob)


def is_too_fast(text: str, seconds: float) -> bool:
    return len(text.strip()) > MAX_LETTERS_PER_SECOND * max(seconds, 0.5)


def loops(words: Sequence[str]) -> list[range]:
    """Return the places in `words` that only repeat what is before them.

    The first two of a phrase's many repetitions are kept, for people do say things twice.
    """
    plain = [word.strip(" .,!?;:").casefold() for word in words]
    found, i = [], 0
    while i < len(plain):
        end = _loop_end(plain, i)
        if end:
            found.append(range(*end))
            i = end[1]
        else:
            i += 1
    return found


def _loop_end(words: Sequence[str], start: int) -> tuple[int, int] | None:
    for length in range(1, min(LONGEST_PHRASE, (len(words) - start) // 2) + 1):
        phrase = words[start : start + length]
        count = 1
        while words[start + count * length : start + (count + 1) * length] == phrase:
            count += 1
        if count > MAX_REPEATS.get(length, MAX_PHRASE_REPEATS):
            return start + min(2, count) * length, start + count * length
    return None
