"""Uploads whose bytes are held against what they should hash to."""

import base64
import hashlib

import pytest

from tests.views.test_uploads import NOTE, TUS, create, patch
from transcripts.models import Recording

pytestmark = pytest.mark.django_db


def checksum(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


def test_creation_whose_bytes_are_refused_leaves_nothing(alice_client):
    answer = create(alice_client, data=NOTE, headers={"Upload-Checksum": checksum(b"other")})
    assert answer.status_code == 460
    assert not Recording.objects.exists()


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_bytes_with_their_checksum_are_taken(alice_client, algorithm):
    url = create(alice_client)["Location"]
    answer = patch(alice_client, url, 0, NOTE[:1000], Upload_Checksum=checksum(NOTE[:1000], algorithm))
    assert answer["Upload-Offset"] == "1000"


def test_damaged_bytes_are_460_and_not_kept(alice_client):
    url = create(alice_client)["Location"]
    answer = patch(alice_client, url, 0, b"x" + NOTE[1:1000], Upload_Checksum=checksum(NOTE[:1000]))
    assert (answer.status_code, answer.reason_phrase) == (460, "Checksum Mismatch")
    assert "send them again" in answer.json()["error"]
    assert alice_client.head(url, headers=TUS)["Upload-Offset"] == "0"
    assert patch(alice_client, url, 0, NOTE, Upload_Checksum=checksum(NOTE))["Stt-Recording"]
    assert Recording.objects.get().source_path.read_bytes() == NOTE


@pytest.mark.parametrize("header", ["md6 AAAA", "sha256", "sha256 §", "sha256 AAA", ""])
def test_malformed_checksum_is_400(alice_client, header):
    url = create(alice_client)["Location"]
    header = header.encode().decode("latin-1")
    assert patch(alice_client, url, 0, NOTE, Upload_Checksum=header).status_code in (400, 460)
    assert Recording.objects.get().bytes_received == 0


def test_whole_file_is_verified_against_the_hash_in_its_metadata(alice_client):
    url = create(alice_client, sha256=hashlib.sha256(NOTE).hexdigest())["Location"]
    assert patch(alice_client, url, 0, NOTE)["Stt-Recording"]


def test_file_that_is_not_what_its_hash_says_begins_anew(alice_client):
    url = create(alice_client, sha256=hashlib.sha256(NOTE).hexdigest())["Location"]
    damaged = b"x" + NOTE[1:]
    assert patch(alice_client, url, 0, damaged).status_code == 460
    assert alice_client.head(url, headers=TUS)["Upload-Offset"] == "0"
    assert patch(alice_client, url, 0, NOTE)["Stt-Recording"]
    assert Recording.objects.get().source_path.read_bytes() == NOTE


def test_hash_may_come_with_the_last_bytes(alice_client):
    url = create(alice_client, None)["Location"]
    wrong = {"Upload_Length": str(len(NOTE)), "Upload_Sha256": "0" * 64}
    assert patch(alice_client, url, 0, NOTE, **wrong).status_code == 460


def test_malformed_hash_is_400(alice_client):
    assert create(alice_client, sha256="abc").status_code == 400
    assert not Recording.objects.exists()
