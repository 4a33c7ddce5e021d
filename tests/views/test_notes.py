"""Notes and highlights, as the page asks for them."""

import pytest
from django.urls import reverse

from transcripts import notes
from transcripts.live_page import update_since
from transcripts.models import Membership, Note, Recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording(alice) -> Recording:
    recording = Recording.objects.create(owner=alice, title="Board", state="done", duration=60.0)
    transcript = recording.transcripts.create(language="en")
    for number in range(20):
        start = number * 3.0
        transcript.segments.create(
            position=number * 1000,
            start=start,
            end=start + 2.5,
            text=f"Word{number} follows.",
            words=[[f" Word{number}", start, start + 1.0, 0.9], [" follows.", start + 1.0, start + 2.5, 0.9]],
        )
    return recording


def post(client, url: str, **data: object):
    return client.post(url, data, content_type="application/json")


def add(client, recording: Recording, **data: object):
    fields = {"start": 3.0, "end": 5.5, "text": "Ask about this."} | data
    return post(client, reverse("notes", args=[recording.pk]), **fields)


def test_note_is_listed_beside_what_was_said(alice_client, recording):
    answer = add(alice_client, recording)
    assert answer.status_code == 201
    assert answer.json()["marks"] == [[answer.json()["id"], 3.0, 5.5, True]]
    page = alice_client.get(reverse("notes", args=[recording.pk])).content.decode()
    assert "Ask about this." in page
    assert "Word1 follows." in page
    assert "Word2" not in page


def test_words_alone_can_be_highlighted(alice_client, recording):
    answer = add(alice_client, recording, start=4.0, text="")
    assert "follows." in answer.json()["html"]
    assert "Word1" not in answer.json()["html"]


def test_note_is_changed_and_deleted(alice_client, recording):
    pk = add(alice_client, recording).json()["id"]
    assert "Another" in post(alice_client, reverse("note", args=[pk]), text="Another\nline").json()["html"]
    assert Note.objects.get().text == "Another\nline"
    assert post(alice_client, reverse("delete_note", args=[pk])).json()["marks"] == []


def test_open_pages_are_told(alice, alice_client, recording):
    add(alice_client, recording)
    update = update_since(alice, recording.pk, 0)
    assert [mark[1:] for mark in update["notes"]] == [[3.0, 5.5, True]]
    number = update["number"]
    recording.refresh_from_db()
    assert update_since(alice, recording.pk, number) == {}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"start": 5, "end": 3}, "end is not before its beginning"),
        ({"start": -1}, "end is not before its beginning"),
        ({"text": "x" * 5001}, "at most 5000 characters"),
        ({"text": 3}, "Send JSON"),
        ({"start": "now"}, "Send JSON"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(alice_client, recording, data, sentence):
    answer = add(alice_client, recording, **data)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_viewer_reads_and_editor_writes(bob, bob_client, alice_client, recording):
    pk = add(alice_client, recording).json()["id"]
    membership = Membership.objects.create(recording=recording, email=bob.email, role="viewer")
    page = bob_client.get(reverse("notes", args=[recording.pk]))
    assert b"Ask about this." in page.content
    assert b"<textarea" not in page.content
    for url in (reverse("note", args=[pk]), reverse("delete_note", args=[pk])):
        assert post(bob_client, url, text="Mine").status_code == 404
    assert add(bob_client, recording).status_code == 404
    membership.role = "editor"
    membership.save()
    assert add(bob_client, recording).status_code == 201


def test_stranger_finds_nothing(charlie_client, alice_client, recording):
    pk = add(alice_client, recording).json()["id"]
    assert charlie_client.get(reverse("notes", args=[recording.pk])).status_code == 404
    assert post(charlie_client, reverse("note", args=[pk]), text="Mine").status_code == 404
    assert post(charlie_client, reverse("delete_note", args=[pk])).status_code == 404


def test_hostile_note_is_only_text(alice_client, recording):
    add(alice_client, recording, text="<img src=x onerror=alert(1)>\x00\u202e")
    html = alice_client.get(reverse("notes", args=[recording.pk])).content.decode()
    assert "<img" not in html
    assert Note.objects.get().text == "<img src=x onerror=alert(1)>"


def test_queries_do_not_grow_with_notes(alice, recording, django_assert_max_num_queries):
    for number in range(15):
        notes.add(recording.transcript, alice, number * 3.0, number * 3.0 + 1, "")
    with django_assert_max_num_queries(4):
        assert len(notes.shown(recording.transcript)) == 15
