from pathlib import Path

import numpy as np
import pytest

from tests.engine.media import FRAGMENTED, RECIPES, RECORDER, Recipe, make, samples_of
from transcripts.engine.audio import cut_out, open_audio
from transcripts.engine.errors import AudioError

RATE = 16_000
START, END = 3.0, 5.0
# What a codec lets sound before and after its packets, in seconds.
BLUR = 0.08


def tone_around_silence() -> np.ndarray:
    """Return 8 s of a loud tone that is silent from START to END."""
    times = np.arange(8 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * times) * 20_000
    tone[int(START * RATE) : int(END * RATE)] = 0
    return tone.astype(np.int16).reshape(1, -1)


@pytest.mark.parametrize(
    "recipe", [*RECIPES.values(), RECORDER, FRAGMENTED], ids=[*RECIPES, "recorder", "fragmented"]
)
def test_nothing_outside_of_the_stretch_is_in_the_cut(tmp_path: Path, recipe: Recipe) -> None:
    source = make(tmp_path / "source", recipe, tone_around_silence())
    cut = tmp_path / "cut"
    assert cut_out(source, cut, START, END) in {"audio/webm", "audio/wav", "audio/mp4"}
    samples = samples_of(cut)
    assert abs(len(samples) / RATE - (END - START)) < 2 * BLUR
    inner = samples[int(BLUR * RATE) : -int(BLUR * RATE)]
    assert np.abs(inner).max() < 0.02


def test_cut_holds_the_sound_of_its_stretch(tmp_path: Path) -> None:
    source = make(tmp_path / "source", RECIPES["m4a"], tone_around_silence())
    cut_out(source, tmp_path / "cut", 1.0, 2.0)
    assert np.abs(samples_of(tmp_path / "cut")).max() > 0.4


def test_picture_is_left_out(tmp_path: Path) -> None:
    source = make(tmp_path / "source", RECIPES["mp4"], tone_around_silence())
    cut_out(source, tmp_path / "cut", 0.0, 1.0)
    with open_audio(tmp_path / "cut") as stream:
        assert not stream.info.has_video


def test_stretch_behind_the_end_is_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "source", RECIPES["ogg"], tone_around_silence())
    with pytest.raises(AudioError):
        cut_out(source, tmp_path / "cut", 20.0, 30.0)
    assert not (tmp_path / "cut").exists()
