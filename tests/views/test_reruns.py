"""Running again, as the page asks for it."""

import pytest
from django.urls import reverse

from tests.pipeline import AUDIO, receive, text_of, transcribe, work
from transcripts import reruns
from transcripts.models import Recording, Rerun, Segment

pytestmark = pytest.mark.django_db

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."


@pytest.fixture
def note(alice) -> Recording:
    return work(receive(alice, AUDIO / "note.wav"))


def post(client, name: str, pk: object, **data: object):
    return client.post(reverse(name, args=[pk]), data, headers={"Accept": "application/json"})


def finish(rerun: Rerun) -> None:
    reruns.cut(rerun.pk)
    transcribe(rerun.recording)
    reruns.conclude(rerun.pk)


def page_of(client, recording: Recording) -> str:
    return client.get(recording.get_absolute_url()).content.decode()


def test_run_is_begun_followed_compared_and_undone(alice_client, note):
    Segment.objects.filter(position=0).update(text="Spoiled.")
    panel = alice_client.get(reverse("reruns", args=[note.pk])).content.decode()
    assert "Transcribe again" in panel
    assert 'value="en" selected' in panel
    answer = post(alice_client, "again", note.pk, language="en", task="transcribe", start="0", end="1.5")
    assert answer.status_code == 201
    assert "Transcribing 0:00 to 0:0" in page_of(alice_client, note)
    assert "Transcribing again" in alice_client.get("/").content.decode()
    rerun = Rerun.objects.get()
    finish(rerun)
    assert text_of(note) == NOTE
    rerun.refresh_from_db()
    assert "1 new segment in place of 1." in page_of(alice_client, note)
    compared = alice_client.get(reverse("revision", args=[note.pk, rerun.revision.number])).content.decode()
    assert "<del>Spoiled.</del> <ins>This is a test of the recording.</ins>" in compared
    assert post(alice_client, "undo_rerun", rerun.pk).status_code == 200
    assert text_of(note) == NOTE.replace("This is a test of the recording.", "Spoiled.")
    assert "Undone since" in page_of(alice_client, note)
    again = post(alice_client, "undo_rerun", rerun.pk)
    assert (again.status_code, again.json()["error"][:24]) == (409, "There is nothing to undo")


def test_run_is_cancelled(alice_client, note):
    post(alice_client, "again", note.pk)
    assert post(alice_client, "cancel_again", note.pk).status_code == 200
    assert "was cancelled. The text is as it was." in page_of(alice_client, note)
    answer = post(alice_client, "cancel_again", note.pk)
    assert answer.status_code == 409
    assert answer.json()["error"] == "It could not be cancelled: it has ended already."


def test_form_without_script_leads_back_to_the_recording(alice_client, note):
    answer = alice_client.post(reverse("again", args=[note.pk]), {"start": "abc"}, follow=True)
    assert answer.redirect_chain == [(note.get_absolute_url(), 302)]
    assert "Give the beginning and the end in seconds." in answer.content.decode()


WRONG = [{"start": "abc"}, {"language": "xx"}, {"model": "/etc/passwd"}, {"start": "1e999"}]


@pytest.mark.parametrize("data", WRONG)
def test_wish_that_cannot_be_met_is_refused(alice_client, note, data):
    answer = post(alice_client, "again", note.pk, **data)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")


def test_only_the_owner_runs_again(bob_client, alice_client, note):
    post(alice_client, "again", note.pk)
    pk = Rerun.objects.get().pk
    assert bob_client.get(reverse("reruns", args=[note.pk])).status_code == 404
    for name, key in (("again", note.pk), ("cancel_again", note.pk), ("undo_rerun", pk)):
        assert post(bob_client, name, key).status_code == 404
