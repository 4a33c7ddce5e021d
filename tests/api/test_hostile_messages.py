"""Messages to the sockets for programs that no honest client sends are refused, and never make us fail."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sttweb.accounts import keys
from sttweb.accounts.models import User
from tests.api.sockets import CLEARED, REALTIME, SECONDS, SPEECH, event, opened, said, say
from transcripts.api.openai import realtime
from transcripts.api.threads import in_thread
from transcripts.models import Recording

pytestmark = pytest.mark.django_db(transaction=True)

DEEP = "[" * 20_000
# As Python's parser still reads it.
NESTED: Any = json.loads("[" * 500 + "]" * 500)

WORDS = ("type", "model", "language", "prompt", "audio", "auto", "en", "server_vad", "semantic_vad")
BASIC = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS)
JUNK = st.recursive(
    BASIC,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)


def objects(*names: str, **known: Any) -> Any:
    """Make objects with some of these fields; those of `known` are at times what they should be."""
    fields = dict.fromkeys(names, JUNK) | {name: JUNK | right for name, right in known.items()}
    return st.fixed_dictionaries({}, optional=fields)


HEARD = objects(
    format=objects("type", "rate"),
    noise_reduction=objects("type"),
    transcription=objects("model", "language", "prompt", "keywords"),
    turn_detection=objects(
        "threshold", "silence_duration_ms", "eagerness", type=st.sampled_from(["server_vad", "semantic_vad"])
    ),
)
UPDATE = objects("include", type=st.just("transcription"), audio=objects(input=HEARD))
SPOKEN = objects("model", "prompt")
FLAT = objects("include", "input_audio_format", "turn_detection", input_audio_transcription=SPOKEN)
EVENT = st.one_of(
    st.fixed_dictionaries({"type": st.just("session.update"), "session": UPDATE, "event_id": JUNK}),
    st.fixed_dictionaries({"type": st.just("transcription_session.update"), "session": FLAT}),
    st.fixed_dictionaries({"type": st.just("input_audio_buffer.append"), "audio": JUNK}),
    objects("type", "event_id"),
    JUNK,
)
GROUPS = st.lists(objects("Type", Items=st.lists(objects("Text"), max_size=2)), max_size=2)
CONTEXT = objects(
    dgi=objects(Groups=GROUPS),
    languageId=objects("languages"),
    phraseDetection=objects("language", "mode", "initialSilenceTimeout", "segmentationSilenceTimeoutMs"),
    phraseOutput=objects("format", detailed=objects("options")),
)

HOSTILE = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def secret(alice: User) -> str:
    return keys.issue(alice, "Test", requests_per_minute=1_000_000)[1]


def update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": session}


def heard(**wished: Any) -> dict[str, Any]:
    return update(audio={"input": wished})


@HOSTILE
@example(update(include=5))
@example(update(include=[[]]))
@example(heard(transcription={"keywords": 5}))
@example(heard(transcription={"model": NESTED}))
@example(heard(noise_reduction={"type": NESTED}))
@example(heard(turn_detection={"type": "semantic_vad", "eagerness": [1]}))
@example({"type": NESTED, "event_id": NESTED})
@given(EVENT)
def test_realtime_session_goes_on_whatever_is_said(secret: str, message: Any) -> None:
    found = asyncio.run(say(secret, json.dumps(message)))
    assert found[0]["type"] == "session.created"
    assert found[-1]["type"] == CLEARED


def test_realtime_session_goes_on_after_json_that_is_nested_too_deeply(secret: str) -> None:
    _, error, last = asyncio.run(say(secret, DEEP))
    assert (error["error"]["code"], last["type"]) == ("invalid_json", CLEARED)


async def recognise(secret: str, context: str) -> dict[str, Any]:
    """Say how to listen, and then something; return the first answer."""
    socket = await opened(SPEECH, secret)
    head = "Path: speech.context\r\nX-RequestId: 1\r\n"
    await socket.send_to(text_data=f"{head}\r\n{context}")
    head = "Path: audio\r\nX-RequestId: 1\r\n"
    await socket.send_to(bytes_data=len(head).to_bytes(2, "big") + head.encode() + bytes(640))
    found = await socket.receive_output(timeout=SECONDS)
    await socket.disconnect(timeout=SECONDS)
    return found


def is_sound(answer: dict[str, Any]) -> bool:
    """Whether recognition begins, or the client is told that it made a mistake."""
    return "turn.start" in answer.get("text", "") or answer.get("code") == 1007


@HOSTILE
@example({"dgi": {"Groups": 5}})
@example({"dgi": {"Groups": [{"Items": 5}]}})
@example({"phraseOutput": {"detailed": {"options": 5}}})
@example({"phraseDetection": {"initialSilenceTimeout": 10**400, "mode": NESTED}})
@example({"languageId": {"languages": [NESTED]}})
@given(CONTEXT | JUNK)
def test_recognition_begins_or_is_refused_whatever_is_said(secret: str, context: Any) -> None:
    assert is_sound(asyncio.run(recognise(secret, json.dumps(context))))


@pytest.mark.parametrize("context", [DEEP, '{"a":' * 900 + "1" + "}" * 900])
def test_recognition_takes_or_refuses_what_is_nested_deeply(secret: str, context: str) -> None:
    assert is_sound(asyncio.run(recognise(secret, context)))


async def speak_and_fail(secret: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    def fail(*_: Any) -> Any:
        raise RuntimeError

    socket = await opened(REALTIME, secret)
    await socket.send_to(text_data=event("input_audio_buffer.append", audio="AAAA" * 4000))
    while not await in_thread(Recording.objects.filter(bytes_received__gt=44).exists):
        await asyncio.sleep(0.01)
    monkeypatch.setattr(realtime, "parsed", fail)
    await socket.send_to(text_data="{}")
    end = (await said(socket))[-1]
    await socket.disconnect(timeout=SECONDS)
    return end


def test_session_that_fails_ends_its_recording(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    end = asyncio.run(speak_and_fail(secret, monkeypatch))
    assert end["code"] == 1011
    recording = Recording.objects.get()
    assert (recording.state, recording.is_cut_short) == ("queued", True)
