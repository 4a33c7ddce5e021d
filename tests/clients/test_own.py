"""The product's own API against the running product: uploads by tuspy, and events as they come."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from tests.clients.conftest import new_key
from tests.pipeline import AUDIO
from tests.product import Product

NOTE = AUDIO / "note.wav"
PIECE = 100_000


def headers(key: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", **more}


def uploader(product: Product, key: str, url: str | None = None) -> Any:
    client = TusClient(f"{product.url}/api/v1/uploads", headers=headers(key))
    return client.uploader(
        file_stream=io.BytesIO(NOTE.read_bytes()),
        url=url,
        chunk_size=PIECE,
        metadata={"filename": "note.wav", "title": "Sent in pieces"},
        upload_checksum=True,
    )


def messages(answer: requests.Response) -> Iterator[dict[str, str]]:
    """Yield server-sent events as their fields."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines(decode_unicode=True):
        name, _, value = line.partition(": ")
        if line and name in ("id", "event", "data"):
            fields[name] = value
        elif not line and "id" in fields:
            yield fields
            fields = {}


def events(product: Product, key: str, pk: str, **more: str) -> requests.Response:
    url = f"{product.url}/api/v1/recordings/{pk}/events"
    answer = requests.get(url, headers=headers(key, **more), stream=True, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def test_tuspy_goes_on_with_a_key_and_events_tell_until_it_is_done(product: Product, key: str) -> None:
    first = uploader(product, key)
    first.upload(stop_at=PIECE)
    uploader(product, key, first.url).upload()
    pk = first.url.rpartition("/")[2]
    with events(product, key, pk) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        seen = []
        for message in messages(answer):
            seen.append(message)
            if json.loads(message["data"]).get("state") == "done":
                break
    numbers = [int(message["id"]) for message in seen]
    assert numbers == sorted(set(numbers))
    assert {"state", "segments"} <= {message["event"] for message in seen}
    url = f"{product.url}/api/v1/recordings/{pk}"
    text = requests.get(f"{url}/transcript", headers=headers(key), timeout=60).json()["text"]
    assert "The meeting starts at nine." in text
    recording = requests.get(url, headers=headers(key), timeout=60).json()
    assert (recording["title"], recording["source"]) == ("Sent in pieces", "api")
    with events(product, key, pk, **{"Last-Event-ID": str(numbers[-2])}) as answer:
        assert next(messages(answer)) == seen[-1]


def test_tuspy_is_told_what_is_wrong_with_its_key(product: Product) -> None:
    for key, status in (("stt_unknown", 401), (new_key(product, "--scopes", "read"), 403)):
        with pytest.raises((TusCommunicationError, TusUploadFailed)) as failed:
            uploader(product, key).upload()
        assert failed.value.status_code == status
        assert b"API key" in failed.value.response_content


def test_file_in_the_body_is_transcribed_and_exported(product: Product, key: str) -> None:
    url = f"{product.url}/api/v1/recordings"
    with NOTE.open("rb") as file:
        sent = headers(key, **{"Content-Type": "audio/wav", "Idempotency-Key": "note"})
        made = requests.post(url, file, headers=sent, timeout=60)
    assert made.status_code == 201, made.text
    again = requests.post(url, NOTE.read_bytes(), headers=sent, timeout=60)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (made.json(), "true")
    with events(product, key, made.json()["id"]) as answer:
        assert any(json.loads(m["data"]).get("state") == "done" for m in messages(answer))
    location = f"{product.url}{made.headers['Location']}"
    srt = requests.get(f"{location}/export/srt", headers=headers(key), timeout=60)
    assert "The meeting starts at nine." in srt.text
    both = requests.get(f"{location}/export?key=txt&key=original", headers=headers(key), timeout=60)
    assert both.content[:2] == b"PK"
    part = requests.get(f"{location}/audio", headers=headers(key, Range="bytes=0-3"), timeout=60)
    assert (part.status_code, len(part.content)) == (206, 4)
    verbs = requests.put(location, headers=headers(key), timeout=60)
    assert (verbs.status_code, verbs.headers["Content-Type"]) == (405, "application/problem+json")


def test_events_of_anothers_recording_are_not_there(product: Product, key: str) -> None:
    url = f"{product.url}/api/v1/recordings/10000000-0000-4000-8000-000000000001/events"
    assert requests.get(url, headers=headers(key), timeout=60).status_code == 404
    assert requests.get(url, timeout=60).status_code == 401
