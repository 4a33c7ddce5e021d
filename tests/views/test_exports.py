"""Taking recordings away, and bringing text back."""

import asyncio
import io
import json
import zipfile

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse

from tests.pipeline import AUDIO, receive, work
from transcripts.archives import zip_of
from transcripts.exports import FORMATS, Options
from transcripts.models import Recording, Revision, SubtitleProfile

pytestmark = pytest.mark.django_db


@pytest.fixture
def note(alice):
    return work(receive(alice, AUDIO / "note.wav"))


@pytest.fixture
def text(alice):
    """A recording without sound, made of a file."""
    from transcripts.text_import import import_alone

    content = b"1\n00:00:01,000 --> 00:00:03,000\nAnn: Good morning.\n\n2\n00:00:04,000 --> 00:00:06,000\n"
    content += b"Ben: Where is the report?\n\n3\n00:00:07,000 --> 00:00:09,000\nAnn: Here it is.\n"
    return import_alone(alice, "talk.srt", content)


def url(recording, name, *args):
    return reverse(name, args=[recording.pk, *args])


def body(response) -> bytes:
    if not response.streaming:
        return response.content

    async def read():
        content = b"".join([piece async for piece in response.streaming_content])
        # They are read in a thread with a connection of its own.
        await sync_to_async(connections.close_all)()
        return content

    return asyncio.run(read())


@pytest.mark.parametrize("key", FORMATS)
def test_every_format_is_taken_away_under_a_name_of_its_own(alice_client, text, key):
    response = alice_client.get(url(text, "export", key))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == FORMATS[key].media_type
    assert f'filename="talk.{FORMATS[key].extension}"' in response.headers["Content-Disposition"]
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert len(response.content) > 50


def test_options_change_the_file(alice_client, text):
    def txt(**query):
        return alice_client.get(url(text, "export", "txt"), query).content.decode()

    assert txt() == "Ann: Good morning.\nBen: Where is the report?\nAnn: Here it is.\n"
    assert txt(speakers="0").startswith("Good morning.\n")
    assert txt(times="1").startswith("[00:00:01] Ann: Good")
    assert txt(start="0:04", end="0:06.5") == "Ben: Where is the report?\n"
    assert alice_client.get(url(text, "export", "txt"), {"start": "soon"}).status_code == 400
    assert alice_client.get(url(text, "export", "srt"), {"profile": "12345"}).status_code == 400


@pytest.mark.parametrize("name", ["export_many", "takeaway", "subtitles"])
def test_stranger_finds_nothing_to_take_away(bob_client, text, name):
    assert bob_client.get(url(text, name), {"key": "txt"}).status_code == 404


@pytest.mark.parametrize("key", ["txt", "docx", "audio", "original", "nonsense"])
def test_stranger_gets_no_file(bob_client, text, key):
    assert bob_client.get(url(text, "export", key)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_sound_and_text_come_in_one_zip(alice_client, note):
    response = alice_client.get(url(note, "export_many"), {"key": ["txt", "docx", "original"]})
    with zipfile.ZipFile(io.BytesIO(body(response))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["note.txt", "note.docx", "note.wav"]
        assert archive.read("note.wav") == (AUDIO / "note.wav").read_bytes()
        assert b"This is a test of the recording." in archive.read("note.txt")
    alone = alice_client.get(url(note, "export", "original"))
    assert body(alone) == (AUDIO / "note.wav").read_bytes()
    page = alice_client.get(url(note, "export", "html"), {"sound": "1"}).content
    assert b"data:audio/wav;base64,UklGR" in page


def test_zip_of_many_has_a_file_each_under_different_names(alice, text):
    copies = [text, text, Recording.objects.create(owner=alice, title="TALK", state="done")]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zip_of(copies, ["txt", "audio"], Options(times=True)))))
    assert archive.namelist() == ["talk.txt", "talk (2).txt", "TALK (3).txt"]
    assert archive.read("talk (2).txt").startswith(b"[00:00:01] Ann")
    assert archive.read("TALK (3).txt") == b""


def test_choosing_no_format_says_so(alice_client, text):
    response = alice_client.get(url(text, "export_many"), follow=True)
    assert "Choose at least one format to take away." in response.content.decode()


def test_subtitle_check_links_to_the_segments_that_are_too_fast(alice_client, text):
    page = alice_client.get(url(text, "subtitles")).content.decode()
    assert "keep to the profile" in page
    segment = text.transcript.segments.first()
    segment.text, segment.words = "incomprehensibilities " * 30, []
    segment.save()
    page = alice_client.get(url(text, "subtitles"), {"profile": "bbc"}).content.decode()
    assert "characters a second are too fast; 17 are allowed." in page
    assert f'data-segment-link="{segment.pk}"' in page


def test_own_profile_is_made_used_and_deleted(alice, alice_client, bob_client, text):
    values = {
        "name": "Lower third",
        "line_length": 20,
        "lines": 1,
        "reading_speed": 15,
        "shortest": 1,
        "longest": 6,
        "gap": 0.1,
    }
    page = reverse("subtitle_profiles")
    assert alice_client.post(page, values | {"longest": 0.5}).status_code == 400
    assert alice_client.post(page, values).status_code == 302
    assert "You have a profile of this name" in alice_client.post(page, values).content.decode()
    own = SubtitleProfile.objects.get(owner=alice)
    srt = alice_client.get(url(text, "export", "srt"), {"profile": own.pk}).content.decode()
    assert "Ben: Where is the\n" in srt
    assert bob_client.get(url(text, "subtitles"), {"profile": own.pk}).status_code == 404
    assert bob_client.post(reverse("delete_subtitle_profile", args=[own.pk])).status_code == 404
    assert alice_client.post(reverse("delete_subtitle_profile", args=[own.pk])).status_code == 302
    assert not SubtitleProfile.objects.exists()


def sent(name: str, content: str) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile(name, content.encode())}


def test_text_is_imported_alone_and_shown_without_player(alice_client):
    vtt = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>Hello <b>there</b> &amp; welcome.\n"
    response = alice_client.post(reverse("import_alone"), sent("talk.vtt", vtt), follow=True)
    page = response.content.decode()
    assert "Hello there &amp; welcome." in page
    assert "<audio" not in page
    recording = Recording.objects.get()
    assert (recording.source, recording.state, recording.duration) == ("text", "done", 3.0)
    assert str(recording.transcript.segments.get().speaker) == "Ann"


def test_import_of_what_is_no_text_is_refused_in_a_sentence(alice_client, text):
    for name, content in (("a.pdf", "x"), ("a.srt", "x"), ("a.json", "{"), ("a.txt", " \n"), ("a.vtt", "x")):
        response = alice_client.post(reverse("import_alone"), sent(name, content))
        assert response.status_code == 400
        assert 'role="alert"' in response.content.decode()
    assert alice_client.post(reverse("import_alone")).status_code == 400
    assert Recording.objects.count() == 1


def test_imported_text_counts_as_what_was_uploaded(alice, alice_client, text, settings):
    held = text.bytes_received
    assert held > 100
    settings.STT_QUOTA_BYTES = held + 50
    response = alice_client.post(reverse("import_alone"), sent("more.txt", "x" * 51))
    assert response.status_code == 413
    assert "Your account is full" in response.content.decode()
    assert alice_client.post(reverse("import_alone"), sent("more.txt", "x" * 50)).status_code == 302


def test_import_replaces_the_text_as_one_revision_that_can_be_undone(alice_client, bob_client, note):
    before = list(note.transcript.segments.values_list("text", "start", "end"))
    content = alice_client.get(url(note, "export", "json")).json()
    content["segments"][0] |= {"text": "This was a test of it.", "speaker": "Eva"}
    body = json.dumps(content)
    assert bob_client.post(url(note, "import_onto"), sent("n.json", body)).status_code == 404
    response = alice_client.post(
        url(note, "import_onto"), sent("n.json", body), headers={"Accept": "application/json"}
    )
    assert response.json() == {"revision": 1}
    first = note.transcript.segments.first()
    assert (first.text, str(first.speaker)) == ("This was a test of it.", "Eva")
    assert Revision.objects.get().kind == Revision.Kind.IMPORT
    undone = alice_client.post(url(note, "edits"), {"act": "undo"}, content_type="application/json")
    assert undone.status_code == 200
    assert list(note.transcript.segments.values_list("text", "start", "end")) == before


def test_plain_text_takes_its_times_from_the_words_it_repeats(alice_client, note):
    said = note.transcript.segments.last()
    text = "Something new at first.\n" + "\n".join(note.transcript.segments.values_list("text", flat=True))
    response = alice_client.post(url(note, "import_onto"), sent("n.txt", text), follow=True)
    assert "The text was imported." in response.content.decode()
    last = note.transcript.segments.last()
    assert last.text == said.text
    assert (last.start, last.end) == pytest.approx((said.start, said.end), abs=0.3)
    starts = list(note.transcript.segments.values_list("start", flat=True))
    assert starts == sorted(starts)
