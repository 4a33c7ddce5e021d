"""What is kept for a time only goes when it is over; what is kept out of lists is not in them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sttweb.accounts import keys
from transcripts import ingest, library, quotas, trash
from transcripts.api import service
from transcripts.api.gate import Caller
from transcripts.api.service import Asked
from transcripts.forms import LibraryForm
from transcripts.library import Wish
from transcripts.models import ApiRequest, Delivery, IdempotentAnswer, Recording
from transcripts.reconcile import reconcile
from transcripts.refusals import Refused

pytestmark = pytest.mark.django_db

NOW = timezone.now
HOUR = timedelta(hours=1)


def sent(owner, *, kept: timedelta | None = None, state: str = "done", **limits) -> Recording:
    """A recording as a program with such a key sends it."""
    key, _ = keys.issue(owner, "Script", **limits)
    asked = Asked(vendor=ApiRequest.Vendor.OWN, model="whisper-1", title="Sent by a program", kept=kept)
    recording = service.open_live(Caller(owner, key), asked)
    recording.folder.mkdir(parents=True, exist_ok=True)
    recording.source_path.write_bytes(b"sound")
    Recording.objects.filter(pk=recording.pk).update(
        state=state, bytes_received=5, duration=60.0, received_at=NOW(), finished_at=NOW()
    )
    recording.refresh_from_db()
    return recording


@pytest.mark.parametrize("state", ["done", "transcribing", "trashed"])
def test_recording_is_deleted_for_good_when_its_key_s_time_is_over(alice, state):
    recording = sent(alice, retention_hours=1, state="transcribing" if state == "transcribing" else "done")
    if state == "trashed":
        trash.discard([recording])
    reconcile()
    assert Recording.objects.exists()
    Recording.objects.update(delete_after=NOW() - timedelta(seconds=1))
    reconcile()
    assert not Recording.objects.exists()
    assert not recording.folder.exists()
    assert not ApiRequest.objects.exists()


def test_recording_of_a_key_without_a_time_stays(alice):
    recording = sent(alice)
    assert recording.delete_after is None
    reconcile()
    assert Recording.objects.exists()


def test_call_is_forgotten_after_its_vendor_s_time_and_its_recording_stays(alice):
    recording = sent(alice, kept=HOUR)
    request = ApiRequest.objects.get()
    Delivery.objects.create(owner=alice, api_request=request, scheme="plain", url="https://example.org/")
    # It ended late: the time runs from then.
    ago = NOW() - timedelta(hours=5)
    ApiRequest.objects.update(created_at=ago, expires_at=ago + HOUR)
    reconcile()
    assert ApiRequest.objects.exists()
    Recording.objects.update(finished_at=ago + HOUR)
    reconcile()
    assert not ApiRequest.objects.exists()
    assert not Delivery.objects.exists()
    recording.refresh_from_db()
    assert recording.api_request_id is None


def test_call_is_not_forgotten_while_it_is_worked_on(alice):
    sent(alice, kept=HOUR, state="transcribing")
    ago = NOW() - timedelta(hours=5)
    ApiRequest.objects.update(created_at=ago, expires_at=ago + HOUR)
    reconcile()
    assert ApiRequest.objects.exists()


def test_call_goes_with_its_last_recording(alice):
    first = sent(alice)
    second = Recording.objects.create(owner=alice, api_request=first.api_request)
    ingest.delete(first)
    assert ApiRequest.objects.exists()
    ingest.delete(second)
    assert not ApiRequest.objects.exists()


def test_idempotent_answers_are_forgotten_after_a_day(alice):
    IdempotentAnswer.objects.create(owner=alice, value="a", request_digest="x")
    reconcile()
    assert IdempotentAnswer.objects.exists()
    IdempotentAnswer.objects.update(created_at=NOW() - timedelta(hours=25))
    reconcile()
    assert not IdempotentAnswer.objects.exists()


def test_recording_of_an_unlisted_key_is_in_no_list_and_found_by_its_address(alice, alice_client, settings):
    recording = sent(alice, is_listed=False)
    transcript = recording.transcripts.create(language="en")
    transcript.segments.create(position=0, start=0, end=1, text="Nakasero market.")
    for wish in (Wish(), Wish(query="nakasero"), Wish(query="program"), Wish(source="api")):
        page = library.page_of(alice, wish)
        assert (page.rows, page.count) == ([], 0)
    assert b"Sent by a program" not in alice_client.get(reverse("home")).content
    assert alice_client.get(reverse("recording", args=[recording.pk])).status_code == 200
    assert recording in library.reachable(alice)
    settings.STT_QUOTA_SECONDS = 60
    with pytest.raises(Refused, match="hours are used up"):
        quotas.check(alice, 0)


def test_library_can_be_narrowed_down_to_what_programs_sent(alice, alice_client):
    recording = sent(alice)
    Recording.objects.create(owner=alice, title="Uploaded")
    page = library.page_of(alice, Wish(source="api"))
    assert [row.recording for row in page.rows] == [recording]
    assert ("api", "API") in LibraryForm({}, alice).fields["source"].choices
    found = alice_client.get(reverse("library"), {"source": "api"}).content.decode()
    assert "Sent by a program" in found
    assert "Uploaded" not in found.partition('id="rows"')[2]
