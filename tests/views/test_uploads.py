"""The upload protocol, spoken as tus clients speak it."""

import base64
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

import pytest
from django.test import Client
from django.utils import timezone

from tests.conftest import PASSWORD
from tests.pipeline import AUDIO
from transcripts import reconcile, storage
from transcripts.models import Recording

pytestmark = pytest.mark.django_db

CONTENT_TYPE = "application/offset+octet-stream"
TUS = {"Tus-Resumable": "1.0.0"}
NOTE = (AUDIO / "note.wav").read_bytes()


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


def create(
    client, length: int | None = len(NOTE), data: bytes = b"", headers: dict[str, str] | None = None, **values
):
    size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
    sent = TUS | size | {"Upload-Metadata": metadata(**({"filename": "note.wav"} | values))}
    return client.post("/uploads/", data, content_type=CONTENT_TYPE, headers=sent | (headers or {}))


def patch(client, url: str, offset: int, data: bytes, **headers: str):
    # The client of the tests sends no Content-Type with an empty body unless it is given as a header.
    sent = TUS | {"Upload-Offset": str(offset), "Content-Type": CONTENT_TYPE}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.patch(url, data, content_type=CONTENT_TYPE, headers=sent)


def test_file_in_two_pieces_is_received(alice, alice_client):
    url = create(alice_client, title="My note", language="en")["Location"]
    first = patch(alice_client, url, 0, NOTE[:1000])
    assert (first.status_code, first["Upload-Offset"]) == (204, "1000")
    assert "Stt-Recording" not in first
    last = patch(alice_client, url, 1000, NOTE[1000:])
    recording = Recording.objects.of(alice).get()
    assert last["Stt-Recording"] == recording.get_absolute_url()
    assert (recording.title, recording.language, recording.state) == ("My note", "en", "queued")


def test_upload_that_was_cut_off_goes_on_at_the_offset_that_head_tells(alice_client):
    url = create(alice_client)["Location"]
    patch(alice_client, url, 0, NOTE[:1000])
    head = alice_client.head(url, headers=TUS)
    assert (head["Upload-Offset"], head["Upload-Length"]) == ("1000", str(len(NOTE)))
    assert head["Cache-Control"] == "no-store"


def test_beginning_whose_answer_was_lost_is_not_a_second_upload(alice, alice_client, bob_client):
    first = create(alice_client, id="0123-abcd")
    again = create(alice_client, id="0123-abcd")
    assert (again.status_code, again["Location"]) == (201, first["Location"])
    assert again["Upload-Offset"] == "0"
    patch(alice_client, first["Location"], 0, NOTE[:1000])
    assert create(alice_client, id="0123-abcd", data=NOTE[:500])["Upload-Offset"] == "1000"
    assert Recording.objects.of(alice).count() == 1
    assert create(alice_client, id="another")["Location"] != first["Location"]
    assert create(bob_client, id="0123-abcd")["Location"] != first["Location"]


def test_one_that_was_deleted_is_begun_anew(alice, alice_client):
    first = create(alice_client, id="0123-abcd")
    alice_client.delete(first["Location"], headers=TUS)
    assert create(alice_client, id="0123-abcd")["Location"] != first["Location"]
    assert Recording.objects.of(alice).count() == 1


def test_complete_one_that_is_begun_again_is_told_to_be_complete(alice, alice_client):
    url = create(alice_client, id="0123-abcd")["Location"]
    patch(alice_client, url, 0, NOTE)
    recording = Recording.objects.of(alice).get()
    again = create(alice_client, id="0123-abcd")
    assert (again["Location"], again["Upload-Offset"]) == (url, str(len(NOTE)))
    assert again["Stt-Recording"] == recording.get_absolute_url()


@pytest.mark.parametrize("key", ["x" * 65, "a\0b", "a\nb"])
def test_upload_whose_id_cannot_be_kept_is_refused(alice, alice_client, key):
    answer = create(alice_client, id=key)
    assert answer.status_code == 400
    assert "An upload's id may have at most 64 printable characters" in answer.json()["error"]
    assert not Recording.objects.of(alice).exists()


def test_wrong_offset_is_409_with_the_right_one(alice_client):
    url = create(alice_client)["Location"]
    answer = patch(alice_client, url, 5, NOTE[5:])
    assert (answer.status_code, answer["Upload-Offset"]) == (409, "0")
    assert "continues at byte 0" in answer.json()["error"]


def test_recording_of_unknown_length_is_ended_by_an_empty_piece(alice_client):
    url = create(alice_client, None, source="microphone")["Location"]
    patch(alice_client, url, 0, NOTE)
    assert alice_client.head(url, headers=TUS)["Upload-Defer-Length"] == "1"
    last = patch(alice_client, url, len(NOTE), b"", Upload_Length=str(len(NOTE)))
    assert last["Stt-Recording"]


def test_end_that_is_sent_again_is_answered_as_before(alice_client):
    url = create(alice_client)["Location"]
    first = patch(alice_client, url, 0, NOTE)
    again = patch(alice_client, url, len(NOTE), b"")
    assert again["Stt-Recording"] == first["Stt-Recording"]


@pytest.mark.parametrize(
    ("offset", "data", "status"),
    [
        (1000, NOTE[1000:], 204),
        (len(NOTE) - 5, NOTE[-5:], 204),
        (len(NOTE), b"", 204),
        (1000, b"other" + NOTE[1005:], 409),
        (1000, NOTE[1000:-1], 409),
        (0, b"", 409),
        (len(NOTE), b"more", 409),
    ],
)
def test_only_the_end_that_is_here_may_be_sent_again(alice_client, offset, data, status):
    url = create(alice_client, data=NOTE)["Location"]
    answer = patch(alice_client, url, offset, data)
    assert (answer.status_code, answer["Upload-Offset"]) == (status, str(len(NOTE)))


def test_same_file_again_leads_to_the_first_and_says_so(alice_client):
    first = patch(alice_client, create(alice_client)["Location"], 0, NOTE)
    again = patch(alice_client, create(alice_client)["Location"], 0, NOTE)
    assert again["Stt-Recording"] == first["Stt-Recording"]
    assert "already have this recording" in unquote(again["Stt-Notice"])


def test_piece_over_the_limit_is_413(alice_client, settings):
    settings.STT_PATCH_BYTES = 100
    answer = patch(alice_client, create(alice_client)["Location"], 0, NOTE)
    assert answer.status_code == 413


def test_other_content_type_is_415(alice_client):
    url = create(alice_client)["Location"]
    answer = alice_client.patch(url, NOTE, content_type="audio/wav", headers=TUS | {"Upload-Offset": "0"})
    assert answer.status_code == 415


def test_empty_file_is_400_in_words(alice_client):
    answer = create(alice_client, 0)
    assert (answer.status_code, answer.json()["error"]) == (400, "The file is empty.")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upload-Length": "-1"},
        {"Upload-Length": "²"},
        {"Upload-Length": "9" * 40},
        {"Upload-Length": "5", "Upload-Metadata": "title §§§"},
        {"Upload-Length": "5", "Upload-Metadata": "title " + base64.b64encode(b"\xff\xfe").decode()},
        {"Upload-Length": "5", "Upload-Metadata": metadata(language="klingon")},
    ],
)
def test_malformed_creation_is_400_in_words(alice_client, headers):
    answer = alice_client.post("/uploads/", b"", content_type=CONTENT_TYPE, headers=TUS | headers)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert not Recording.objects.exists()


@pytest.mark.parametrize("offset", ["", "-1", "x", "1.5"])
def test_malformed_offset_is_400(alice_client, offset):
    url = create(alice_client)["Location"]
    answer = alice_client.patch(url, NOTE, content_type=CONTENT_TYPE, headers=TUS | {"Upload-Offset": offset})
    assert answer.status_code == 400


def test_deleted_upload_leaves_nothing(alice_client):
    url = create(alice_client)["Location"]
    folder = Recording.objects.get().folder
    assert alice_client.delete(url, headers=TUS).status_code == 204
    assert not Recording.objects.exists()
    assert not folder.exists()


def test_complete_upload_cannot_be_deleted_as_one(alice_client):
    url = create(alice_client)["Location"]
    patch(alice_client, url, 0, NOTE)
    assert alice_client.delete(url, headers=TUS).status_code == 409
    assert Recording.objects.exists()


@pytest.mark.parametrize("url", ["/uploads/", "/uploads/00000000-0000-0000-0000-000000000000"])
def test_options_tell_the_protocol_to_anybody(client, url):
    answer = client.options(url)
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == (
        "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination"
    )
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert int(answer["Tus-Max-Size"]) > 0


@pytest.mark.parametrize("version", [{}, {"Tus-Resumable": "0.2.2"}])
def test_other_version_is_412_with_ours(alice_client, version):
    url = create(alice_client)["Location"]
    for method in ("head", "patch", "delete"):
        answer = getattr(alice_client, method)(url, headers=version)
        assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")
    assert alice_client.post("/uploads/", headers=version).status_code == 412
    assert Recording.objects.count() == 1


def test_creation_carries_the_first_bytes(alice_client):
    answer = create(alice_client, data=NOTE[:1000])
    assert (answer.status_code, answer["Upload-Offset"]) == (201, "1000")
    assert patch(alice_client, answer["Location"], 1000, NOTE[1000:])["Stt-Recording"]


def test_creation_carries_the_whole_file(alice_client):
    answer = create(alice_client, data=NOTE)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(NOTE)))
    assert answer["Stt-Recording"] == Recording.objects.get().get_absolute_url()


def test_creation_with_another_content_type_is_415(alice_client):
    headers = TUS | {"Upload-Length": "3"}
    answer = alice_client.post("/uploads/", b"abc", content_type="audio/wav", headers=headers)
    assert answer.status_code == 415
    assert not Recording.objects.exists()


def test_metadata_comes_back_as_it_was_given(alice_client):
    url = create(alice_client, title="Über alles", anything="else")["Location"]
    sent = metadata(filename="note.wav", title="Über alles", anything="else")
    assert alice_client.head(url, headers=TUS)["Upload-Metadata"] == sent


def test_expiry_is_told_and_moves_on_with_each_piece(alice_client):
    created = create(alice_client)
    in_a_day = timezone.now() + timedelta(days=1)
    assert abs(parsedate_to_datetime(created["Upload-Expires"]) - in_a_day) < timedelta(minutes=1)
    Recording.objects.update(received_at=timezone.now() - timedelta(hours=5))
    answer = patch(alice_client, created["Location"], 0, NOTE[:1000])
    assert abs(parsedate_to_datetime(answer["Upload-Expires"]) - in_a_day) < timedelta(minutes=1)


def test_microphone_expires_sooner_than_a_file(alice_client):
    url = create(alice_client, None, data=NOTE[:1000], source="microphone")["Location"]
    expires = parsedate_to_datetime(alice_client.head(url, headers=TUS)["Upload-Expires"])
    assert expires < timezone.now() + timedelta(minutes=11)


def test_complete_upload_does_not_expire(alice_client):
    url = create(alice_client, data=NOTE)["Location"]
    assert "Upload-Expires" not in alice_client.head(url, headers=TUS)


def test_post_stands_for_another_method(alice_client):
    url = create(alice_client)["Location"]
    headers = TUS | {"X-HTTP-Method-Override": "PATCH", "Upload-Offset": "0"}
    answer = alice_client.post(url, NOTE[:1000], content_type=CONTENT_TYPE, headers=headers)
    assert (answer.status_code, answer["Upload-Offset"]) == (204, "1000")
    headers = TUS | {"X-HTTP-Method-Override": "DELETE"}
    assert alice_client.post(url, b"", content_type=CONTENT_TYPE, headers=headers).status_code == 204
    assert not Recording.objects.exists()


def test_method_that_is_none_is_405(alice_client):
    url = create(alice_client)["Location"]
    headers = TUS | {"X-HTTP-Method-Override": "DISPATCH"}
    assert alice_client.post(url, b"", content_type=CONTENT_TYPE, headers=headers).status_code == 405


def test_page_of_another_site_cannot_upload(alice):
    client = Client(enforce_csrf_checks=True)
    client.login(username=alice.email, password=PASSWORD)
    assert create(client).status_code == 403
    assert not Recording.objects.exists()


def test_second_writer_is_423(alice_client):
    url = create(alice_client, data=NOTE[:10])["Location"]
    with storage.locked(Recording.objects.get().source_path):
        assert patch(alice_client, url, 10, NOTE[10:]).status_code == 423
    assert patch(alice_client, url, 10, NOTE[10:]).status_code == 204


def test_deleted_upload_is_404_in_words(alice_client):
    url = create(alice_client)["Location"]
    Recording.objects.all().delete()
    answer = patch(alice_client, url, 0, NOTE)
    assert (answer.status_code, answer["Tus-Resumable"]) == (404, "1.0.0")
    assert "send the file again" in answer.json()["error"]


def test_one_upload_too_many_is_429(alice_client, settings):
    settings.STT_MAX_OPEN_UPLOADS = 2
    assert [create(alice_client).status_code for _ in range(3)] == [201, 201, 429]


def test_announced_sizes_are_reserved(alice_client, settings):
    settings.STT_QUOTA_BYTES = 100_000_000_000
    answers = [create(alice_client, 50_000_000_000 - 1) for _ in range(3)]
    accepted = [answer.status_code for answer in answers]
    assert accepted[-1] in (413, 507)
    assert "error" in answers[-1].json()


def test_upload_that_was_taken_as_cut_short_goes_on(alice_client):
    url = create(alice_client)["Location"]
    patch(alice_client, url, 0, NOTE[:50_000])
    Recording.objects.update(received_at=timezone.now() - timedelta(days=2))
    reconcile.finish_abandoned()
    assert Recording.objects.get().state == Recording.State.QUEUED
    assert alice_client.head(url, headers=TUS)["Upload-Offset"] == "50000"
    assert patch(alice_client, url, 50_000, NOTE[50_000:])["Stt-Recording"]
    assert Recording.objects.get().source_path.read_bytes() == NOTE


def test_recording_that_was_cut_short_can_be_discarded_by_its_sender(alice_client):
    url = create(alice_client, None, source="microphone")["Location"]
    patch(alice_client, url, 0, NOTE[:50_000])
    Recording.objects.update(received_at=timezone.now() - timedelta(days=2))
    reconcile.finish_abandoned()
    assert alice_client.delete(url, headers=TUS).status_code == 204
    assert not Recording.objects.exists()


def test_number_of_queries_of_a_piece_stays_small(alice_client, django_assert_max_num_queries):
    url = create(alice_client, None, data=NOTE[:1000], source="microphone")["Location"]
    with django_assert_max_num_queries(6):
        patch(alice_client, url, 1000, NOTE[1000:6000])


def test_stranger_finds_no_upload(alice_client, bob_client):
    url = create(alice_client)["Location"]
    assert bob_client.head(url, headers=TUS).status_code == 404
    assert patch(bob_client, url, 0, NOTE).status_code == 404
    assert bob_client.delete(url, headers=TUS).status_code == 404


def test_anonymous_is_told_to_sign_in(client, alice_client):
    url = create(alice_client)["Location"]
    for answer in (create(client), patch(client, url, 0, NOTE)):
        assert answer.status_code == 401
        assert "sign in" in answer.json()["error"]


def test_page_of_another_account_sends_nothing(alice, bob_client):
    answer = create(bob_client, None, headers={"Stt-User": str(alice.pk)})
    assert answer.status_code == 401
    assert "Another account" in answer.json()["error"]
    assert not Recording.objects.exists()
