"""Where speech is: Silero VAD as a stream, and the spans that a recording is cut into.

Source: faster_whisper/vad.py, which runs the same network over a whole file at once.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from typing import Any

import numpy as np
import numpy.typing as npt

from transcripts.engine.base import SAMPLE_RATE, Audio, SpanAudio

FRAME = 512  # samples a probability, 32 ms: fixed by the network
CONTEXT = 64  # samples of the frame before, which the network sees too
FRAME_SECONDS = FRAME / SAMPLE_RATE

SPEECH = 0.5  # Silero's own threshold
SILENCE = 0.35  # below this, speech has ended
# Whisper's window. A full span is cut at the longest silence in its last third, so that sentences stay whole.
SPAN_FRAMES = int(30.0 / FRAME_SECONDS)
# The first is shorter, so that its text comes sooner.
FIRST_SPAN_FRAMES = int(20.0 / FRAME_SECONDS)
KEPT_SILENCE_FRAMES = int(1.0 / FRAME_SECONDS)  # Up to this, a pause stays: it carries punctuation.
PAD_FRAMES = int(0.4 / FRAME_SECONDS)  # of silence on both sides of a piece of speech
MIN_SPEECH_FRAMES = 4  # 0.13 s: less is a click

Probabilities = npt.NDArray[np.float32]


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    # Found, not imported: that would load CTranslate2 into processes that only look for speech.
    path = distribution("faster-whisper").locate_file("faster_whisper/assets/silero_vad_v6.onnx")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class SpeechDetector:
    """Silero VAD with its state kept between calls: any division of the samples gives the same result."""

    def __init__(self) -> None:
        self._state = [np.zeros((1, 1, 128), np.float32), np.zeros((1, 1, 128), np.float32)]
        self._context = np.zeros(CONTEXT, np.float32)

    def __call__(self, frames: Audio) -> Probabilities:
        """Return the probability of speech in each of the frames, shape (n,); frames: shape (n, FRAME)."""
        contexts = np.vstack([self._context, frames[:-1, -CONTEXT:]])
        self._context = frames[-1, -CONTEXT:]
        values = {"input": np.hstack([contexts, frames]), "h": self._state[0], "c": self._state[1]}
        probabilities, *self._state = _session().run(None, values)
        flat: Probabilities = probabilities.reshape(-1)
        return flat


@dataclass(frozen=True, slots=True)
class Cutting:
    """How long spans become, in frames."""

    limit: int
    first_limit: int
    # (length, pause): a span of at least that length is complete after a pause of that length.
    pauses: tuple[tuple[int, int], ...]

    def is_complete(self, length: int, pause: int) -> bool:
        return any(length >= shortest and pause >= silence for shortest, silence in self.pauses)


def _frames(seconds: float) -> int:
    return int(seconds / FRAME_SECONDS)


# A file: as much context as Whisper takes. What was said before a long pause need not wait for more.
FILE_CUTTING = Cutting(SPAN_FRAMES, FIRST_SPAN_FRAMES, ((0, _frames(20.0)),))
# Somebody speaks and reads along: a breath is enough, and the longer nothing was settled, the shorter one.
LIVE_CUTTING = Cutting(
    _frames(5.2),
    _frames(5.2),
    ((0, _frames(0.9)), (_frames(1.2), _frames(0.45)), (_frames(3.5), _frames(0.2))),
)


@dataclass(frozen=True, slots=True)
class CutSpan:
    position: int
    start: float
    end: float
    audio: SpanAudio
    # From 0, where each channel is cut for itself; None where they are mixed.
    channel: int | None = None


@dataclass(frozen=True, slots=True)
class _Frame:
    index: int
    samples: Audio
    probability: float
    is_speech: bool


class SpanCutter:
    """Cuts a recording into spans of at most 30 s of speech, as its samples come. Memory stays flat."""

    def __init__(self, cutting: Cutting = FILE_CUTTING) -> None:
        self._cutting = cutting
        self._detect = SpeechDetector()
        self._rest: Audio = np.zeros(0, np.float32)
        self._index = 0
        self._position = 0
        self._span: list[_Frame] = []
        # Where the newest piece of speech begins in the span, and how many frames of it are speech.
        self._piece = 0
        self._speech = 0
        self._is_speech = False
        # What follows the last speech: it belongs to the piece, to the next one, or to nothing.
        self._silence: list[_Frame] = []
        self._silent_frames = 0

    def push(self, samples: Audio) -> list[CutSpan]:
        """Take the next samples, and return the spans that are complete."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) - len(joined) % FRAME
        self._rest = joined[whole:]
        return self._advance(joined[:whole].reshape(-1, FRAME))

    def open_span(self) -> CutSpan | None:
        """Return what the next span holds so far, or None where nobody has spoken since the last one."""
        if self._speech < MIN_SPEECH_FRAMES and not self._piece:
            return None
        return _joined(self._position, [*self._span, *self._silence])

    def finish(self) -> list[CutSpan]:
        """Return what is left when the recording has ended."""
        rest = self._rest
        spans = []
        if len(rest):
            padded = np.pad(rest, (0, FRAME - len(rest))).astype(np.float32)
            spans = self._advance(padded.reshape(1, FRAME), len(rest))
        self._end_piece()
        return [*spans, *self._emit(len(self._span))]

    def _advance(self, frames: Audio, length: int = FRAME) -> list[CutSpan]:
        if not len(frames):
            return []
        spans = []
        for samples, probability in zip(frames, self._detect(frames).tolist(), strict=True):
            self._is_speech = probability >= (SILENCE if self._is_speech else SPEECH)
            self._take(_Frame(self._index, samples[:length], probability, self._is_speech))
            self._index += 1
            spans += self._cut()
        return spans

    def _take(self, frame: _Frame) -> None:
        if not frame.is_speech:
            self._silent_frames += 1
            self._silence.append(frame)
            if len(self._silence) > KEPT_SILENCE_FRAMES:
                # Only its ends can still be wanted.
                del self._silence[PAD_FRAMES]
            return
        if self._silent_frames > KEPT_SILENCE_FRAMES:
            self._end_piece()
            self._silence = self._silence[-PAD_FRAMES:]
        self._span += [*self._silence, frame]
        self._silence = []
        self._silent_frames = 0
        self._speech += 1

    def _end_piece(self) -> None:
        if self._speech < MIN_SPEECH_FRAMES:
            del self._span[self._piece :]
        elif self._span:
            kept = PAD_FRAMES if self._silent_frames > KEPT_SILENCE_FRAMES else len(self._silence)
            self._span += self._silence[:kept]
            del self._silence[:kept]
        self._piece = len(self._span)
        self._speech = 0

    def _cut(self) -> list[CutSpan]:
        if not self._span:
            return []
        if self._cutting.is_complete(len(self._span), self._silent_frames):
            self._end_piece()
            return self._emit(len(self._span))
        limit = self._cutting.limit if self._position else self._cutting.first_limit
        if len(self._span) + len(self._silence) < limit:
            return []
        cut = _best_cut([*self._span, *self._silence], limit // 3)
        trailing = max(0, cut - len(self._span))
        self._span += self._silence[:trailing]
        del self._silence[:trailing]
        return self._emit(cut)

    def _emit(self, length: int) -> list[CutSpan]:
        frames = self._span[:length]
        self._span = self._span[length:]
        self._piece = max(0, self._piece - length)
        if not frames:
            return []
        span = _joined(self._position, frames)
        self._position += 1
        return [span]


def _best_cut(frames: list[_Frame], late: int) -> int:
    """Return how many frames come before the cut.

    It lies in the longest silence of the last `late` frames, or where there is none, where speech is weakest.
    A silence counts for half at their beginning: full spans cost less than short ones.
    """
    first = len(frames) - late
    runs = _silent_runs(frames, first)
    if not runs:
        return _weakest(frames, first)

    def worth(run: tuple[int, int]) -> tuple[float, int]:
        length = frames[run[1] - 1].index - frames[run[0]].index + 1
        return length * (late + run[0] - first), run[0]

    return _middle(frames, *max(runs, key=worth))


def _silent_runs(frames: list[_Frame], first: int) -> list[tuple[int, int]]:
    """Return (start, end) of the runs of frames without speech from `first` on."""
    flags = np.array([False, *(not frame.is_speech for frame in frames[first:]), False])
    edges = np.flatnonzero(flags[1:] != flags[:-1]) + first
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _middle(frames: list[_Frame], start: int, end: int) -> int:
    """Return the place where silence was taken out of the run, or else its middle."""
    for i in range(start + 1, end):
        if frames[i].index != frames[i - 1].index + 1:
            return i
    return (start + end) // 2


def _weakest(frames: list[_Frame], first: int) -> int:
    """Return the frame from `first` on around which speech is least likely and quietest."""
    late = frames[first:]
    level = np.array([float(np.sqrt(np.mean(np.square(frame.samples)))) for frame in late])
    doubt = np.array([frame.probability for frame in late]) + level / max(float(level.max()), 1e-9)
    return first + int(np.argmin(np.convolve(doubt, np.ones(5) / 5, mode="same")[2:-2])) + 2


def _joined(position: int, frames: list[_Frame]) -> CutSpan:
    pieces: list[list[int]] = []  # [start, end] in samples
    expected = -1
    for frame in frames:
        if frame.index != expected:
            pieces.append([frame.index * FRAME, 0])
        pieces[-1][1] = frame.index * FRAME + len(frame.samples)
        expected = frame.index + 1
    times = tuple((round(start / SAMPLE_RATE, 3), round(end / SAMPLE_RATE, 3)) for start, end in pieces)
    samples = np.concatenate([frame.samples for frame in frames])
    return CutSpan(position, times[0][0], times[-1][1], SpanAudio(samples, times))
