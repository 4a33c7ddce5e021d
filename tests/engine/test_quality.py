"""Our text against the truth, and against the best that bare faster-whisper makes of the same files."""

import jiwer
import pytest
from faster_whisper import BatchedInferencePipeline, WhisperModel

from tests.engine import media
from transcripts.engine.base import Options
from transcripts.engine.models import DEMO_MODEL
from transcripts.engine.whisper import WhisperEngine

RECORDINGS = ["meeting", "spanish", "german", "long-pauses"]
MARGIN = 1.0  # points of word error rate
START_SECONDS = 0.5
START_SHARE = 0.9


@pytest.fixture(scope="module")
def engine():
    return WhisperEngine(DEMO_MODEL, device="cpu", threads=1)


@pytest.fixture(scope="module")
def bare():
    return WhisperModel(str(DEMO_MODEL), device="cpu", compute_type="int8", cpu_threads=1)


@pytest.fixture(scope="module")
def transcribed(engine):
    done = {}

    def segments(name, task="transcribe"):
        if (name, task) not in done:
            audio = [span.audio for span in media.spans_of(media.recording(name))]
            hypotheses = engine.transcribe(audio, Options(media.truth(name)["language"], task))
            done[name, task] = [segment for hypothesis in hypotheses for segment in hypothesis.segments]
        return done[name, task]

    return segments


def error_rate(name, segments, field="text"):
    expected = " ".join(turn[field] for turn in media.truth(name)["turns"])
    said = " ".join(segment.text for segment in segments)
    return 100 * jiwer.wer(media.plain(expected), media.plain(said))


def best_of_bare(model, name):
    path, language = str(media.recording(name)), media.truth(name)["language"]
    sequential, _ = model.transcribe(path, language=language, beam_size=5, condition_on_previous_text=False)
    batched, _ = BatchedInferencePipeline(model).transcribe(path, language=language, without_timestamps=False)
    return min(error_rate(name, list(segments)) for segments in (sequential, batched))


@pytest.mark.parametrize("name", RECORDINGS)
def test_words_are_as_good_as_bare_faster_whispers_best(name, transcribed, bare):
    assert error_rate(name, transcribed(name)) <= best_of_bare(bare, name) + MARGIN


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_segment_begins_where_each_turn_begins(name, transcribed):
    """For each true turn, the nearest beginning of a segment: a turn that was missed counts against us."""
    starts = [segment.start for segment in transcribed(name)]
    turns = [turn["start"] for turn in media.truth(name)["turns"]]
    near = [min(abs(start - turn) for start in starts) <= START_SECONDS for turn in turns]
    assert sum(near) / len(near) >= START_SHARE


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_turn_begins_where_each_segment_begins(name, transcribed):
    """For each segment, the true turn that overlaps it most: segments in wrong places count against us."""
    turns = media.truth(name)["turns"]

    def overlap(segment, turn):
        return min(segment.end, turn["end"]) - max(segment.start, turn["start"])

    segments = transcribed(name)
    owners = [max(turns, key=lambda turn, s=s: overlap(s, turn)) for s in segments]
    near = [abs(s.start - turn["start"]) <= START_SECONDS for s, turn in zip(segments, owners, strict=True)]
    assert sum(near) / len(near) >= START_SHARE


@pytest.mark.parametrize("name", ["spanish", "german"])
def test_speech_is_translated(name, transcribed):
    assert error_rate(name, transcribed(name, "translate"), "english") <= 15.0


@pytest.mark.parametrize("name", ["silence", "noise"])
def test_nothing_is_written_where_nobody_speaks(name):
    assert media.spans_of(media.recording(name)) == []
