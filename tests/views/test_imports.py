"""The form for a link."""

import pytest
from django.test import Client

from transcripts.models import Recording, UrlImport

pytestmark = pytest.mark.django_db

LINK = "https://example.org/talks/opening.mp3"


def test_link_is_taken_on_and_shown_on_its_page(alice, alice_client):
    response = alice_client.post(
        "/imports/", {"url": LINK, "language": "de", "task": "translate", "prompt": "Maria"}
    )
    recording = Recording.objects.of(alice).get()
    assert response["Location"] == recording.get_absolute_url()
    assert (recording.title, recording.source, recording.state) == ("opening", "url", "receiving")
    assert (recording.language, recording.task, recording.prompt) == ("de", "translate", "Maria")
    page = alice_client.get(response["Location"]).content.decode()
    assert "Fetching" in page
    assert "Cancel" in page
    assert "Transcribe what has arrived" not in page


def test_program_gets_the_address_as_json(alice, alice_client):
    response = alice_client.post("/imports/", {"url": LINK}, headers={"Accept": "application/json"})
    assert response.status_code == 201
    assert response.json() == {"url": Recording.objects.get().get_absolute_url()}


def test_bad_link_is_refused_in_a_sentence(alice_client):
    response = alice_client.post("/imports/", {"url": "file:///etc/passwd"}, follow=True)
    assert "must begin with http:// or https://" in response.content.decode()
    answer = alice_client.post("/imports/", {"url": ""}, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert not Recording.objects.exists()


def test_visitor_is_asked_to_sign_in(client):
    response = client.post("/imports/", {"url": LINK})
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert not Recording.objects.exists()


def test_only_post_is_answered(alice_client):
    assert alice_client.get("/imports/").status_code == 405


def test_form_from_another_site_is_refused(alice):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post("/imports/", {"url": LINK}).status_code == 403


def test_import_under_way_is_cancelled_and_tried_again_by_its_owner(alice, alice_client, bob_client):
    alice_client.post("/imports/", {"url": LINK})
    recording = Recording.objects.get()
    assert bob_client.post(f"/recordings/{recording.pk}/cancel/").status_code == 404
    alice_client.post(f"/recordings/{recording.pk}/cancel/")
    recording.refresh_from_db()
    assert recording.state == Recording.State.CANCELLED
    alice_client.post(f"/recordings/{recording.pk}/retry/")
    recording.refresh_from_db()
    assert recording.state == Recording.State.RECEIVING
    assert UrlImport.objects.get().lease_until is None
