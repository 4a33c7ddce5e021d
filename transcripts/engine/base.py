"""What an engine takes and gives. Times are float seconds of the recording, rounded to milliseconds here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000  # Hz: what Whisper and Silero VAD were trained on.

MAX_CHANNELS = 8  # that are heard apart: nobody has more speakers on microphones of their own.

# Float32 samples in [-1, 1] at SAMPLE_RATE: mono, shape (n_samples,), unless it says otherwise.
Audio = npt.NDArray[np.float32]
Task = Literal["transcribe", "translate"]


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start: float
    end: float
    probability: float
    # The engine's own, where it was the engine that gave this word.
    tokens: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Segment:
    start: float
    end: float
    text: str
    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @property
    def tokens(self) -> list[int]:
        return [token for word in self.words for token in word.tokens]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Text that a guard took out as invented, with the reason in plain words."""

    start: float
    end: float
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class SpanAudio:
    """The speech of one span: `pieces` of the recording, joined end to end in `samples`.

    `pieces` are (start, end) in seconds of the recording; their lengths add up to that of `samples`.
    """

    samples: Audio
    pieces: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What the engine said of one span."""

    segments: tuple[Segment, ...]
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    language: str  # one of Whisper's codes
    task: Task = "transcribe"
    prompt: str = ""
    beam_size: int = 5
    # 0 searches for the likeliest text; more samples.
    temperature: float = 0.0
    # One quick pass whose text is replaced in a moment.
    is_preview: bool = False


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    probability: float


class Engine(Protocol):
    """An ASR backend with one model in memory. Not thread-safe."""

    # Spans that it decodes together.
    batch_size: int

    def detect_language(self, spans: Sequence[SpanAudio]) -> Language:
        """Return the language spoken in the spans taken together."""
        ...

    def transcribe(self, spans: Sequence[SpanAudio], options: Options) -> list[Hypothesis]:
        """Return one hypothesis a span, in order.

        Raises: EngineError: the engine failed; `permanent` says whether another try can help.
        """
        ...
