"""What programs send may be large, once they have shown a key; it is refused before it is read otherwise."""

import json
import socket
import wave
from pathlib import Path
from urllib.parse import urlsplit

import openai
import pytest
import requests
from deepgram.core.api_error import ApiError

from tests.clients.test_deepgram import client_of
from tests.pipeline import AUDIO
from tests.product import Product

PATH = "/v1/audio/transcriptions"


def answer_to_head(product: Product, length: int, *headers: str) -> tuple[int, dict]:
    """Announce a body, send none of it, and return the status and the JSON of the answer."""
    address = urlsplit(product.url)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {length}", *headers]
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), json.loads(body)


def long_note(path: Path, megabytes: int) -> Path:
    """Write the note, and then silence, as a WAV file of this size."""
    with wave.open(str(AUDIO / "note.wav")) as note, wave.open(str(path), "wb") as longer:
        longer.setparams(note.getparams())
        longer.writeframes(note.readframes(note.getnframes()))
        longer.writeframes(bytes(megabytes * 1_000_000 - path.stat().st_size))
    return path


def test_large_body_is_refused_unread_without_a_known_key(product: Product) -> None:
    status, answer = answer_to_head(product, 20_000_000)
    assert status == 401
    assert "Give an API key" in answer["error"]["message"]
    status, answer = answer_to_head(product, 20_000_000, "Authorization: Bearer stt_unknown")
    assert status == 401
    assert answer["error"]["code"] == "invalid_api_key"


def test_body_over_the_limit_of_programs_is_refused_unread(product: Product, key: str) -> None:
    status, answer = answer_to_head(product, 31_000_000, f"Authorization: Bearer {key}")
    assert status == 413
    assert answer["error"]["message"] == "This request is too large: send at most 30 MB at a time."


def test_file_of_25_megabytes_is_transcribed(product: Product, key: str, tmp_path: Path) -> None:
    client = openai.OpenAI(base_url=f"{product.url}/v1", api_key=key)
    with long_note(tmp_path / "long.wav", 25).open("rb") as file:
        answer = client.audio.transcriptions.create(model="whisper-1", file=file)
    assert "The meeting starts at nine." in answer.text


def test_client_that_sends_too_much_raises_its_own_error(product: Product, key: str, tmp_path: Path) -> None:
    client = openai.OpenAI(base_url=f"{product.url}/v1", api_key=key)
    with (
        long_note(tmp_path / "long.wav", 31).open("rb") as file,
        pytest.raises(openai.APIStatusError, match="This request is too large") as raised,
    ):
        client.audio.transcriptions.create(model="whisper-1", file=file)
    assert raised.value.status_code == 413


def test_deepgram_s_library_raises_its_own_error_where_it_sends_too_much(
    product: Product, key: str, tmp_path: Path
) -> None:
    data = long_note(tmp_path / "long.wav", 31).read_bytes()
    with pytest.raises(ApiError, match="This request is too large") as raised:
        client_of(product, key).listen.v1.media.transcribe_file(request=data, model="nova-3")
    assert raised.value.status_code == 413


def test_aimlapi_says_that_too_much_was_sent(product: Product, key: str, tmp_path: Path) -> None:
    with long_note(tmp_path / "long.wav", 31).open("rb") as file:
        answer = requests.post(
            f"{product.url}/v1/stt/create",
            headers={"Authorization": f"Bearer {key}"},
            data={"model": "#g1_whisper-large"},
            files={"audio": file},
            timeout=60,
        )
    assert (answer.status_code, answer.json()["statusCode"]) == (413, 413)
    assert answer.json()["message"].startswith("This request is too large")
