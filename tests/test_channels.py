"""A recording whose channels are heard for themselves, each somebody who speaks."""

from collections import defaultdict
from pathlib import Path

import av
import jiwer
import numpy as np
import pytest

from tests.engine.media import plain, truth
from tests.pipeline import AUDIO, receive, text_of, transcribe, work
from transcripts import editing, finishing, original, preparation, reruns
from transcripts.api.spoken import spoken
from transcripts.engine.audio import open_audio
from transcripts.engine.channels import ChannelCutter, has_voices_apart
from transcripts.engine.errors import AudioError
from transcripts.models import Recording
from transcripts.rows import row_of

CALL = AUDIO / "call-two-channels.flac"
NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."


def cut(path: Path, block: int) -> list[tuple]:
    """Return the spans of a file whose samples come in blocks of this length."""
    with open_audio(path, is_apart=True) as stream:
        samples = np.concatenate(list(stream))
        cutter = ChannelCutter(stream.info.channels)
    spans = [s for n in range(0, len(samples), block) for s in cutter.push(samples[n : n + block])]
    spans += cutter.finish()
    return sorted((s.position, s.channel, s.start, s.end, s.audio.samples.sum()) for s in spans)


def test_spans_are_the_same_however_the_samples_come():
    assert cut(CALL, 16_000) == cut(CALL, 100_003)


def test_channels_come_apart(tmp_path):
    rate = 16_000
    tones = [np.sin(np.arange(rate) * 2 * np.pi * 100 * (n + 1) / rate) * 0.5 for n in range(6)]
    path = tmp_path / "six.wav"
    write_wav(path, np.stack(tones, axis=1), rate)
    with open_audio(path, is_apart=True) as stream:
        samples = np.concatenate(list(stream))
    assert samples.shape == (rate, 6)
    for channel, tone in enumerate(tones):
        assert np.abs(samples[:, channel] - tone).max() < 0.001


def test_more_channels_than_people_have_microphones_are_refused(tmp_path):
    path = tmp_path / "nine.wav"
    write_wav(path, np.zeros((16_000, 9)), 16_000)
    with pytest.raises(AudioError, match="more than the 8 channels"):
        open_audio(path, is_apart=True)


def write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    channels = samples.shape[1]
    with av.open(str(path), "w", format="wav") as output:
        stream = output.add_stream("pcm_s16le", rate=rate, layout=av.AudioLayout(f"{channels} channels"))
        data = np.ascontiguousarray(np.round(samples * 32767).astype("<i2").reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(data, format="s16", layout=stream.layout)
        frame.sample_rate = rate
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))


def in_one_room(call: np.ndarray) -> np.ndarray:
    """Return what two microphones in one room hear of it: the second a little later, fainter, with noise."""
    mixed = call.sum(axis=1)
    noise = np.random.default_rng(1).normal(0, 0.001, len(mixed))
    return np.stack([mixed, 0.6 * np.roll(mixed, 100) + noise], axis=1)


OTHERS = {
    "stereo": in_one_room,
    "copy": lambda call: np.stack([call[:, 0], call[:, 0]], axis=1),
    "silence": lambda call: np.stack([call[:, 0], np.zeros(len(call))], axis=1),
    "mono": lambda call: call[:, :1],
}


def test_channels_of_a_call_are_voices_and_those_of_other_recordings_are_not(tmp_path):
    assert has_voices_apart(CALL)
    with open_audio(CALL, is_apart=True) as stream:
        call = np.concatenate(list(stream))
    for name, change in OTHERS.items():
        write_wav(tmp_path / f"{name}.wav", change(call) * 0.5, 16_000)
        assert not has_voices_apart(tmp_path / f"{name}.wav"), name


def said_by(recording: Recording) -> dict[str, str]:
    texts = defaultdict(list)
    for segment in recording.transcript.segments.select_related("speaker"):
        texts[str(segment.speaker)].append(segment.text)
    return {name: plain(" ".join(said)) for name, said in texts.items()}


def error_rate(name: str, said: str) -> float:
    turns = truth("call-two-channels")["turns"]
    return jiwer.wer(plain(" ".join(turn["text"] for turn in turns if turn["speaker"] == name)), said)


def spans_of(recording: Recording) -> list[tuple]:
    return list(recording.spans.values_list("pk", "position", "channel", "start", "end"))


@pytest.mark.django_db
def test_each_channel_is_a_speaker_whose_words_stand_in_the_order_of_time(alice):
    call = work(receive(alice, CALL, is_diarized=True))
    assert (call.state, call.message, call.channel_count) == ("done", "", 2)
    said = said_by(call)
    assert said.keys() == {"Speaker 1", "Speaker 2"}
    assert error_rate("Ann", said["Speaker 1"]) < 0.2
    assert error_rate("Ben", said["Speaker 2"]) < 0.1
    check_order(call)
    check_restart(call)
    check_run_again(call)
    check_taken_back(call)


def check_order(call: Recording) -> None:
    segments = list(call.transcript.segments.select_related("speaker"))
    assert [s.start for s in segments] == sorted(s.start for s in segments)
    told = spoken(call)
    assert told.channels == [0, 1]
    assert [(s.voice, s.text) for s in told.segments] == [(s.speaker.number - 1, s.text) for s in segments]
    assert row_of(call).first_words.startswith(f"{segments[0].text} {segments[1].text}")


def check_restart(call: Recording) -> None:
    """Preparing it anew, as after a kill, gives the same spans, which are not heard again."""
    before = spans_of(call)
    Recording.objects.update(state=Recording.State.QUEUED)
    preparation.prepare(call.pk)
    assert spans_of(call) == before
    finishing.finish(call.pk)
    call.refresh_from_db()
    assert call.state == Recording.State.DONE


def check_run_again(call: Recording) -> None:
    """What another run hears of one channel does not touch the other's."""
    before = said_by(call)
    call.transcript.segments.filter(speaker__number=2).update(text="Nothing of the kind.")
    assert any(pair.is_changed for pair in original.pairs(call.transcript))
    rerun = reruns.start(call, call.owner, reruns.Wishes())
    reruns.cut(rerun.pk)
    transcribe(call)
    reruns.conclude(rerun.pk)
    assert said_by(call) == before
    assert not any(pair.is_changed for pair in original.pairs(call.transcript))
    starts = list(call.transcript.segments.values_list("start", flat=True))
    assert starts == sorted(starts)


def check_taken_back(call: Recording) -> None:
    """A span that comes to have other bounds takes its own channel's segments away, but nobody's work."""
    before = said_by(call)
    kept = call.transcript.segments.filter(speaker__number=2).first()
    editing.correct(kept, "I wrote this.", kept.version)
    for hypothesis in call.transcript.hypotheses.filter(span__channel=1):
        preparation.discard(hypothesis)
    assert said_by(call) == {"Speaker 1": before["Speaker 1"], "Speaker 2": "i wrote this"}


@pytest.mark.django_db
def test_mono_file_has_one_channel(alice):
    recording = work(receive(alice, AUDIO / "note.wav", is_multichannel=True))
    assert text_of(recording) == NOTE
    assert {str(s.speaker) for s in recording.transcript.segments.all()} == {"Speaker 1"}
