import pytest
from django.urls import reverse

from tests.pipeline import AUDIO, receive
from transcripts import preparation
from transcripts.views import audio

pytestmark = pytest.mark.django_db

NOTE = (AUDIO / "note.wav").read_bytes()


@pytest.fixture
def url(alice):
    recording = receive(alice, AUDIO / "note.wav")
    preparation.prepare(recording.pk)
    return reverse("audio", args=[recording.pk])


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        (None, 0, len(NOTE) - 1),
        ("bytes=0-", 0, len(NOTE) - 1),
        ("bytes=100-199", 100, 199),
        ("bytes=-50", len(NOTE) - 50, len(NOTE) - 1),
        (f"bytes=200-{10**12}", 200, len(NOTE) - 1),
        ("bytes=oops", 0, len(NOTE) - 1),
    ],
)
def test_range_is_answered_with_its_bytes(alice_client, url, asked, start, end):
    answer = alice_client.get(url, headers={"Range": asked} if asked else {})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes {start}-{end}/{len(NOTE)}"
    assert answer.content == NOTE[start : end + 1]


def test_answer_is_bounded(alice_client, url, monkeypatch):
    monkeypatch.setattr(audio, "RANGE_BYTES", 1000)
    answer = alice_client.get(url, headers={"Range": "bytes=0-"})
    assert answer["Content-Range"] == f"bytes 0-999/{len(NOTE)}"


def test_range_outside_the_file_is_416(alice_client, url):
    answer = alice_client.get(url, headers={"Range": f"bytes={len(NOTE)}-"})
    assert (answer.status_code, answer["Content-Range"]) == (416, f"bytes */{len(NOTE)}")


def test_head_carries_no_body(alice_client, url):
    answer = alice_client.head(url)
    assert (answer.status_code, answer.content) == (206, b"")


def test_sound_can_do_nothing_but_be_heard(alice_client, url):
    answer = alice_client.get(url)
    assert answer["Content-Type"] == "audio/wav"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_anonymous_hears_nothing(client, url):
    assert client.get(url).status_code == 404
