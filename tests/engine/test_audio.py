import os
import random
import re
import struct
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.engine import media
from transcripts.engine import audio
from transcripts.engine.audio import make_playable, media_type, open_audio
from transcripts.engine.errors import AudioError

SECONDS = 7.294
# What hangs, or decodes for hours, takes longer even where the machine is idle.
HANGING_SECONDS = 60


def refusal(path: Path, max_hours: float = 24.0) -> str:
    with pytest.raises(AudioError) as caught, open_audio(path, max_hours) as stream:
        list(stream)
    assert caught.value.permanent
    return str(caught.value)


@pytest.mark.parametrize("extension", media.RECIPES)
def test_all_samples_come_of_every_format(extension, tmp_path):
    path = media.make(tmp_path / f"note.{extension}", media.RECIPES[extension])
    samples = media.samples_of(path)
    assert len(samples) / 16_000 == pytest.approx(SECONDS, abs=0.15)
    assert samples.dtype == np.float32
    assert 0.1 < np.abs(samples).max() <= 1.0


@pytest.mark.parametrize("recipe", [media.RECORDER, media.FRAGMENTED], ids=["webm", "mp4"])
def test_all_samples_come_of_what_a_recorder_writes(recipe, tmp_path):
    path = media.make(tmp_path / "recorded", recipe)
    assert len(media.samples_of(path)) / 16_000 == pytest.approx(SECONDS, abs=0.15)


def test_samples_are_exact_where_nothing_is_converted():
    assert np.array_equal(media.samples_of(media.NOTE), media.note_samples()[0] / np.float32(32768))


def test_info_tells_of_the_file(tmp_path):
    path = media.make(tmp_path / "video.mp4", media.RECIPES["mp4"])
    with open_audio(path) as stream:
        assert (stream.info.format, stream.info.codec, stream.info.has_video) == ("mp4", "aac", True)
        assert stream.info.duration == pytest.approx(SECONDS, abs=0.1)


def test_info_has_no_duration_while_the_container_names_none(tmp_path):
    with open_audio(media.make(tmp_path / "live.webm", media.RECORDER)) as stream:
        assert stream.info.duration is None
        list(stream)
        assert not stream.is_truncated


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("note.txt", "words " * 1000)


FOREIGN = {
    "text.wav": lambda path: path.write_text("These are only words.\n" * 500),
    "zip.wav": zipped,
    "picture.png": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 500),
    "document.pdf": lambda path: path.write_bytes(b"%PDF-1.7\n" + b"1 0 obj\n<<>>\nendobj\n" * 50),
    "concat.wav": lambda path: path.write_text(f"ffconcat version 1.0\nfile {media.NOTE}\n"),
    "playlist.m3u8": lambda path: path.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{media.NOTE}\n#EXT-X-ENDLIST\n"
    ),
    "session.wav": lambda path: path.write_text(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"
    ),
    "noise.bin": lambda path: path.write_bytes(b"\x00" + random.Random(1).randbytes(5000)),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_media_is_refused_at_once(name, tmp_path):
    path = tmp_path / name
    FOREIGN[name](path)
    started = time.monotonic()
    assert refusal(path) == audio.MESSAGES["not_audio"]
    assert time.monotonic() - started < HANGING_SECONDS


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.wav"
    path.touch()
    assert refusal(path) == audio.MESSAGES["empty"]


def test_a_missing_file_is_refused(tmp_path):
    assert refusal(tmp_path / "nothing.wav") == audio.MESSAGES["unreadable"]


def test_a_video_without_sound_is_refused(tmp_path):
    path = media.make(tmp_path / "silent.mp4", media.SILENT_VIDEO)
    assert refusal(path) == audio.MESSAGES["no_audio_stream"]


def test_zero_seconds_are_refused(tmp_path):
    path = tmp_path / "nothing.wav"
    path.write_bytes(media.NOTE.read_bytes()[:40] + struct.pack("<I", 0))
    assert refusal(path) == audio.MESSAGES["no_samples"]


def test_an_index_that_never_came_is_called_damage(tmp_path):
    path = media.make(tmp_path / "note.mp4", media.RECIPES["mp4"])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refusal(path) == audio.MESSAGES["corrupt"]


def bomb(path: Path) -> Path:
    """Write 8 kB of FLAC whose header claims 111 hours at 1 Hz."""
    bits = (1 << 44) | (0 << 41) | (15 << 36) | 400_000
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + bits.to_bytes(8, "big") + bytes(16)
    path.write_bytes(b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info + b"\xff\xf8\xc9\x08" * 2080)
    return path


def test_a_small_file_that_claims_a_hundred_hours_is_refused_and_not_decoded(tmp_path):
    started = time.monotonic()
    assert refusal(bomb(tmp_path / "bomb.flac")) == audio.MESSAGES["implausible"]
    assert time.monotonic() - started < HANGING_SECONDS


def test_a_file_longer_than_allowed_is_refused():
    assert "longer than the 0.001 hours allowed" in refusal(media.NOTE, max_hours=0.001)


def test_a_recording_that_hides_its_length_is_stopped_at_the_limit(tmp_path):
    path = media.make(tmp_path / "live.webm", media.RECORDER)
    assert "longer than the 0.001 hours allowed" in refusal(path, max_hours=0.001)


@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "ogg", "webm", "aac"])
def test_a_truncated_file_yields_what_it_holds(extension, tmp_path):
    path = media.make(tmp_path / f"note.{extension}", media.RECIPES[extension])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 1.5 < len(media.samples_of(path)) / 16_000 < 5.0


@pytest.mark.parametrize("extension", ["wav", "flac", "webm"])
def test_a_truncated_file_says_so(extension, tmp_path):
    path = media.make(tmp_path / f"note.{extension}", media.RECIPES[extension])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with open_audio(path) as stream:
        list(stream)
        assert stream.is_truncated


def test_a_whole_file_is_not_called_truncated():
    with open_audio(media.NOTE) as stream:
        list(stream)
        assert not stream.is_truncated


def mutated(data: bytes, seed: int) -> bytes:
    choose = random.Random(seed)
    changed = bytearray(data)
    for _ in range(choose.choice((1, 4, 32))):
        start = choose.randrange(len(changed))
        changed[start : start + choose.choice((1, 2, 8, 64))] = choose.randbytes(choose.choice((1, 2, 8, 64)))
    return bytes(changed[: choose.randrange(1, len(changed))] if choose.random() < 0.2 else changed)


@pytest.mark.slow
@pytest.mark.parametrize("extension", media.RECIPES)
def test_mutated_files_give_audio_or_a_sentence(extension, tmp_path):
    sound = media.note_samples()[:, :16_000]
    data = media.make(tmp_path / "whole", media.RECIPES[extension], sound).read_bytes()
    path = tmp_path / "mutated"
    for seed in range(12):
        path.write_bytes(mutated(data, seed))
        samples, sentence = outcome(path)
        assert len(samples) or re.fullmatch(r"[A-Z][^\n]+\.", sentence)


def outcome(path: Path) -> tuple[np.ndarray, str]:
    try:
        return media.samples_of(path), ""
    except AudioError as error:
        return np.zeros(0, np.float32), str(error)


def test_the_child_ends_when_the_stream_is_closed():
    with open_audio(media.recording("meeting")) as stream:
        next(iter(stream))
        child = stream._child
    assert child.returncode is not None


def test_the_child_gets_no_secret(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hidden")
    with open_audio(media.recording("meeting")) as stream:
        environment = Path(f"/proc/{stream._child.pid}/environ").read_bytes()
    assert b"PARENT_PID" in environment
    assert b"hidden" not in environment


def test_a_child_that_hangs_is_ended_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "STALL_SECONDS", 0.3)
    fifo = tmp_path / "pipe.wav"
    os.mkfifo(fifo)
    assert refusal(fifo) == audio.MESSAGES["limits"]


@pytest.mark.parametrize(
    "extension", ["flac", "m4a", "mp3", "mp4", "oga", "ogg", "opus", "wav", "webm", "mov"]
)
def test_no_copy_is_made_of_what_browsers_play(extension, tmp_path):
    path = media.make(tmp_path / f"note.{extension}", media.RECIPES[extension])
    assert make_playable(path, tmp_path / "copy") is None
    assert not (tmp_path / "copy").exists()


PLAYABLE = {
    "mpeg": ("audio/mp4", "aac"),
    "mkv": ("video/mp4", "aac"),
    "aac": ("audio/mp4", "aac"),
    "wma": ("audio/mp4", "aac"),
    "amr": ("audio/mp4", "aac"),
    "aiff": ("audio/mp4", "aac"),
    "avi": ("audio/mp4", "mp3"),
}


@pytest.mark.parametrize("extension", PLAYABLE)
def test_a_playable_copy_is_made_of_what_browsers_refuse(extension, tmp_path):
    path = media.make(tmp_path / f"note.{extension}", media.RECIPES[extension])
    kind, codec = PLAYABLE[extension]
    assert make_playable(path, tmp_path / "copy") == kind
    with open_audio(tmp_path / "copy") as stream:
        assert stream.info.codec == codec
        assert sum(len(block) for block in stream) / 16_000 == pytest.approx(SECONDS, abs=0.2)


def test_a_recording_of_the_browser_gets_a_duration_and_an_index_in_front(tmp_path):
    path = media.make(tmp_path / "live.webm", media.RECORDER)
    assert make_playable(path, tmp_path / "copy") == "audio/webm"
    with open_audio(tmp_path / "copy") as stream:
        assert stream.info.duration == pytest.approx(SECONDS, abs=0.1)
    data = (tmp_path / "copy").read_bytes()
    cues, first_cluster = data.rfind(b"\x1c\x53\xbb\x6b"), data.find(b"\x1f\x43\xb6\x75", 400)
    assert 0 < cues < first_cluster


def test_a_fragmented_recording_gets_its_index_in_front(tmp_path):
    path = media.make(tmp_path / "live.mp4", media.FRAGMENTED)
    assert make_playable(path, tmp_path / "copy") == "audio/mp4"
    data = (tmp_path / "copy").read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    assert b"moof" not in data


def test_no_copy_of_a_bad_file_is_left_behind(tmp_path):
    path = tmp_path / "words.wav"
    path.write_text("only words")
    with pytest.raises(AudioError):
        make_playable(path, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == [path]


def test_an_unknown_container_is_served_as_bytes():
    assert media_type("avi") == "application/octet-stream"
    assert media_type("webm", has_video=True) == "video/webm"
    assert media_type("mp4") == "audio/mp4"
