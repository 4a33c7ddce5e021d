"""The shape of a recording's sound, for drawing it: the lowest and highest sample of each short stretch.

Source: audiowaveform's data format, version 2, with 8-bit values and one channel
(https://github.com/bbc/audiowaveform/blob/master/doc/DataFormat.md).
"""

import struct

import numpy as np

from transcripts.engine.base import SAMPLE_RATE, Audio

# Pairs a second.
RATE = 10
SAMPLES_PER_PAIR = SAMPLE_RATE // RATE
PAIR_BYTES = 2

VERSION = 2
EIGHT_BIT = 1
CHANNELS = 1


class PeakMeter:
    """Finds the pairs of samples that come in blocks of any length. Memory stays flat."""

    def __init__(self) -> None:
        self._rest: Audio = np.zeros(0, np.float32)

    def push(self, samples: Audio) -> bytes:
        """Return the pairs that the next samples complete: minimum and maximum as signed bytes."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % SAMPLES_PER_PAIR
        self._rest = joined[whole:]
        return _pairs(joined[:whole].reshape(-1, SAMPLES_PER_PAIR))

    def finish(self) -> bytes:
        """Return the pair of what is left when the recording has ended."""
        rest, self._rest = self._rest, self._rest[:0]
        return _pairs(rest.reshape(1, -1)) if len(rest) else b""


def _pairs(stretches: Audio) -> bytes:
    if not len(stretches):
        return b""
    bounds = np.stack([stretches.min(axis=1), stretches.max(axis=1)], axis=1)
    pairs: bytes = np.clip(np.floor(bounds * 128), -128, 127).astype(np.int8).tobytes()
    return pairs


def coarser(pairs: bytes, factor: int) -> bytes:
    """Return the pairs of stretches `factor` times as long; the last one may be shorter."""
    values = np.frombuffer(pairs, np.int8).reshape(-1, 2)
    if not len(values):
        return b""
    starts = np.arange(0, len(values), factor)
    lowest = np.minimum.reduceat(values[:, 0], starts)
    highest = np.maximum.reduceat(values[:, 1], starts)
    return np.stack([lowest, highest], axis=1).tobytes()


def dat(pairs: bytes, rate: int) -> bytes:
    """Return the pairs, `rate` a second, as a file that audiowaveform's readers take."""
    facts = (VERSION, EIGHT_BIT, SAMPLE_RATE, SAMPLE_RATE // rate, len(pairs) // PAIR_BYTES, CHANNELS)
    return struct.pack("<iIiiIi", *facts) + pairs
