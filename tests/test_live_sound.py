"""Sound from programs, and whose words are whose."""

import io
import wave

import av
import numpy as np
import pytest

from transcripts.api.live.sound import Encoding, Sound, read_header
from transcripts.api.live.turns import Reading, Turn, divided, is_settled
from transcripts.api.spoken import Said
from transcripts.engine.base import Word


@pytest.mark.parametrize(
    "sound", [Sound(), Sound("pcm", 8_000, 2), Sound("mulaw", 8_000), Sound("alaw", 16_000)]
)
def test_header_says_what_follows(sound: Sound) -> None:
    assert read_header(sound.header() + b"rest") == (sound, b"rest")


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"ID3 and more", b"RIFF\0\0\0\0WAVEdata\0\0\0\0"]
)
def test_what_is_no_header_is_none(data: bytes) -> None:
    assert read_header(data) is None


def test_rate_that_is_not_taken_is_no_header() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, 4_000, 0, "NONE", ""))
    assert read_header(file.getvalue()) is None


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_codes_are_the_samples_that_ffmpeg_takes_them_for(encoding: Encoding) -> None:
    sound, codes = Sound(encoding, 8_000), bytes(range(256))
    with av.open(io.BytesIO(sound.header() + codes), format="wav") as container:
        expected = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
    assert np.array_equal(np.round(sound.samples(codes) * 32768), expected)


def test_channels_are_heard_together() -> None:
    frames = np.array([[1000, 3000], [-2000, 0]], "<i2").tobytes()
    assert np.allclose(Sound("pcm", 8_000, 2).samples(frames) * 32768, [2000, -1000])


def said(*times: tuple[float, float]) -> Said:
    words = tuple(Word(f" w{number}", start, end, 1.0) for number, (start, end) in enumerate(times))
    text = "".join(word.text for word in words).strip()
    return Said(times[0][0], times[-1][1], text, words, 0)


def test_segment_over_a_border_gives_each_turn_its_own_words() -> None:
    first, second = Turn(0.0, 2.0), Turn(3.0)
    parts = divided(said((0.5, 1.0), (1.5, 2.3), (2.6, 3.4)), [first, second])
    assert [(turn, part.text, part.start, part.end) for turn, part in parts] == [
        (first, "w0 w1", 0.5, 2.3),
        (second, "w2", 2.6, 3.4),
    ]


def reading(until: float = 0.0, first_open: float | None = None, last_end: float = 0.0) -> Reading:
    return Reading(until, first_open, last_end, (), is_heard=False)


@pytest.mark.parametrize(
    ("now", "is_known"),
    [
        (reading(last_end=6.0), True),  # a span that was heard reaches over its end
        (reading(last_end=6.0, first_open=4.0), False),  # but one that begins in it was not
        (reading(last_end=6.0, first_open=5.5), True),  # one behind it does not matter
        (reading(until=5.5), False),  # its last span may still be open
        (reading(until=6.0), True),  # there is no speech in it after all
    ],
)
def test_turn_is_settled_once_nothing_more_can_come_of_it(now: Reading, is_known: bool) -> None:
    assert is_settled(Turn(1.0, 5.0), None, now) is is_known
    assert not is_settled(Turn(1.0), None, now)


def test_turn_before_a_short_pause_waits_for_what_may_reach_over_it() -> None:
    following = Turn(5.4)
    assert not is_settled(Turn(1.0, 5.0), following, reading(until=6.5))
    assert is_settled(Turn(1.0, 5.0), following, reading(until=12.0))
