"""What is posted as JSON and is none, or has no end, is refused with a sentence wherever it is taken."""

import pytest
from django.urls import reverse

from transcripts.models import Note, Recording, Segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(alice):
    """The keys that the views' addresses have."""
    recording = Recording.objects.create(owner=alice, title="Note", state="done")
    transcript = recording.transcripts.create()
    segment = Segment.objects.create(transcript=transcript, position=0, start=0, end=1, text="Good bye.")
    note = Note.objects.create(transcript=transcript, author=alice, start=0, end=1)
    return {"recording": recording.pk, "segment": segment.pk, "note": note.pk}


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, "", "nonsense", b"\xff", "9" * 5000])
@pytest.mark.parametrize(
    ("view", "key"),
    [
        ("segment", "segment"),
        ("restore_segment", "segment"),
        ("edits", "recording"),
        ("find", "recording"),
        ("replace", "recording"),
        ("notes", "recording"),
        ("note", "note"),
        ("doubt", "recording"),
        ("put_back", "recording"),
    ],
)
def test_what_is_no_json_is_refused_with_a_sentence(alice_client, keys, view, key, body):
    answer = alice_client.post(reverse(view, args=[keys[key]]), body, content_type="application/json")
    assert (answer.status_code, "error" in answer.json()) == (400, True)
