"""The engine over faster-whisper."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from transcripts.engine import devices, guards
from transcripts.engine.base import Dropped, Hypothesis, Language, Options, Segment, SpanAudio, Word
from transcripts.engine.decoding import FRAMES_PER_SECOND, Decoded, Features, Search, language_probabilities
from transcripts.engine.errors import EngineError, LanguageUnsupported, ModelUnavailable, OutOfMemory
from transcripts.engine.languages import LANGUAGES
from transcripts.engine.timing import Passage, Timeline, fitted, in_order, passages, sentences

log = logging.getLogger(__name__)

MIN_WINDOW_SECONDS = 1.0  # Less audio at the end of a span is the silence after its last word.
# Any number, as long as it stays: where a window is so doubtful that its text is drawn by lot, a recording
# gives the same text wherever it is heard after the same others since the process began.
SEED = 1
DETECTION_SPANS = 4  # Two minutes of speech are enough to tell the language.
OUT_OF_MEMORY = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "bad_alloc")

Result = TypeVar("Result")


@dataclass(slots=True)
class _Work:
    """A span on its way through the model, window by window."""

    audio: SpanAudio
    features: Features
    seek: int = 0  # frame at which the next window begins
    segments: list[Segment] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def frames(self) -> int:
        return len(self.audio.samples) * FRAMES_PER_SECOND // 16_000

    @property
    def is_done(self) -> bool:
        return self.frames - self.seek < MIN_WINDOW_SECONDS * FRAMES_PER_SECOND and (
            self.seek > 0 or not self.frames
        )

    def window(self) -> Features:
        return self.features[:, self.seek :]


class WhisperEngine:
    """One Whisper model in memory. Not thread-safe.

    Load it in the process that uses it: a model loaded before a fork never answers in the child.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str = "auto",
        compute_type: str = "",
        batch_size: int = 0,
        threads: int = 0,
    ) -> None:
        """Load the model.

        Args:
            path: folder of a Whisper model in CTranslate2's form.
            device: "auto", "cpu" or "cuda".
            compute_type: one of CTranslate2's; by default float16 on a GPU and int8 on a CPU.
            batch_size: spans decoded at once; by default what suits the device.
            threads: by default all processors.
        Raises: ModelUnavailable: the model does not load.
        """
        self.device = devices.choose(device)
        self.compute_type = compute_type or devices.COMPUTE_TYPES[self.device]
        self.batch_size = batch_size or devices.BATCH_SIZES[self.device]
        self.path = path
        self._model = _load(path, self.device, self.compute_type, threads or devices.cpu_threads())

    def detect_language(self, spans: Sequence[SpanAudio]) -> Language:
        """Return the language spoken in the spans taken together."""
        if not spans:
            raise EngineError("There is no speech whose language could be found.")
        if not self._model.model.is_multilingual:
            return Language("en", 1.0)
        features = [self._features(span) for span in spans[:DETECTION_SPANS]]
        found = self._run(lambda: language_probabilities(self._model, features))
        code = max(found, key=found.__getitem__)
        return Language(code, round(found[code], 3))

    def transcribe(self, spans: Sequence[SpanAudio], options: Options) -> list[Hypothesis]:
        """Return one hypothesis a span, in order.

        Raises:
            LanguageUnsupported: the model does not know the language.
            OutOfMemory: the device is full even with one span at a time.
            EngineError: the engine failed.
        """
        self._check(options)
        search = Search(self._model, options)
        works = [_Work(span, self._features(span)) for span in spans]
        # Whisper stops before the end of a window now and then, and says where: there the next window begins.
        while open_ := [work for work in works if not work.is_done]:
            self._advance(search, open_)
        return [Hypothesis(tuple(work.segments), tuple(work.dropped)) for work in works]

    def _check(self, options: Options) -> None:
        if options.language not in LANGUAGES:
            raise LanguageUnsupported(f"“{options.language}” is not a language that Whisper knows.")
        if self._model.model.is_multilingual:
            # Older models know one language less; without its token the prompt would name none.
            if self._model.hf_tokenizer.token_to_id(f"<|{options.language}|>") is None:
                language = LANGUAGES[options.language].title()
                raise LanguageUnsupported(
                    f"This speech model does not know {language}: choose another model."
                )
        elif options.language != "en" or options.task == "translate":
            raise LanguageUnsupported("This speech model understands English only: choose another model.")

    def _features(self, span: SpanAudio) -> Features:
        import numpy as np

        # A hundredth of a second would be less than the first Fourier window.
        samples = np.pad(span.samples, (0, max(0, 1600 - len(span.samples))))
        features: Features = self._model.feature_extractor(samples)[..., :-1]
        return features

    def _advance(self, search: Search, works: Sequence[_Work]) -> None:
        """Decode the next window of each."""
        done = 0
        while done < len(works):
            batch = works[done : done + self.batch_size]
            try:
                self._run(lambda batch=batch: _decode(search, batch))  # type: ignore[misc]
            except OutOfMemory:
                if self.batch_size == 1:
                    raise
                self.batch_size //= 2
                log.warning("Out of memory: the batch is now %d", self.batch_size)
            else:
                done += len(batch)

    def _run(self, act: Callable[[], Result]) -> Result:
        try:
            return act()
        except (RuntimeError, MemoryError, ValueError) as error:
            if isinstance(error, MemoryError) or any(sign in str(error) for sign in OUT_OF_MEMORY):
                raise OutOfMemory(f"The {self.device} has too little memory for this model.") from error
            log.exception("The speech model failed")
            raise EngineError("The speech model failed on this recording.") from error


def _load(path: Path, device: devices.Device, compute_type: str, threads: int) -> Any:
    from ctranslate2 import set_random_seed
    from faster_whisper import WhisperModel

    if not (path / "model.bin").is_file() or not (path / "tokenizer.json").is_file():
        raise ModelUnavailable(f"There is no speech model in {path}.")
    if device == "cuda":
        devices.preload_cuda()
    set_random_seed(SEED)
    try:
        return WhisperModel(str(path), device=device, compute_type=compute_type, cpu_threads=threads)
    except Exception as error:  # CTranslate2, tokenizers and JSON each raise their own
        log.warning("Loading %s failed: %s", path, error)
        raise ModelUnavailable(
            f"The speech model in {path} cannot be loaded on the {device} with {compute_type}: {error}"
        ) from error


def _decode(search: Search, works: Sequence[_Work]) -> None:
    windows = [work.window() for work in works]
    lengths = [
        min(work.frames - work.seek, window.shape[1]) for work, window in zip(works, windows, strict=True)
    ]
    encoded, results = search.decode(windows)
    split = [search.segments(*args) for args in zip(results, [w.seek for w in works], lengths, strict=True)]
    tokens = [[token for group in groups for token in group["tokens"]] for groups, _ in split]
    alignments = search.align(encoded, tokens, lengths)
    for work, result, (groups, following), alignment, length in zip(
        works, results, split, alignments, lengths, strict=True
    ):
        found = passages(groups, alignment, work.seek / FRAMES_PER_SECOND, search.tokenizer.eot)
        _keep(work, result, found, length / FRAMES_PER_SECOND)
        # Where Whisper says that nothing was said up to here, the window is over.
        work.seek = following if following > work.seek else work.frames


def _keep(work: _Work, result: Decoded, found: Sequence[Passage], seconds: float) -> None:
    """Add what was said in a window to its span, and put aside what the guards do not believe."""
    timeline = Timeline(work.audio)
    reason = _disbelief(result, seconds)
    for passage in found:
        words = fitted(passage)
        if not words:
            continue
        late = guards.AFTER_END if passage.start > work.frames / FRAMES_PER_SECOND - 0.05 else ""
        if reason or late:
            work.dropped.append(_dropped(timeline, words, reason or late))
        else:
            for part in _without_loops(work, timeline, words):
                work.segments += _segments(part, timeline, result)


def _disbelief(result: Decoded, seconds: float) -> str:
    if guards.is_silence(result.avg_logprob, result.no_speech_prob):
        return guards.SILENCE
    if guards.is_too_fast(result.text, seconds):
        return guards.TOO_FAST
    return ""


def _without_loops(work: _Work, timeline: Timeline, words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    start = 0
    for loop in guards.loops([word.text for word in words]):
        work.dropped.append(_dropped(timeline, words[loop.start : loop.stop], guards.LOOP))
        yield words[start : loop.start]
        start = loop.stop
    yield words[start:]


def _segments(words: Sequence[Word], timeline: Timeline, result: Decoded) -> Iterator[Segment]:
    in_recording = in_order([timeline.word(word) for word in words])
    for sentence in sentences(in_recording):
        text = _text(sentence)
        if text:
            yield Segment(
                start=sentence[0].start,
                end=sentence[-1].end,
                text=text,
                words=tuple(sentence),
                avg_logprob=round(result.avg_logprob, 3),
                no_speech_prob=round(result.no_speech_prob, 3),
                compression_ratio=round(guards.compression_ratio(text), 3),
            )


def _dropped(timeline: Timeline, words: Sequence[Word], reason: str) -> Dropped:
    return Dropped(timeline.time(words[0].start), timeline.time(words[-1].end), _text(words), reason)


def _text(words: Sequence[Word]) -> str:
    return "".join(word.text for word in words).strip()
