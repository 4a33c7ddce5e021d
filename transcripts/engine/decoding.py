"""Whisper's search for the text of audio windows, over faster-whisper's model, in batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from transcripts.engine import guards
from transcripts.engine.base import Options

# Log-mel features of one window, shape (n_mels, n_frames), 100 frames a second.
Features = npt.NDArray[np.float32]

FRAMES_PER_SECOND = 100
WINDOW_FRAMES = 3000
# A shorter window is several times faster; what it may get wrong, the span's own pass puts right in seconds.
PREVIEW_WINDOW_FRAMES = 1000
CONTEXT_TOKENS = 448  # positions of Whisper's text decoder
PROMPT_TOKENS = CONTEXT_TOKENS // 2 - 1  # so many may come before the text; one more raises an error
TEMPERATURES = (0.2, 0.4, 0.6, 0.8, 1.0)
CANDIDATES = 5  # texts tried at each of them
PREPENDED = "\"'“¿([{-"
APPENDED = "\"'.。,，!！?？:：”)]}、"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the search found for one window."""

    tokens: tuple[int, ...]
    text: str
    avg_logprob: float
    no_speech_prob: float

    @property
    def is_doubtful(self) -> bool:
        return guards.is_doubtful(self.text, self.avg_logprob, self.no_speech_prob)


def _sampling(temperature: float) -> dict[str, Any]:
    """Return how the model draws a text at this temperature; nothing at 0."""
    if temperature <= 0:
        return {}
    return {
        "beam_size": 1,
        "num_hypotheses": CANDIDATES,
        "sampling_topk": 0,
        "sampling_temperature": temperature,
    }


class Search:
    """Decodes with one model, language, task and prompt."""

    def __init__(self, model: Any, options: Options) -> None:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        self._model = model
        self._first_try = _sampling(options.temperature) or {"beam_size": options.beam_size}
        self._temperatures = () if options.is_preview else TEMPERATURES
        self._window = PREVIEW_WINDOW_FRAMES if options.is_preview else WINDOW_FRAMES
        self.tokenizer = Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task=options.task, language=options.language
        )
        self._suppressed = list(get_suppressed_tokens(self.tokenizer, [-1]))
        self._prompt = self._prompt_tokens(options.prompt)

    def decode(self, features: Sequence[Features]) -> tuple[Any, list[Decoded]]:
        """Return the encoder's output, which alignment needs, and the text of each window.

        A window whose text repeats itself, or of which the model is unsure, is tried again, hotter.
        """
        encoded = self._encode(features)
        decoded = self._generate(encoded, len(features), **self._first_try)
        tried = [[result] for result in decoded]
        for temperature in self._temperatures:
            open_ = [i for i, results in enumerate(tried) if results[-1].is_doubtful]
            if not open_:
                break
            again = self._encode([features[i] for i in open_])
            found = self._generate(again, len(open_), **_sampling(temperature))
            for i, result in zip(open_, found, strict=True):
                tried[i].append(result)
        return encoded, [_best(results) for results in tried]

    def segments(self, decoded: Decoded, seek: int, frames: int) -> tuple[list[dict[str, Any]], int]:
        """Return Whisper's segments of a window (`tokens`, `start`, `end` in seconds), and where to go on.

        Whisper says by two timestamps at the end that it stopped before the end of the window.

        Args:
            seek: frame of the span at which the window begins.
            frames: length of the window's audio.
        """
        groups, following, _ = self._model._split_segments_by_timestamps(
            tokenizer=self.tokenizer,
            tokens=list(decoded.tokens),
            time_offset=seek / FRAMES_PER_SECOND,
            segment_size=frames,
            segment_duration=frames / FRAMES_PER_SECOND,
            seek=seek,
        )
        return groups, following

    def align(
        self, encoded: Any, tokens: Sequence[Sequence[int]], frames: Sequence[int]
    ) -> list[list[dict[str, Any]]]:
        """Return each window's words: `word`, `tokens`, `start` and `end` in seconds of it, `probability`."""
        from faster_whisper.transcribe import merge_punctuations

        text = [[token for token in window if token < self.tokenizer.eot] for window in tokens]
        alignments: list[list[dict[str, Any]]] = self._model.find_alignment(
            self.tokenizer, text, encoded, list(frames)
        )
        for alignment in alignments:
            merge_punctuations(alignment, PREPENDED, APPENDED)
        return alignments

    def _prompt_tokens(self, prompt: str) -> list[int]:
        words = self.tokenizer.encode(" " + prompt.strip())[-PROMPT_TOKENS:] if prompt.strip() else []
        tokens: list[int] = self._model.get_prompt(self.tokenizer, words, without_timestamps=False)
        return tokens

    def _encode(self, features: Sequence[Features]) -> Any:
        frames = min(max(self._window, *(window.shape[1] for window in features)), WINDOW_FRAMES)
        return encode(self._model, [padded(window, frames) for window in features])

    def _generate(self, encoded: Any, count: int, **how: Any) -> list[Decoded]:
        results = self._model.model.generate(
            encoded,
            [self._prompt] * count,
            max_length=CONTEXT_TOKENS,
            suppress_tokens=self._suppressed,
            return_scores=True,
            return_no_speech_prob=True,
            **how,
        )
        return [self._decoded(result) for result in results]

    def _decoded(self, result: Any) -> Decoded:
        tokens = tuple(result.sequences_ids[0])
        # CTranslate2's mean leaves out the end token; Whisper's thresholds are for the mean with it.
        avg_logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return Decoded(tokens, self.tokenizer.decode(list(tokens)), avg_logprob, result.no_speech_prob)


def padded(features: Features, frames: int = WINDOW_FRAMES) -> Features:
    """Return the features padded to so many frames, by default Whisper's window of 30 s.

    OpenAI's weights saw nothing shorter in training and loop on it now and then. Shorter windows would save
    time in a recording's last span alone, and the demo model, trained on short ones, could not show the harm.
    """
    from faster_whisper.audio import pad_or_trim

    window: Features = pad_or_trim(features, frames)
    return window


def encode(model: Any, windows: Sequence[Features]) -> Any:
    """Return the encoder's output for windows of one length."""
    if model.model.device != "cpu":
        return model.encode(np.stack(windows))
    from ctranslate2 import StorageView

    # One window fills a CPU: more at once are no faster, and each takes tens of megabytes.
    encoded = [np.asarray(model.encode(window)) for window in windows]
    return StorageView.from_array(np.concatenate(encoded))


def _best(results: Sequence[Decoded]) -> Decoded:
    """Return the last where it is good, else of those that do not repeat themselves the likeliest."""
    if not results[-1].is_doubtful:
        return results[-1]
    fluent = [r for r in results if guards.compression_ratio(r.text) <= guards.MAX_COMPRESSION_RATIO]
    return max(fluent or results, key=_likelihood)


def _likelihood(result: Decoded) -> float:
    return result.avg_logprob


def language_probabilities(model: Any, features: Iterable[Features]) -> dict[str, float]:
    """Return the mean probability of each language over the windows."""
    windows = [padded(window) for window in features]
    totals: dict[str, float] = {}
    for found in model.model.detect_language(encode(model, windows)):
        for token, probability in found:
            code = token[2:-2]
            totals[code] = totals.get(code, 0.0) + probability / len(windows)
    return totals
