"""Recordings that are followed while something else goes wrong: each ends well, and holds up no other."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.pipeline import AUDIO, receive, text_of
from tests.test_live import (
    NOTE,
    PATIENCE_SECONDS,
    begin,
    decoder_of,
    end,
    follower,
    look,
    note_webm,
    send,
    stop_decoding,
    transcribe,
)
from transcripts import live, preparation
from transcripts.engine import children
from transcripts.engine.errors import ReaderKilled
from transcripts.models import Recording

__all__ = ("follower", "note_webm")

pytestmark = pytest.mark.django_db

State = Recording.State


def begin_two(owner, path: Path) -> list[Recording]:
    """Two recordings of the same, which are not taken for one."""
    first, second = (begin(owner, path) for _ in range(2))
    Recording.objects.filter(pk=second.pk).update(language="en")
    return [first, second]


def test_recording_that_cannot_be_written_holds_up_no_other(alice, follower, note_webm):
    data = note_webm.read_bytes()
    broken, good = begin_two(alice, note_webm)
    for recording in (broken, good):
        send(recording, data[:-20_000])
    # No folder can be made there.
    broken.spans_folder.write_text("")
    look(follower, lambda: good.spans.exists() and Recording.objects.get(pk=broken.pk).can_stream is False)
    assert broken.pk not in follower.followed
    assert not broken.spans.exists()
    broken.spans_folder.unlink()
    for recording in (broken, good):
        send(recording, data[-20_000:])
        end(recording)
    look(follower, lambda: not follower.followed)
    preparation.prepare(broken.pk)
    for recording in (broken, good):
        transcribe(recording)
        assert text_of(recording) == NOTE


def test_recordings_go_on_live_when_their_decoders_are_killed(alice, follower, note_webm):
    data = note_webm.read_bytes()
    recordings = begin_two(alice, note_webm)
    for recording in recordings:
        send(recording, data[: len(data) * 2 // 3])
    look(follower, lambda: all(recording.spans.exists() for recording in recordings))
    killed = [decoder_of(follower, recording) for recording in recordings]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    look(
        follower,
        lambda: all(r.pk in follower.followed and decoder_of(follower, r) not in killed for r in recordings),
    )
    for recording in recordings:
        send(recording, data[len(data) * 2 // 3 :])
        end(recording)
    look(follower, lambda: not follower.followed)
    for recording in recordings:
        transcribe(recording)
        recording.refresh_from_db()
        assert (recording.can_stream, text_of(recording)) == (True, NOTE)


@pytest.fixture
def stuck(alice, follower, note_webm) -> Recording:
    """One that is complete, and whose decoder hangs."""
    recording = begin(alice, note_webm)
    data = note_webm.read_bytes()
    send(recording, data[:-20_000])
    look(follower, lambda: recording.spans.exists())
    stop_decoding(follower, recording)
    send(recording, data[-20_000:])
    end(recording)
    return recording


def test_decoder_that_hangs_after_the_end_is_given_up(stuck, follower, monkeypatch):
    monkeypatch.setattr(live, "STALL_SECONDS", -1.0)
    look(follower, lambda: not follower.followed)
    preparation.prepare(stuck.pk)
    transcribe(stuck)
    assert text_of(stuck) == NOTE


def test_follower_waits_where_a_complete_recording_has_nothing_ready(stuck, follower):
    assert not follower.look()
    assert not follower.look()
    assert stuck.pk in follower.followed


def kill_decoders() -> None:
    for path in Path("/proc").glob("[0-9]*/stat"):
        # Others end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == children._serving()._process.pid:
                os.kill(int(path.parent.name), signal.SIGKILL)


def test_recording_whose_decoder_is_killed_is_prepared_again(alice, monkeypatch):
    # A decoder that the server is too busy to start is no child of it.
    children._serving()._channel.settimeout(PATIENCE_SECONDS)
    recording = receive(alice, AUDIO / "meeting.flac")

    def kill_at(name: str) -> None:
        if name == "span-written":
            kill_decoders()

    with monkeypatch.context() as patch:
        patch.setattr(preparation, "failpoint", kill_at)
        with pytest.raises(ReaderKilled):
            preparation.prepare(recording.pk)
    recording.refresh_from_db()
    assert (recording.state, recording.lease_until) == (State.PREPARING, None)
    preparation.prepare(recording.pk)
    recording.refresh_from_db()
    assert (recording.state, recording.message) == (State.TRANSCRIBING, "")
    assert recording.duration > 60
