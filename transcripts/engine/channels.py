"""A recording whose channels are heard apart, somebody's microphone each: every one is cut for itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from transcripts.engine.audio import open_audio
from transcripts.engine.base import MAX_CHANNELS, SAMPLE_RATE, Audio
from transcripts.engine.errors import AudioError
from transcripts.engine.vad import CutSpan, SpanCutter

# Samples, a tenth of a second: shorter than a syllable is of no use, for microphones hear it at other times.
STEP = SAMPLE_RATE // 10
LOUD = 0.003  # of full scale: 50 dB under it
# Steps that are looked at, if as many of them are loud in each channel as follow: a minute, 5 s.
ENOUGH = 600
ENOUGH_LOUD = 50
# A channel with fewer is silent.
LEAST_LOUD = 10
# Correlation of two microphones' levels in one room is above, that of two people who take turns below 0.
SAME_SOUND = 0.5


class ChannelCutter:
    """Cuts each channel into spans, as their samples come. Memory stays flat.

    Every channel counts its own spans, so that a position does not depend on which of two was cut first.
    """

    def __init__(self, channels: int) -> None:
        self._cutters = [SpanCutter() for _ in range(channels)]

    def push(self, samples: Audio) -> list[CutSpan]:
        """Take the next samples, shape (n, channels), and return the spans that are complete."""
        return _placed([cutter.push(samples[:, n]) for n, cutter in enumerate(self._cutters)])

    def open_span(self) -> None:
        """There is none to look at before it is complete: what several say at once would not stand still."""

    def finish(self) -> list[CutSpan]:
        """Return what is left when the recording has ended."""
        return _placed([cutter.finish() for cutter in self._cutters])


def _placed(found: list[list[CutSpan]]) -> list[CutSpan]:
    """Return the spans of all channels with positions that none shares."""
    return [
        replace(cut, position=cut.position * MAX_CHANNELS + channel, channel=channel)
        for channel, cuts in enumerate(found)
        for cut in cuts
    ]


def has_voices_apart(path: Path) -> bool:
    """Return whether each channel is somebody else: one is loud while others are not.

    Most recordings with several channels have all speakers in each of them. No more is read of the file than
    is needed to know.
    """
    try:
        with open_audio(path, is_apart=True) as stream:
            loudness = Loudness(stream.info.channels)
            for block in stream:
                loudness.push(block)
                if loudness.is_enough:
                    break
    except AudioError as error:
        if not error.permanent:
            raise
        return False  # What cannot be read so may still be read as one.
    return loudness.is_apart


class Loudness:
    """How far channels are loud at the same time. Memory stays flat."""

    def __init__(self, channels: int) -> None:
        self._rest: Audio = np.zeros((0, channels), np.float32)
        self._count = 0
        self._loud = np.zeros(channels)
        self._sums = np.zeros(channels)
        self._products = np.zeros((channels, channels))

    def push(self, samples: Audio) -> None:
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % STEP
        self._rest = joined[whole:]
        levels = np.sqrt(np.square(joined[:whole].reshape(-1, STEP, joined.shape[1])).mean(axis=1))
        self._count += len(levels)
        self._loud += (levels > LOUD).sum(axis=0)
        self._sums += levels.sum(axis=0)
        self._products += levels.T.astype(float) @ levels

    @property
    def is_enough(self) -> bool:
        return self._count >= ENOUGH and bool((self._loud >= ENOUGH_LOUD).all())

    @property
    def is_apart(self) -> bool:
        """Whether several channels have sound, and none the sound of another."""
        heard = np.flatnonzero(self._loud >= LEAST_LOUD)
        if len(heard) < 2:
            return False
        means = self._sums / self._count
        covariance = (self._products / self._count - np.outer(means, means))[np.ix_(heard, heard)]
        deviations = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
        correlation = covariance / np.outer(deviations, deviations)
        return bool((correlation[~np.eye(len(heard), dtype=bool)] < SAME_SOUND).all())
