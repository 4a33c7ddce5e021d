"""A file from bytes to text in one process: decoding and cutting run ahead of the model in a thread."""

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transcripts.engine.audio import open_audio
from transcripts.engine.base import Engine, Hypothesis, Options
from transcripts.engine.vad import CutSpan, SpanCutter

SPANS_AHEAD = 16


@dataclass(frozen=True, slots=True)
class Progress:
    """What the model said of the next spans; `position` is seconds of the recording that are done."""

    hypotheses: Sequence[Hypothesis]
    position: float
    duration: float | None
    language: str


def recognise(engine: Engine, path: Path, options: Options) -> Iterator[Progress]:
    """Yield the text of a recording as it comes.

    Args: options: with an empty language it is detected in the first speech.
    Raises: EngineError: the recording cannot be decoded, or the engine failed.
    """
    front = _FrontEnd(path)
    try:
        while spans := front.take(engine.batch_size):
            audio = [span.audio for span in spans]
            if not options.language:
                options = replace(options, language=engine.detect_language(audio).code)
            hypotheses = engine.transcribe(audio, options)
            yield Progress(hypotheses, spans[-1].end, front.duration, options.language)
    finally:
        front.close()


class _FrontEnd:
    """The spans of a file, cut in a thread a little ahead of who takes them."""

    def __init__(self, path: Path) -> None:
        self._stream = open_audio(path)
        self.duration = self._stream.info.duration
        self._spans: queue.Queue[CutSpan | BaseException | None] = queue.Queue(SPANS_AHEAD)
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take(self, most: int) -> list[CutSpan]:
        """Return the next spans that are ready, at least one; none at the end."""
        spans: list[CutSpan] = []
        while len(spans) < most:
            if spans and self._spans.empty():
                break
            item = self._spans.get()
            if isinstance(item, CutSpan):
                spans.append(item)
                continue
            self._spans.put(item)  # for the next call
            if isinstance(item, BaseException) and not spans:
                raise item
            break
        return spans

    def close(self) -> None:
        self._is_closed = True
        while self._thread.is_alive():
            try:
                self._spans.get(timeout=0.1)
            except queue.Empty:
                continue
        self._stream.close()

    def _run(self) -> None:
        cutter = SpanCutter()
        try:
            for block in self._stream:
                self._put(cutter.push(block))
                if self._is_closed:
                    return
            self._put(cutter.finish())
            self._spans.put(None)
        except Exception as error:  # handed to the thread that takes the spans
            self._spans.put(error)

    def _put(self, spans: Sequence[CutSpan]) -> None:
        for span in spans:
            self._spans.put(span)
