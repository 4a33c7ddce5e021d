"""What every vendor's address makes of bodies and verbs that are none of its own."""

import uuid

import pytest

from tests.api.conftest import Program
from transcripts.api.deepgram import utterances
from transcripts.api.deepgram.options import Options
from transcripts.api.spoken import Said
from transcripts.engine.base import Word
from transcripts.models import ApiRequest

pytestmark = pytest.mark.django_db(transaction=True)

DEEP = "[" * 50_000


@pytest.mark.parametrize("address", ["v1/listen", "v1/stt/create", "fal/queue/fal-ai/whisper"])
def test_json_that_is_nested_too_deeply_is_refused(program: Program, address: str) -> None:
    answer = program.generic("POST", f"/{address}", DEEP, "application/json")
    assert answer.status_code in {400, 422}


def test_wish_that_is_nested_too_deeply_says_nothing(program: Program) -> None:
    headers = {"X-Fal-Object-Lifecycle": DEEP, "X-Fal-File-Name": "a.wav"}
    answer = program.generic("POST", "/fal/cdn/files/upload/multipart", "{}", headers=headers)
    assert answer.status_code == 200


def test_what_no_database_keeps_is_left_out_of_what_was_asked_for(program: Program) -> None:
    body = {"model": "#g1_whisper-large", "url": "http://93.184.216.34/a.wav"}
    body |= {"tag": "a\0b", "extra": "c\ud800d:\0e"}
    answer = program.post("/v1/stt/create", body, content_type="application/json")
    assert answer.status_code == 201
    options = ApiRequest.objects.get().options
    assert (options["tags"], options["extra"]) == (["ab"], {"cd": "e"})


@pytest.mark.parametrize(
    ("address", "verbs"),
    [
        ("v1/audio/transcriptions", "POST"),
        ("v1/listen", "POST"),
        ("v1/models", "GET"),
        ("fal/queue/fal-ai/whisper", "POST"),
        ("speechtotext/v3.2/transcriptions", "GET, POST"),
    ],
)
def test_other_verbs_are_told_which_there_are(program: Program, address: str, verbs: str) -> None:
    answer = program.generic("TRACE", f"/{address}")
    assert (answer.status_code, answer["Allow"]) == (405, verbs)


def test_utterances_have_the_same_ids_whenever_they_are_fetched() -> None:
    words = (Word("Yes.", 0.0, 1.0, 0.9), Word("No.", 5.0, 6.0, 0.9))
    said = [[Said(0.0, 6.0, "Yes. No.", words, 0)]]
    ids = [
        [found["id"] for found in utterances.found(said, Options(), request_id)]
        for request_id in (str(uuid.UUID(int=1)), str(uuid.UUID(int=1)), str(uuid.UUID(int=2)))
    ]
    assert ids[0] == ids[1] != ids[2]
    assert len(set(ids[0])) == 2
