"""Where somebody begins and stops speaking, found while the sound comes."""

from dataclasses import dataclass

import numpy as np

from transcripts.engine.base import SAMPLE_RATE, Audio
from transcripts.engine.vad import FRAME, FRAME_SECONDS, MIN_SPEECH_FRAMES, SILENCE, SPEECH, SpeechDetector

# What has begun as speech goes on below the threshold by this much.
HYSTERESIS = SPEECH - SILENCE


@dataclass(frozen=True, slots=True)
class Detection:
    # Probability of speech, 0 to 1.
    threshold: float = SPEECH
    # Seconds after which a turn is over.
    silence: float = 0.5


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody begins or stops at this second of the sound."""

    is_start: bool
    at: float


class Resampler:
    """Brings samples to SAMPLE_RATE, well enough to tell speech from silence; any division gives the same."""

    def __init__(self, rate: int) -> None:
        self._step = rate / SAMPLE_RATE
        self._rest: Audio = np.zeros(0, np.float32)
        self._first = 0  # which sample of the input the rest begins with
        self._given = 0

    def __call__(self, samples: Audio) -> Audio:
        self._rest = np.concatenate([self._rest, samples])
        count = int((self._first + len(self._rest)) / self._step) - self._given
        edges = np.arange(self._given, self._given + count + 1) * self._step - self._first
        sums = np.concatenate([[0.0], np.cumsum(self._rest, dtype=np.float64)])
        means: Audio = (np.diff(np.interp(edges, np.arange(len(sums)), sums)) / self._step).astype(np.float32)
        used = int(edges[-1])
        self._rest, self._first, self._given = self._rest[used:], self._first + used, self._given + count
        return means


class TurnDetector:
    """Finds turns: speech between silences of a length."""

    def __init__(self, rate: int, detection: Detection) -> None:
        self.detection = detection
        self._resample = Resampler(rate)
        self._detect = SpeechDetector()
        self._rest: Audio = np.zeros(0, np.float32)
        self._frames = 0  # seen so far
        self._start: int | None = None  # the first frame of what may be a turn
        self._last = 0  # the last frame of speech
        self._speech = 0  # frames of speech since the start
        self._has_begun = False

    @property
    def seconds(self) -> float:
        return self._frames * FRAME_SECONDS

    def push(self, samples: Audio) -> list[Mark]:
        """Take mono samples at the detector's rate, in [-1, 1]; return what they show."""
        joined = np.concatenate([self._rest, self._resample(samples)])
        whole = len(joined) - len(joined) % FRAME
        self._rest = joined[whole:]
        if not whole:
            return []
        marks: list[Mark] = []
        for probability in self._detect(joined[:whole].reshape(-1, FRAME)).tolist():
            marks += self._take(probability)
            self._frames += 1
        return marks

    def stop(self) -> list[Mark]:
        """End the turn that is open, if one is."""
        marks = [Mark(False, (self._last + 1) * FRAME_SECONDS)] if self._has_begun else []
        self._start, self._speech, self._has_begun = None, 0, False
        return marks

    def _take(self, probability: float) -> list[Mark]:
        threshold = self.detection.threshold
        if probability >= (threshold - HYSTERESIS if self._start is not None else threshold):
            self._last = self._frames
            self._speech += 1
            if self._start is None:
                self._start = self._frames
            if self._speech >= MIN_SPEECH_FRAMES and not self._has_begun:
                self._has_begun = True
                return [Mark(True, self._start * FRAME_SECONDS)]
        elif self._start is not None and self._frames - self._last >= self.detection.silence / FRAME_SECONDS:
            return self.stop()
        return []
