import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.engine import media
from transcripts.engine import decoding, guards
from transcripts.engine.base import Options, SpanAudio
from transcripts.engine.errors import EngineError, LanguageUnsupported, ModelUnavailable, OutOfMemory
from transcripts.engine.models import DEMO_MODEL
from transcripts.engine.whisper import WhisperEngine


@pytest.fixture(scope="module")
def engine():
    return WhisperEngine(DEMO_MODEL, device="cpu", threads=1)


@pytest.fixture(scope="module")
def note():
    return [span.audio for span in media.spans_of(media.NOTE)]


@pytest.fixture(scope="module")
def meeting():
    return [span.audio for span in media.spans_of(media.recording("meeting"))][:4]


def texts(hypotheses):
    return [segment.text for hypothesis in hypotheses for segment in hypothesis.segments]


def test_each_sentence_of_the_note_is_a_segment(engine, note):
    assert texts(engine.transcribe(note, Options("en"))) == [
        "This is a test of the recording.",
        "The meeting starts at nine.",
        "Maria will send the report on Friday.",
    ]


def test_words_are_in_order_within_their_segments_and_the_pieces(engine, meeting):
    for span, hypothesis in zip(meeting, engine.transcribe(meeting, Options("en")), strict=True):
        last = span.pieces[0][0]
        for segment in hypothesis.segments:
            assert "".join(word.text for word in segment.words).strip() == segment.text
            assert (segment.start, segment.end) == (segment.words[0].start, segment.words[-1].end)
            for word in segment.words:
                assert last <= word.start <= word.end <= span.pieces[-1][1]
                assert round(word.start, 3) == word.start
                assert 0.0 <= word.probability <= 1.0
                last = word.end


def test_a_span_gives_the_same_alone_as_in_a_batch(engine, meeting):
    together = engine.transcribe(meeting, Options("en"))
    assert [engine.transcribe([span], Options("en"))[0].segments for span in meeting] == [
        hypothesis.segments for hypothesis in together
    ]


@pytest.mark.parametrize(("name", "code"), [("spanish", "es"), ("german", "de"), ("meeting", "en")])
def test_the_language_is_detected(engine, name, code):
    found = engine.detect_language([span.audio for span in media.spans_of(media.recording(name))])
    assert found.code == code
    assert found.probability > 0.9


def test_no_language_is_found_without_speech(engine):
    with pytest.raises(EngineError, match="no speech"):
        engine.detect_language([])


def test_a_long_prompt_is_cut_to_what_the_model_takes(engine, note):
    [hypothesis] = engine.transcribe(note, Options("en", prompt="Maria and Peter, the report. " * 200))
    assert isinstance(hypothesis.segments, tuple)


def test_an_unknown_language_is_a_permanent_error(engine, note):
    with pytest.raises(LanguageUnsupported, match="“xx” is not a language") as caught:
        engine.transcribe(note, Options("xx"))
    assert caught.value.permanent


def test_a_language_that_this_model_does_not_know_is_a_permanent_error(engine, note):
    with pytest.raises(LanguageUnsupported, match="does not know Cantonese: choose another model") as caught:
        engine.transcribe(note, Options("yue"))
    assert caught.value.permanent


@pytest.mark.parametrize("seconds", [0.01, 0.3, 30.0])
def test_nothing_breaks_on_silence_of_any_length(engine, seconds):
    silence = SpanAudio(np.zeros(int(seconds * 16_000), np.float32), ((0.0, seconds),))
    [hypothesis] = engine.transcribe([silence], Options("en"))
    assert len(hypothesis.segments) <= 1


def test_a_batch_that_does_not_fit_is_halved(note, meeting, monkeypatch):
    engine = WhisperEngine(DEMO_MODEL, device="cpu", threads=1, batch_size=4)
    generate = decoding.Search._generate

    def crowded(self, encoded, count, **how):
        if count > 1:
            raise RuntimeError("CUDA failed with error out of memory")
        return generate(self, encoded, count, **how)

    expected = texts(engine.transcribe(meeting, Options("en")))
    monkeypatch.setattr(decoding.Search, "_generate", crowded)
    assert texts(engine.transcribe(meeting, Options("en"))) == expected
    assert engine.batch_size == 1


def test_too_little_memory_for_one_span_is_said(note, monkeypatch):
    engine = WhisperEngine(DEMO_MODEL, device="cpu", threads=1)

    def full(self, encoded, count, **how):
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(decoding.Search, "_generate", full)
    with pytest.raises(OutOfMemory, match="too little memory"):
        engine.transcribe(note, Options("en"))


def test_doubtful_text_is_decoded_again_and_what_stays_of_a_loop_is_cut(engine, note, monkeypatch):
    generate = decoding.Search._generate
    temperatures = []

    def looping(self, encoded, count, **how):
        temperatures.append(how.get("sampling_temperature", 0.0))
        tokens = (self.tokenizer.timestamp_begin, *self.tokenizer.encode(" the report is here" * 6))
        return [
            replace(r, tokens=tokens, text=self.tokenizer.decode(list(tokens)))
            for r in generate(self, encoded, count, **how)
        ]

    monkeypatch.setattr(decoding.Search, "_generate", looping)
    [hypothesis] = engine.transcribe(note, Options("en"))
    assert temperatures == [0.0, *decoding.TEMPERATURES]
    assert texts([hypothesis]) == ["the report is here the report is here"]
    [dropped] = hypothesis.dropped
    assert dropped.reason == guards.LOOP
    assert dropped.text.startswith("the report is here the report is here")


def test_what_is_drawn_by_lot_is_the_same_in_each_process():
    code = """if True:
        import numpy as np
        from tests.engine import media
        from transcripts.engine.base import Options, SpanAudio
        from transcripts.engine.models import DEMO_MODEL
        from transcripts.engine.whisper import WhisperEngine

        engine, noise = WhisperEngine(DEMO_MODEL, device="cpu", threads=1), np.random.default_rng(0)
        for span in media.spans_of(media.recording("meeting"))[:2]:
            samples = span.audio.samples + 0.1 * noise.standard_normal(len(span.audio.samples))
            noisy = SpanAudio(samples.astype(np.float32), span.audio.pieces)
            print(engine.transcribe([noisy] * 3, Options("en", temperature=1.0)))
    """
    first, second = (subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2))
    assert first == second
    assert len({line.partition("text=")[2] for line in first.split("Hypothesis(")}) > 3


def test_text_where_nobody_speaks_is_dropped_with_the_reason(engine, note, monkeypatch):
    generate = decoding.Search._generate

    def unsure(self, *args, **how):
        return [replace(r, avg_logprob=-1.4, no_speech_prob=0.9) for r in generate(self, *args, **how)]

    monkeypatch.setattr(decoding.Search, "_generate", unsure)
    [hypothesis] = engine.transcribe(note, Options("en"))
    assert hypothesis.segments == ()
    assert {dropped.reason for dropped in hypothesis.dropped} == {guards.SILENCE}


def test_a_folder_without_a_model_is_unavailable(tmp_path):
    with pytest.raises(ModelUnavailable, match="no speech model"):
        WhisperEngine(tmp_path)


def test_a_damaged_model_is_unavailable(tmp_path):
    shutil.copytree(DEMO_MODEL, tmp_path / "model")
    (tmp_path / "model" / "model.bin").write_bytes(b"\0" * 1000)
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        WhisperEngine(tmp_path / "model", device="cpu")
