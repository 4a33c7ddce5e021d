import tracemalloc

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model

from tests.engine import media
from transcripts.engine import vad
from transcripts.engine.vad import FRAME, SpanCutter, SpeechDetector


@pytest.fixture(scope="module")
def meeting():
    return media.samples_of(media.recording("meeting"))


def spans(samples, block):
    cutter = SpanCutter()
    found = [s for i in range(0, len(samples), block) for s in cutter.push(samples[i : i + block])]
    return found + cutter.finish()


@pytest.mark.parametrize("frames", [1, 31, 500])
def test_probabilities_equal_those_of_the_whole_file(meeting, frames):
    samples = meeting[: 60 * 16_000 // FRAME * FRAME]
    whole = get_vad_model()(np.pad(samples, (0, FRAME))).reshape(-1)[:-1]
    detect = SpeechDetector()
    rows = samples.reshape(-1, FRAME)
    streamed = np.concatenate([detect(rows[i : i + frames]) for i in range(0, len(rows), frames)])
    assert np.abs(whole - streamed).max() < 1e-4


def test_spans_are_the_same_however_the_samples_come(meeting):
    outcomes = [spans(meeting, block) for block in (700, 16_000, len(meeting))]
    facts = [
        [(s.position, s.start, s.end, s.audio.pieces, s.audio.samples.sum()) for s in o] for o in outcomes
    ]
    assert facts[0] == facts[1] == facts[2]


def test_pieces_add_up_to_the_samples_and_hold_them(meeting):
    for span in spans(meeting, 16_000):
        assert sum(end - start for start, end in span.audio.pieces) == pytest.approx(
            len(span.audio.samples) / 16_000, abs=0.002
        )
        start, end = (round(t * 16_000) for t in span.audio.pieces[0])
        assert np.array_equal(span.audio.samples[: end - start], meeting[start:end])


def test_spans_are_at_most_thirty_seconds_and_cut_between_words(meeting):
    found = spans(meeting, 16_000)
    assert all(len(span.audio.samples) <= 30 * 16_000 for span in found)
    assert [span.position for span in found] == list(range(len(found)))
    words = [word for turn in media.truth("meeting")["turns"] for word in turn["words"]]
    for span in found[:-1]:
        assert not [word for word in words if word[1] + 0.05 < span.end < word[2] - 0.05]


def test_long_pauses_are_left_out_and_all_speech_is_kept():
    [span] = media.spans_of(media.recording("long-pauses"))
    assert len(span.audio.pieces) == 4
    for turn in media.truth("long-pauses")["turns"]:
        assert any(start <= turn["start"] and turn["end"] <= end for start, end in span.audio.pieces)


@pytest.mark.parametrize("name", ["silence", "noise"])
def test_nothing_comes_of_silence_and_noise(name):
    assert media.spans_of(media.recording(name)) == []


def test_speech_without_a_pause_is_cut_at_the_limit():
    note = media.samples_of(media.NOTE)
    sentence = note[int(0.45 * 16_000) : int(1.9 * 16_000)]
    found = spans(np.tile(sentence, 60), 16_000)
    assert len(found) >= 3
    assert all(len(span.audio.samples) <= 30 * 16_000 for span in found)
    assert found[-1].end == pytest.approx(60 * len(sentence) / 16_000, abs=0.5)


def test_a_long_pause_closes_the_span_before_the_recording_ends():
    note = media.samples_of(media.NOTE)
    cutter = SpanCutter()
    assert cutter.push(note) == []
    [span] = cutter.push(np.zeros(25 * 16_000, np.float32))
    assert span.end == pytest.approx(len(note) / 16_000, abs=0.5)
    assert cutter.finish() == []


def test_the_first_span_closes_earlier_than_the_others(meeting):
    first, second, *_ = spans(meeting, 16_000)
    assert len(first.audio.samples) <= vad.FIRST_SPAN_FRAMES * FRAME < len(second.audio.samples)


def test_memory_does_not_grow_with_length(meeting):
    cutter = SpanCutter()
    peaks = []
    tracemalloc.start()
    for _ in range(3):
        tracemalloc.reset_peak()
        for i in range(0, len(meeting), 16_000):
            cutter.push(meeting[i : i + 16_000])
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[2] < peaks[0] * 1.2 + 1e6
