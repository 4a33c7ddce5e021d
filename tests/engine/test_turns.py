"""Turns in sound that comes piece by piece."""

import numpy as np
import pytest

from tests.engine.media import note_samples
from transcripts.engine.base import SAMPLE_RATE
from transcripts.engine.turns import Detection, Mark, Resampler, TurnDetector

QUIET = np.zeros(SAMPLE_RATE, np.float32)


def note() -> np.ndarray:
    samples = note_samples()
    return samples.reshape(-1).astype(np.float32) / (32768 if samples.dtype == np.int16 else 1)


def marks_of(samples: np.ndarray, piece: int, detection: Detection) -> list[Mark]:
    detector = TurnDetector(SAMPLE_RATE, detection)
    pieces = range(0, len(samples), piece)
    found = [mark for at in pieces for mark in detector.push(samples[at : at + piece])]
    return [*found, *detector.stop()]


def test_turn_ends_after_the_silence_that_is_asked_for() -> None:
    samples = np.concatenate([note(), QUIET, note()])
    short, long = (marks_of(samples, 3200, Detection(silence=seconds)) for seconds in (0.5, 4.0))
    assert [mark.is_start for mark in short] == [True, False, True, False]
    assert [mark.is_start for mark in long] == [True, False]
    assert short[0].at == pytest.approx(0.4, abs=0.1)
    assert short[1].at == pytest.approx(6.4, abs=0.2)
    assert short[2].at == pytest.approx(short[0].at + 8.29, abs=0.1)


def test_any_division_of_the_sound_gives_the_same_turns() -> None:
    samples = np.concatenate([note(), QUIET])
    assert marks_of(samples, 777, Detection()) == marks_of(samples, len(samples), Detection())


def test_silence_and_clicks_are_no_turn() -> None:
    clicks = np.tile(QUIET, 3)
    clicks[::8000] = 0.9
    assert marks_of(clicks, 1600, Detection()) == []


@pytest.mark.parametrize("rate", [8_000, 11_025, 24_000, 44_100, 48_000])
def test_resampled_sound_has_its_length_and_pitch(rate: int) -> None:
    tone = np.sin(2 * np.pi * 200 * np.arange(rate) / rate).astype(np.float32)
    resample = Resampler(rate)
    out = np.concatenate([resample(tone[at : at + 501]) for at in range(0, rate, 501)])
    assert abs(len(out) - SAMPLE_RATE) <= 2
    assert np.abs(np.fft.rfft(out[:15_900])).argmax() == pytest.approx(200 * 15_900 / SAMPLE_RATE, abs=1.5)
