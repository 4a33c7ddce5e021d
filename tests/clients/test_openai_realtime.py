"""The OpenAI library's Realtime connections, both generations, against the running product."""

import asyncio
import base64
import json
import wave
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from openai import AsyncOpenAI
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from tests.clients.conftest import PATIENCE_SECONDS, new_key, sign_up, text_of, wait_for
from tests.pipeline import AUDIO
from tests.product import Product

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
TRANSCRIPTION = {"intent": "transcription"}
MEBIBYTE = 1024 * 1024
# A busy server greets late, and one that has much to read answers no pings meanwhile.
PATIENT: Any = {"open_timeout": PATIENCE_SECONDS, "ping_interval": None}


@cache
def note(rate: int = 24_000) -> bytes:
    """The note as bare 16-bit samples."""
    with wave.open(str(AUDIO / "note.wav")) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        step = file.getframerate() / rate
    times = np.arange(int(len(samples) / step)) * step
    return np.interp(times, np.arange(len(samples)), samples).astype("<i2").tobytes()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def client(product: Product, key: str) -> AsyncOpenAI:
    return AsyncOpenAI(
        base_url=f"{product.url}/v1",
        websocket_base_url=f"{product.url.replace('http', 'ws')}/v1",
        api_key=key,
    )


def opened(product: Product, key: str) -> Any:
    """Return a transcription session of the present generation, to be entered."""
    return client(product, key).realtime.connect(
        extra_query=TRANSCRIPTION, websocket_connection_options=PATIENT
    )


def run(test: Callable[[], Awaitable[Any]]) -> Any:
    return asyncio.run(asyncio.wait_for(test(), PATIENCE_SECONDS))


async def until(connection: Any, kind: str) -> list[Any]:
    """Return all events up to one whose type ends so."""
    events = []
    while not events or not events[-1].type.endswith(kind):
        events.append(await connection.recv())
    return events


async def send_too_much(connection: Any) -> None:
    await connection.input_audio_buffer.append(audio=encoded(bytes(17 * MEBIBYTE)))
    await connection.recv()


def test_turns_that_the_server_finds_are_transcribed_while_they_are_spoken(
    product: Product, key: str
) -> None:
    async def speak() -> list[Any]:
        async with opened(product, key) as connection:
            assert (await connection.recv()).type == "session.created"
            heard = {"transcription": {"model": "whisper-1", "language": "en"}}
            include = ["item.input_audio_transcription.logprobs"]
            session = {"type": "transcription", "audio": {"input": heard}, "include": include}
            await connection.session.update(session=session)
            updated = (await connection.recv()).session.audio.input
            assert updated.transcription.language == "en"
            assert updated.turn_detection.silence_duration_ms == 500
            data = note() + bytes(48_000)
            for at in range(0, len(data), 9600):
                await connection.input_audio_buffer.append(audio=encoded(data[at : at + 9600]))
            return await until(connection, "transcription.completed")

    events = run(speak)
    by_type = {event.type.rpartition(".")[2]: event for event in events}
    kinds = list(by_type)
    assert kinds.index("speech_started") < kinds.index("speech_stopped") < kinds.index("committed")
    assert by_type["speech_started"].audio_start_ms == pytest.approx(100, abs=60)
    assert by_type["speech_stopped"].audio_end_ms == pytest.approx(6450, abs=100)
    completed = by_type["completed"]
    assert completed.transcript == NOTE
    assert "".join(event.delta for event in events if event.type.endswith(".delta")) == NOTE
    assert completed.item_id == by_type["committed"].item_id == by_type["speech_started"].item_id
    assert completed.usage.seconds == pytest.approx(6.0, abs=0.2)
    assert completed.logprobs[0].token.strip() == "This"


def test_turns_that_a_client_commits_are_transcribed_in_the_first_generation(
    product: Product, key: str
) -> None:
    async def speak() -> None:
        beta = client(product, key).beta.realtime
        async with beta.connect(
            model="gpt-4o-transcribe",
            extra_query=TRANSCRIPTION,
            websocket_connection_options=PATIENT,
        ) as connection:
            assert (await connection.recv()).type == "session.created"
            session = {"input_audio_format": "pcm16", "turn_detection": None}
            await connection.transcription_session.update(session=session)
            updated = await connection.recv()
            assert updated.type == "transcription_session.updated"
            assert updated.session.turn_detection is None
            before = None
            for _ in range(2):
                await connection.input_audio_buffer.append(audio=encoded(bytes(9000)))
                await connection.input_audio_buffer.clear()
                assert (await connection.recv()).type == "input_audio_buffer.cleared"
                await connection.input_audio_buffer.append(audio=encoded(note()))
                await connection.input_audio_buffer.commit()
                events = await until(connection, "transcription.completed")
                assert events[0].type == "input_audio_buffer.committed"
                assert events[0].previous_item_id == before
                assert events[-1].transcript == NOTE
                assert events[-1].usage.seconds == pytest.approx(7.29, abs=0.1)
                before = events[-1].item_id

    run(speak)


def test_mistakes_are_answered_with_errors_and_the_session_goes_on(product: Product, key: str) -> None:
    async def speak() -> None:
        async with opened(product, key) as connection:
            await connection.recv()

            async def error(sentence: str, **facts: str) -> None:
                event = await connection.recv()
                assert event.type == "error"
                assert sentence in event.error.message
                assert facts.items() <= event.error.to_dict().items()

            def heard(**audio_in: Any) -> Any:
                return {"type": "transcription", "audio": {"input": audio_in}}

            await connection.session.update(session=heard(transcription={"model": "nope"}), event_id="mine")
            await error("“nope” is not known here", code="model_not_found", event_id="mine")
            await connection.session.update(session=heard(transcription={"language": "xx"}))
            await error("“xx” is not known here")
            await connection.session.update(session=heard(format={"type": "audio/mp3"}))
            await error("audio/pcm, audio/pcmu or audio/pcma")
            await connection.session.update(session={"type": "realtime"})
            await error("transcription sessions only")
            await connection.response.create()
            await error("does not know the event “response.create”")
            await connection.input_audio_buffer.append(audio="no audio!")
            await error("must be audio in base64", code="invalid_value")
            await connection.session.update(session=heard(turn_detection=None))
            assert (await connection.recv()).type == "session.updated"
            await connection.input_audio_buffer.commit()
            await error("a turn needs at least 100 ms", code="input_audio_buffer_commit_empty")
            await connection.input_audio_buffer.append(audio=encoded(bytes(15 * MEBIBYTE)))
            await connection.input_audio_buffer.clear()
            assert (await connection.recv()).type == "input_audio_buffer.cleared"
            await connection.input_audio_buffer.append(audio=encoded(bytes(15 * MEBIBYTE + 3)))
            await error("at most 15 MiB", code="audio_too_large")
            with pytest.raises(ConnectionClosedError, match="1009"):
                await send_too_much(connection)

    run(speak)


@pytest.mark.parametrize(
    ("name", "model", "status", "sentence"),
    [
        ("wrong", "whisper-1", 401, "This API key is unknown, has expired or was revoked."),
        ("", "no-such-model", 404, "“no-such-model” is not known here"),
    ],
)
def test_connection_is_refused_with_a_sentence(
    product: Product, key: str, name: str, model: str, status: int, sentence: str
) -> None:
    async def speak() -> None:
        connecting = client(product, name or key).realtime.connect(
            model=model, websocket_connection_options=PATIENT
        )
        await connecting.enter()

    with pytest.raises(InvalidStatus) as refused:
        run(speak)
    assert refused.value.response.status_code == status
    assert sentence in json.loads(refused.value.response.body)["error"]["message"]


def test_browser_shows_its_key_as_a_subprotocol(product: Product, key: str) -> None:
    async def speak() -> None:
        url = f"{product.url.replace('http', 'ws')}/v1/realtime?intent=transcription"
        names = ["realtime", f"openai-insecure-api-key.{key}", "openai-beta.realtime-v1"]
        async with connect(url, subprotocols=names, **PATIENT) as socket:
            assert socket.subprotocol == "realtime"
            assert json.loads(await socket.recv())["session"]["input_audio_format"] == "pcm16"

    run(speak)


def test_connection_that_dies_leaves_a_recording_of_what_it_holds(product: Product) -> None:
    key = new_key(product)

    async def speak() -> None:
        connection = await opened(product, key).enter()
        await connection.input_audio_buffer.append(audio=encoded(note()))
        await until(connection, "speech_started")
        connection._connection.transport.abort()

    run(speak)
    recording = wait_for(product, key, "done")
    assert recording["source"] == "api"
    assert recording["message"].startswith("This recording ended without Stop: 0:0")
    assert text_of(product, key, recording) == NOTE


def test_session_is_told_that_its_key_was_revoked(product: Product) -> None:
    _, email = sign_up(product)
    key = product.manage("apikey", "create", email).strip()
    number = product.manage("apikey", "list", email).partition("\t")[0]

    async def speak() -> None:
        async with opened(product, key) as connection:
            await connection.input_audio_buffer.append(audio=encoded(note()))
            await until(connection, "speech_started")
            await asyncio.to_thread(product.manage, "apikey", "revoke", number)
            events = await until(connection, "error")
            assert events[-1].error.code == "invalid_api_key"
            assert events[-1].error.message == "This API key is unknown, has expired or was revoked."
            with pytest.raises(ConnectionClosedError, match="3000"):
                await connection.recv()

    run(speak)
