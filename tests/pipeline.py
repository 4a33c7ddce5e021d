"""Recordings on their way through the real pipeline, in the test's own process."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from transcripts import finishing, ingest, leases, preparation, speech, transcription
from transcripts.engine.base import Engine, Hypothesis, Language, Options, SpanAudio
from transcripts.models import Recording
from transcripts.wishes import Wishes

AUDIO = Path(__file__).parent / "audio"
# Of a recording in these tests: none has so many.
MOST_BATCHES = 1000


class Remembering:
    """The real engine, asked once for the same speech: hundreds of tests begin with the same note."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.batch_size = engine.batch_size
        self.said: dict[object, list[Hypothesis]] = {}
        self.languages: dict[object, Language] = {}

    def detect_language(self, spans: Sequence[SpanAudio]) -> Language:
        key = _key(spans)
        if key not in self.languages:
            self.languages[key] = self.engine.detect_language(spans)
        return self.languages[key]

    def transcribe(self, spans: Sequence[SpanAudio], options: Options) -> list[Hypothesis]:
        key = (_key(spans), options)
        if key not in self.said:
            self.said[key] = self.engine.transcribe(spans, options)
        return self.said[key]


def _key(spans: Sequence[SpanAudio]) -> tuple[object, ...]:
    return tuple((hashlib.sha256(span.samples.tobytes()).digest(), span.pieces) for span in spans)


speech._engines = speech.Engines(lambda path: Remembering(speech._load(path)))
# Nobody else sees the rows of a test's transaction, and on SQLite a renewal would wait for its end.
leases.RENEW_SECONDS = 3600


def receive(owner, path: Path, **wishes) -> Recording:
    """Take a file in as an upload does, without working on it."""
    return ingest.take_file(owner, Wishes(file_name=path.name, **wishes), path)


def transcribe(recording: Recording) -> None:
    """Let the engine hear what is prepared, until nothing is left."""
    for _ in range(MOST_BATCHES):
        if not transcription.claimable(recording).exists():
            return
        transcription.transcribe(recording.pk)
    raise AssertionError("there is no end to what is to be heard")


def work(recording: Recording) -> Recording:
    """Do what the workers would, until nothing is left to do."""
    preparation.prepare(recording.pk)
    transcribe(recording)
    finishing.finish(recording.pk)
    recording.refresh_from_db()
    return recording


def text_of(recording: Recording) -> str:
    return " ".join(recording.transcript.segments.values_list("text", flat=True))
