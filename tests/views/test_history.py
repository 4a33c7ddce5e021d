"""Who changed what, and the ways back."""

import pytest
from django.urls import reverse

from transcripts import editing, revisions, speakers, structure
from transcripts.models import Membership, Recording, Revision, Segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def transcript(alice, bob):
    recording = Recording.objects.create(owner=alice, title="Board", state="done", duration=90)
    Membership.objects.create(recording=recording, email=bob.email, role="editor")
    transcript = recording.transcripts.create(language="en", model="base")
    for number in range(5):
        text = f"Sentence number {number}."
        Segment.objects.create(
            transcript=transcript,
            position=number * 1_000_000,
            start=number * 15,
            end=number * 15 + 9,
            text=text,
        )
    return transcript


def page(client, transcript, query="") -> str:
    return client.get(reverse("history", args=[transcript.recording_id]) + query).content.decode()


def texts(transcript) -> list[str]:
    return list(transcript.segments.values_list("text", flat=True))


def test_history_says_who_changed_which_words(alice_client, transcript, alice, bob):
    first, second = transcript.segments.all()[:2]
    editing.correct(first, "Sentence <b>one</b> of five.", 1, bob)
    structure.delete(transcript, alice, [second.pk])
    shown = page(alice_client, transcript)
    assert "<del>number 0.</del> <ins>&lt;b&gt;one&lt;/b&gt; of five.</ins>" in shown
    assert "<del>Sentence number 1.</del>" in shown
    assert shown.index("Deleted segments") < shown.index("Corrected the text") < shown.index("Transcribed")
    assert "bob@example.org" in shown
    assert f"{first.pk}" in page(alice_client, transcript, f"?segment={first.pk}")
    assert "Deleted segments" not in page(alice_client, transcript, f"?segment={first.pk}")


def test_history_tells_speakers_and_bounds(alice_client, transcript, alice):
    first = transcript.segments.first()
    speakers.assign(transcript, alice, [first.pk], None, "Anna", is_new=True)
    speakers.rename(transcript, alice, 1, "Anna Lee")
    structure.move(transcript, alice, first.pk, 2, 0, 10)
    shown = page(alice_client, transcript)
    assert "Added Anna" in shown
    assert "Speaker: nobody → Anna Lee" in shown
    assert "Named Anna “Anna Lee”" in shown
    assert "End: 0:09.00 → 0:10.00" in shown


def test_long_revisions_are_shortened_until_asked_for(alice_client, transcript, alice):
    structure.delete(transcript, alice, transcript.segments.values_list("pk", flat=True))
    assert "Show all 5 changes" in page(alice_client, transcript)
    assert "number 4." not in page(alice_client, transcript)
    whole = alice_client.get(reverse("revision", args=[transcript.recording_id, 1])).content.decode()
    assert whole.count("<del>") == 5


def test_restore_puts_the_transcript_as_it_stood(alice_client, transcript, alice):
    original = texts(transcript)
    first, second, third = transcript.segments.all()[:3]
    editing.correct(first, "One.", 1, alice)
    structure.merge(transcript, alice, third.pk, 1)
    structure.delete(transcript, alice, [first.pk])
    speakers.assign(transcript, alice, [second.pk], None, "Anna", is_new=True)
    after = texts(transcript)

    def restore(number):
        url = reverse("restore", args=[transcript.recording_id, number])
        assert alice_client.post(url).status_code == 302
        return texts(transcript)

    assert restore(1) == ["One.", *original[1:]]
    assert restore(0) == original
    assert not transcript.speakers.exists()
    assert restore(4) == after
    assert transcript.segments.get(pk=second.pk).speaker.name == "Anna"
    url = reverse("edits", args=[transcript.recording_id])
    for _ in range(2):
        alice_client.post(url, {"act": "undo"}, content_type="application/json")
    assert texts(transcript) == ["One.", *original[1:]]
    assert alice_client.post(reverse("restore", args=[transcript.recording_id, 99])).status_code == 302
    json = {"headers": {"Accept": "application/json"}}
    assert (
        alice_client.post(reverse("restore", args=[transcript.recording_id, 99]), **json).status_code == 404
    )


def test_restore_of_one_segment_leaves_the_others(alice_client, transcript, alice):
    first, second = transcript.segments.all()[:2]
    editing.correct(first, "One.", 1, alice)
    with revisions.record(transcript, alice, Revision.Kind.REPLACE) as act:
        act.put({"id": first.pk, "text": "Two."})
        act.put({"id": second.pk, "text": "Other."})
    url = reverse("restore_segment", args=[first.pk])
    answer = alice_client.post(url, {"revision": 1}, content_type="application/json")
    assert (answer.status_code, answer.json()["kind"]) == (200, "restore")
    assert texts(transcript)[:2] == ["One.", "Other."]
    assert alice_client.post(url, {"revision": "0"})["Location"].endswith(f"#segment-{first.pk}")
    first.refresh_from_db()
    assert (first.text, first.is_edited) == ("Sentence number 0.", False)
    assert alice_client.post(url, {"revision": "x"}).status_code == 400
    assert alice_client.post(url, "[", content_type="application/json").status_code == 400


def test_history_is_for_readers_and_restoring_for_editors(
    transcript, client, alice, bob_client, charlie_client
):
    editing.correct(transcript.segments.first(), "One.", 1, alice)
    structure.delete(transcript, alice, [transcript.segments.last().pk])
    pk = transcript.recording_id
    pages = [reverse("history", args=[pk]), reverse("revision", args=[pk, 1])]
    restores = [
        reverse("restore", args=[pk, 0]),
        reverse("restore_segment", args=[transcript.segments.first().pk]),
    ]
    for url in pages:
        assert client.get(url).status_code == 302
        assert charlie_client.get(url).status_code == 404
        assert bob_client.post(url).status_code == 405
        assert "Restore" in bob_client.get(url).content.decode()
    assert bob_client.get(reverse("revision", args=[pk, 3])).status_code == 404
    Membership.objects.update(role="viewer")
    for url in pages:
        assert "Restore" not in bob_client.get(url).content.decode()
    for url in restores:
        assert client.post(url).status_code == 302
        assert charlie_client.post(url).status_code == 404
        assert bob_client.post(url, {"revision": 0}).status_code == 404
        assert bob_client.get(url).status_code == 405
    assert texts(transcript)[0] == "One."


def test_history_before_there_is_text_is_empty(alice_client, alice):
    recording = Recording.objects.create(owner=alice, title="Board")
    assert (
        "There is no text yet" in alice_client.get(reverse("history", args=[recording.pk])).content.decode()
    )


def test_many_revisions_cost_no_more_queries_than_few(
    alice_client, transcript, alice, django_assert_max_num_queries
):
    first = transcript.segments.first()

    def change(number):
        with revisions.record(transcript, alice, Revision.Kind.REPLACE) as act:
            act.put({"id": first.pk, "text": f"Text {number}."})

    change(0)
    with django_assert_max_num_queries(20) as one:
        page(alice_client, transcript)
    for number in range(1, 25):
        change(number)
    with django_assert_max_num_queries(len(one.captured_queries)):
        assert "Newer" in page(alice_client, transcript, "?page=2")
