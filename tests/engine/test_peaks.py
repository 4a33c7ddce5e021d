"""The shape of the sound."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcripts.engine.peaks import PeakMeter, coarser, dat

SAMPLES = np.sin(np.arange(40_000) / 7).astype(np.float32) * np.linspace(0, 1, 40_000, dtype=np.float32)


def pairs_of(*blocks: np.ndarray) -> bytes:
    meter = PeakMeter()
    return b"".join(meter.push(block) for block in blocks) + meter.finish()


@pytest.mark.parametrize("length", [0, 1, 1599, 1600, 1601, 40_000])
def test_a_pair_stands_for_each_begun_tenth_of_a_second(length):
    assert len(pairs_of(SAMPLES[:length])) == 2 * -(-length // 1600)


@given(st.lists(st.integers(0, 40_000), max_size=8).map(sorted))
def test_any_division_into_blocks_gives_the_same_pairs(cuts):
    assert pairs_of(*np.split(SAMPLES, cuts)) == pairs_of(SAMPLES)


def test_pairs_hold_the_lowest_and_highest_sample_in_eight_bits():
    samples = np.zeros(3200, np.float32)
    samples[[5, 1700]] = [-1.0, 0.999]
    assert np.frombuffer(pairs_of(samples), np.int8).tolist() == [-128, 0, 0, 127]


def test_coarser_pairs_enclose_the_finer_ones():
    fine = np.frombuffer(pairs_of(SAMPLES), np.int8).reshape(-1, 2)
    coarse = np.frombuffer(coarser(fine.tobytes(), 10), np.int8).reshape(-1, 2)
    assert len(coarse) == 3
    for number, (low, high) in enumerate(coarse):
        part = fine[number * 10 : number * 10 + 10]
        assert (low, high) == (part[:, 0].min(), part[:, 1].max())


def test_file_says_what_it_holds():
    data = dat(b"\x01\x02\x03\x04", 1)
    assert struct.unpack("<iIiiIi", data[:24]) == (2, 1, 16_000, 16_000, 2, 1)
    assert data[24:] == b"\x01\x02\x03\x04"
