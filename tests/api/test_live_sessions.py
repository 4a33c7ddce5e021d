"""Sound that programs send as it is spoken, before it is of a recording, and when turns are ended by hand."""

import asyncio
import base64
from threading import Event
from typing import Any

import pytest

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey, User
from tests.api.sockets import CLEARED, REALTIME, event, opened, said, say
from transcripts.api.gate import Caller
from transcripts.api.live import spool
from transcripts.api.live.session import Happening, LiveSession
from transcripts.api.live.sound import Sound
from transcripts.api.service import Asked
from transcripts.api.threads import in_thread
from transcripts.engine.turns import Detection, Mark, TurnDetector
from transcripts.models import ApiRequest, Recording

pytestmark = pytest.mark.django_db(transaction=True)

BY_HAND = event("session.update", session={"audio": {"input": {"turn_detection": None}}})


@pytest.fixture
def issued(alice: User) -> tuple[ApiKey, str]:
    return keys.issue(alice, "Test")


def sound(length: int) -> str:
    return event("input_audio_buffer.append", audio=base64.b64encode(bytes(length)).decode())


def test_turn_that_is_never_committed_does_not_grow_on(
    issued: tuple[ApiKey, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "TURN_BYTES", 3000)
    found = asyncio.run(say(issued[1], BY_HAND, sound(2000), sound(2000)))
    assert [facts["type"] for facts in found[-2:]] == ["error", CLEARED]
    assert found[-2]["error"]["message"].startswith("The turn is too long")


def test_turn_needs_room_in_the_account_while_it_comes(issued: tuple[ApiKey, str], settings: Any) -> None:
    settings.STT_QUOTA_BYTES = 1000
    *_, error, end = asyncio.run(say(issued[1], BY_HAND, sound(2000)))
    assert error["error"]["message"].startswith("Your account is full")
    assert end["code"] == 3000


def test_turn_ends_when_its_key_is_revoked(issued: tuple[ApiKey, str]) -> None:
    async def speak() -> list[dict[str, Any]]:
        socket = await opened(REALTIME, issued[1])
        for message in (BY_HAND, sound(2000), event("input_audio_buffer.clear")):
            await socket.send_to(text_data=message)
        assert (await said(socket))[-1]["type"] == CLEARED
        await in_thread(keys.revoke, issued[0])
        await socket.send_to(text_data=sound(2000))
        return await said(socket)

    error, end = asyncio.run(speak())
    assert (error["error"]["code"], end["code"]) == ("invalid_api_key", 3000)


class Watched(TurnDetector):
    """Holds the first sound until it may go on."""

    is_pushing, was_disturbed = False, False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.begins, self.may_go_on = Event(), Event()
        self.fails = False

    def push(self, samples: Any) -> list[Mark]:
        self.is_pushing = True
        self.begins.set()
        assert self.may_go_on.wait(30)
        if self.fails:
            raise RuntimeError
        marks = super().push(samples)
        self.is_pushing = False
        return marks

    def stop(self) -> list[Mark]:
        self.was_disturbed |= self.is_pushing
        return super().stop()


def session_of(key: ApiKey, detector: Watched) -> LiveSession:
    async def tell(happening: Happening) -> None:
        pass

    asked = Asked(ApiRequest.Vendor.OPENAI, "whisper-1")
    session = LiveSession(Caller(key.owner, key), asked, Sound(), Detection(), tell)
    session._detector = detector
    return session


def test_clearing_waits_for_what_is_being_looked_through(issued: tuple[ApiKey, str]) -> None:
    detector = Watched(24_000, Detection())

    async def clear() -> None:
        session = session_of(issued[0], detector)
        await session.feed(bytes(48_000))
        assert await asyncio.to_thread(detector.begins.wait, 30)
        clearing = asyncio.create_task(session.clear())
        await asyncio.wait([clearing], timeout=0.2)
        detector.may_go_on.set()
        await asyncio.wait_for(clearing, 30)
        await session.leave(is_whole=True)

    asyncio.run(clear())
    assert not detector.was_disturbed
    assert Recording.objects.get().state == "queued"


def test_turn_that_is_ended_by_hand_while_the_session_fails_has_nobody_speaking(
    issued: tuple[ApiKey, str],
) -> None:
    detector = Watched(24_000, Detection())
    detector.fails = True

    async def cut() -> bool:
        session = session_of(issued[0], detector)
        await session.feed(bytes(48_000))
        assert await asyncio.to_thread(detector.begins.wait, 30)
        cutting = asyncio.create_task(session.cut())
        await asyncio.sleep(0)
        detector.may_go_on.set()
        was_speaking = await asyncio.wait_for(cutting, 30)
        await session.leave(is_whole=True)
        return was_speaking

    assert asyncio.run(cut()) is False
