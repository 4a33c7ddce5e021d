"""fal's libraries, for Python and for JavaScript, against the running product."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import fal_client
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fal_client import client as library

from tests.clients.conftest import PATIENCE_SECONDS
from tests.file_server import FileServer
from tests.pipeline import AUDIO
from tests.product import Product
from tests.receiver import Posted, Receiver
from tests.waiting import wait_until

NOTE = (AUDIO / "note.wav").read_bytes()
TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
NOT_AUDIO = "This is not an audio or video file that can be read"
UNKNOWN_KEY = "This API key is unknown, has expired or was revoked."


@pytest.fixture(autouse=True)
def _local(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead the library here: it knows no other way than its constants."""
    monkeypatch.setattr(library, "QUEUE_URL_FORMAT", f"{product.url}/fal/queue/")
    monkeypatch.setattr(library, "RUN_URL_FORMAT", f"{product.url}/fal/run/")
    monkeypatch.setattr(library, "REST_URL", f"{product.url}/fal/rest")
    monkeypatch.setattr(library, "CDN_URL", f"{product.url}/fal/cdn")


@pytest.fixture
def client(key: str) -> fal_client.SyncClient:
    return fal_client.SyncClient(key=key)


def data_url(data: bytes) -> str:
    return "data:audio/wav;base64," + base64.b64encode(data).decode()


def test_uploaded_file_is_transcribed_while_its_logs_come(client: fal_client.SyncClient) -> None:
    url = client.upload(NOTE, "audio/wav", "note.wav")
    told: list[Any] = []
    answer = client.subscribe(
        "fal-ai/whisper", {"audio_url": url}, with_logs=True, on_queue_update=told.append
    )
    assert answer["text"] == TEXT
    assert answer["chunks"][1] == {"timestamp": [2.36, 3.52], "text": "The meeting starts at nine."}
    assert answer["inferred_languages"] == ["en"]
    assert told[-1].logs[-1]["message"] == "All of it is transcribed."
    assert told[-1].metrics["inference_time"] > 0


def test_requests_go_through_the_queue_of_an_asynchronous_program(key: str, samples: FileServer) -> None:
    async def program() -> dict[str, Any]:
        client = fal_client.AsyncClient(key=key)
        url = await client.upload(NOTE, "audio/wav", "note.wav", repository="fal")
        links = (url, samples.url("/slow.wav"))
        handle, other = [await client.submit("fal-ai/wizper", {"audio_url": link}) for link in links]
        await other.cancel()
        statuses = [status async for status in handle.iter_events(with_logs=True)]
        assert isinstance(statuses[-1], fal_client.Completed)
        cancelled = await client.status("fal-ai/wizper", other.request_id)
        assert (cancelled.error, cancelled.error_type) == ("This was cancelled.", "client_cancelled")
        with pytest.raises(fal_client.FalClientHTTPError, match=r"This was cancelled\."):
            await other.get()
        with pytest.raises(fal_client.FalClientHTTPError, match="there is nothing to cancel"):
            await handle.cancel()
        return await client.result("fal-ai/wizper", handle.request_id)

    answer = asyncio.run(program())
    assert answer == {"text": TEXT, "chunks": [{"timestamp": [0.4, 6.38], "text": TEXT}], "languages": ["en"]}


def test_file_in_the_call_is_transcribed_by_words_and_speakers(client: fal_client.SyncClient) -> None:
    asked = {"audio_url": data_url(NOTE), "chunk_level": "word", "diarize": True, "language": "en"}
    answer = client.run("fal-ai/whisper", asked, start_timeout=100)
    assert [chunk["text"] for chunk in answer["chunks"]] == TEXT.split()
    assert {chunk["speaker"] for chunk in answer["chunks"]} == {"SPEAKER_00"}
    assert answer["diarization_segments"] == [{"speaker": "SPEAKER_00", "timestamp": [0.4, 6.38]}]


def test_large_file_comes_in_parts(client: fal_client.SyncClient, key: str, monkeypatch) -> None:
    monkeypatch.setattr(library, "MULTIPART_THRESHOLD", 100_000)
    monkeypatch.setattr(library, "MULTIPART_CHUNK_SIZE", 50_000)
    url = client.upload(NOTE, "audio/wav", "a note.wav")
    kept = requests.get(url, headers={"Authorization": f"Key {key}"}, timeout=60)
    assert kept.content == NOTE
    assert kept.headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    ("application", "asked", "status", "sentence"),
    [
        ("fal-ai/unknown", {}, 404, "There is no application “fal-ai/unknown” here"),
        ("fal-ai/whisper", {"audio_url": data_url(b"hello")}, 422, NOT_AUDIO),
        ("fal-ai/whisper", {"audio_url": "ftp://example.org/a.wav"}, 422, "must begin with http"),
        ("fal-ai/whisper", {"audio_url": "http://example.org:22/"}, 422, "port 22 are not allowed"),
        (
            "fal-ai/wizper",
            {"audio_url": data_url(NOTE), "max_segment_len": 30},
            422,
            "less than or equal to 29",
        ),
    ],
)
def test_library_says_what_is_wrong(
    client: fal_client.SyncClient, application: str, asked: dict[str, Any], status: int, sentence: str
) -> None:
    with pytest.raises(fal_client.FalClientHTTPError, match=sentence) as refused:
        client.subscribe(application, asked)
    assert refused.value.status_code == status


def test_link_is_fetched_unless_it_leads_into_this_network(
    client: fal_client.SyncClient, samples: FileServer
) -> None:
    links = [samples.url("/missing.wav"), f"http://10.0.0.1:{samples.port}/note.wav"]
    failing = [client.submit("fal-ai/whisper", {"audio_url": link}) for link in links]
    answer = client.subscribe(
        "fal-ai/whisper", {"audio_url": samples.url("/note.wav"), "chunk_level": "none"}
    )
    assert answer["chunks"][0]["text"] == TEXT
    for handle, sentence in zip(failing, ("There is no file at this link", "a private network"), strict=True):
        with pytest.raises(fal_client.FalClientHTTPError, match=sentence) as refused:
            handle.get()
        assert refused.value.status_code == 422


def test_library_says_that_the_key_is_unknown() -> None:
    stranger = fal_client.SyncClient(key="stt_unknown")
    with pytest.raises(fal_client.FalClientHTTPError, match=UNKNOWN_KEY) as refused:
        stranger.submit("fal-ai/whisper", {"audio_url": data_url(NOTE)})
    assert refused.value.status_code == 401


def test_library_says_that_a_file_is_too_large(client: fal_client.SyncClient) -> None:
    with pytest.raises(fal_client.FalClientHTTPError, match="This request is too large") as refused:
        client.upload(bytes(31_000_000), "audio/wav", repository="fal")
    assert refused.value.status_code == 413


def test_webhook_is_told_what_became_of_a_request_and_proves_who_tells(
    product: Product, client: fal_client.SyncClient, told: Receiver
) -> None:
    asked = [data_url(NOTE), data_url(b"hello")]
    handles = [client.submit("fal-ai/whisper", {"audio_url": url}, webhook_url=told.url) for url in asked]
    heard = [told_of(told, handle.request_id) for handle in handles]
    good, bad = (json.loads(posted.body) for posted in heard)
    assert (good["status"], good["payload"]["text"]) == ("OK", TEXT)
    assert bad["status"] == "ERROR"
    assert NOT_AUDIO in bad["error"]
    assert bad["payload"]["detail"][0]["loc"] == ["body", "audio_url"]
    for posted in heard:
        verify(posted, product)


def told_of(told: Receiver, request_id: str) -> Posted:
    def found() -> Posted | None:
        heard = (
            posted for posted in told.posted if posted.headers.get("x-fal-webhook-request-id") == request_id
        )
        return next(heard, None)

    return wait_until(found, PATIENCE_SECONDS, f"the webhook of {request_id}")


def verify(posted: Posted, product: Product) -> None:
    """Check the signature in the steps of fal's documentation."""
    signed = {
        name: posted.headers[f"x-fal-webhook-{name}"] for name in ("request-id", "user-id", "timestamp")
    }
    assert abs(time.time() - int(signed["timestamp"])) < 300
    message = "\n".join([*signed.values(), hashlib.sha256(posted.body).hexdigest()]).encode()
    signature = bytes.fromhex(posted.headers["x-fal-webhook-signature"])
    keys = requests.get(f"{product.url}/.well-known/jwks.json", timeout=60).json()["keys"]
    public = base64.urlsafe_b64decode(keys[0]["x"] + "=")
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def test_javascript_library_has_the_same_answers(
    product: Product, key: str, node: Callable[..., str], told: Receiver, samples: FileServer
) -> None:
    facts = {"PRODUCT": product.url, "FAL_KEY": key, "AUDIO": str(AUDIO / "note.wav"), "WEBHOOK": told.url}
    facts["SLOW"] = samples.url("/slow.wav")
    done = json.loads(node("fal.mjs", **facts))
    verify(told_of(told, done["submitted"]["request_id"]), product)
    assert [chunk["text"] for chunk in done["subscribed"]["data"]["chunks"]] == TEXT.split()
    assert done["updates"][-1] == "COMPLETED"
    assert done["result"] == {
        "requestId": done["submitted"]["request_id"],
        "data": {"text": TEXT, "chunks": [{"timestamp": [0.4, 6.38], "text": TEXT}], "languages": ["en"]},
    }
    assert done["large"].startswith(f"{product.url}/fal/cdn/files/")
    assert done["ran"]["data"]["chunks"][0]["text"] == TEXT
    streamed = [log for update in done["streamed"] for log in update.get("logs", [])]
    assert streamed == done["status"]["logs"]
    check_errors(done["errors"])


def check_errors(errors: dict[str, Any]) -> None:
    statuses = {name: error["status"] for name, error in errors.items()}
    assert statuses == {
        "key": 401,
        "model": 404,
        "input": 422,
        "audio": 422,
        "size": 413,
        "cancelled": 499,
    }
    assert all(error["isApi"] or error["isValidation"] for error in errors.values())
    assert errors["key"]["message"] == UNKNOWN_KEY
    assert errors["audio"]["message"].startswith(NOT_AUDIO)
    assert "This request is too large" in errors["size"]["message"]
    assert errors["cancelled"]["message"] == "This was cancelled."
    assert [field["loc"] for field in errors["input"]["fields"]] == [
        ["body", "audio_url"],
        ["body", "chunk_level"],
    ]


def test_channels_are_speakers(client: fal_client.SyncClient) -> None:
    call = (AUDIO / "call-two-channels.flac").read_bytes()
    url = client.upload(call, "audio/flac", "call.flac")
    answer = client.run("fal-ai/whisper", {"audio_url": url, "diarize": True})
    ann, ben = answer["chunks"][:2]
    assert (ann["speaker"], ben["speaker"]) == ("SPEAKER_00", "SPEAKER_01")
    assert ann["text"] == "The child and the customer are in Paris."
    assert ben["text"].startswith("The design team needs")
    turns = [turn["speaker"] for turn in answer["diarization_segments"]]
    assert turns[:4] == ["SPEAKER_00", "SPEAKER_01"] * 2
