"""Links whose text comes while their files still do."""

import ipaddress
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.media import RECIPES, make
from tests.file_server import FileServer, file_server, ranges
from tests.pipeline import AUDIO, receive, text_of, transcribe, work
from tests.test_live import NOTE, follower, long_samples, long_text, look
from transcripts import ingest, preparation, url_import
from transcripts.models import Recording
from transcripts.wishes import Wishes

__all__ = ("follower",)

pytestmark = pytest.mark.django_db

State = Recording.State


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """Speech for more than one span."""
    return make(tmp_path_factory.mktemp("media") / "talk.wav", RECIPES["wav"], long_samples())


@pytest.fixture
def talk(path) -> bytes:
    return path.read_bytes()


@pytest.fixture
def take_most(alice, settings, monkeypatch, talk) -> Callable[[FileServer], Recording]:
    """Import nine tenths of the talk from a server; then it is another's turn."""
    monkeypatch.setattr(url_import, "PIECE_BYTES", len(talk) * 9 // 10)
    monkeypatch.setattr(url_import, "TURN_SECONDS", 0.0)

    def take_most(server: FileServer) -> Recording:
        settings.STT_IMPORT_ALLOW = [ipaddress.ip_network("127.0.0.1/32")]
        settings.STT_IMPORT_PORTS = [server.port]
        recording, waiting = (url_import.begin(alice, server.url(), Wishes()) for _ in range(2))
        url_import.fetch(recording.pk)
        ingest.delete(waiting)
        recording.refresh_from_db()
        assert recording.state == State.RECEIVING
        return recording

    return take_most


def test_text_of_a_link_comes_before_its_last_bytes(take_most, follower, talk, path, bob):
    with file_server(ranges(talk, [])) as server:
        recording = take_most(server)
        look(follower, lambda: recording.spans.exists())
        transcribe(recording)
        assert text_of(recording).startswith(NOTE)
        url_import.fetch(recording.pk)
    look(follower, lambda: not follower.followed)
    recording.refresh_from_db()
    assert recording.state == State.TRANSCRIBING
    transcribe(recording)
    assert text_of(recording) == long_text()
    assert text_of(recording) == text_of(work(receive(bob, path)))


def test_text_of_a_file_that_was_replaced_at_its_server_is_withdrawn(take_most, follower, talk):
    with file_server(ranges(talk, [], etag='"old"')) as server:
        recording = take_most(server)
        look(follower, lambda: recording.spans.exists())
        transcribe(recording)
        server.answer = ranges((AUDIO / "note.wav").read_bytes(), [], etag='"new"')
        url_import.fetch(recording.pk)
    assert text_of(recording) == ""
    look(follower, lambda: not follower.followed)
    preparation.prepare(recording.pk)
    transcribe(recording)
    assert text_of(recording) == NOTE
