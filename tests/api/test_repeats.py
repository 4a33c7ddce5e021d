"""Calls of which a client gives up on the answer, and which it sends once more."""

import asyncio
import errno
import io
from contextlib import closing, suppress
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import RequestFactory

from sttweb.accounts import keys
from sttweb.accounts.models import User
from tests.pipeline import AUDIO
from transcripts.api import service
from transcripts.api.gate import Caller
from transcripts.api.openai import repeats
from transcripts.api.openai.repeats import GRACE, first_of, marked, patience_with
from transcripts.api.service import Asked
from transcripts.models import ApiRequest, Recording
from transcripts.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

SOUND = (AUDIO / "note.wav").read_bytes()
RETRY = RequestFactory().post("/", headers={"X-Stainless-Retry-Count": "1"})


class Slow(io.BytesIO):
    """A body whose bytes come when they are told to."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.is_read, self.may_come = Event(), Event()

    def read(self, size: int | None = -1) -> bytes:
        self.is_read.set()
        assert self.may_come.wait(30)
        return super().read(size)


@pytest.fixture
def caller(alice: User) -> Caller:
    return Caller(alice, keys.issue(alice, "Test")[0])


@pytest.fixture
def asked() -> Asked:
    # What no database keeps must not make it another call.
    wished = Asked(ApiRequest.Vendor.OPENAI, "whisper-1", options={"prompt": "a\0b"})
    return marked(wished, SimpleUploadedFile("note.wav", SOUND))


def test_repeat_is_known_while_the_first_call_still_comes_in(caller: Caller, asked: Asked) -> None:
    body, taken = Slow(SOUND), []

    def take() -> None:
        with closing(connection):
            taken.append(service.take_body(caller, asked, body, len(SOUND)))

    call = Thread(target=take)
    call.start()
    assert body.is_read.wait(30)
    again = first_of(RETRY, caller, asked)
    body.may_come.set()
    call.join(30)
    assert again == taken[0] == first_of(RETRY, caller, asked)
    assert first_of(RequestFactory().post("/"), caller, asked) is None
    assert first_of(RETRY, caller, marked(asked, SimpleUploadedFile("note.wav", b"other"))) is None


def test_what_a_process_took_in_when_it_died_is_no_first_call(caller: Caller, asked: Asked) -> None:
    service.take_body(caller, asked, io.BytesIO(SOUND), len(SOUND))
    Recording.objects.update(state="receiving")
    assert first_of(RETRY, caller, asked) is None


def test_what_finds_no_room_on_the_disk_is_not_kept_as_far_as_it_came(caller: Caller, asked: Asked) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(Refused, match="disk is full"):
        service.take_body(caller, asked, Full(), len(SOUND))
    assert not Recording.objects.exists()
    assert not ApiRequest.objects.exists()


async def state_now() -> str:
    return (await sync_to_async(Recording.objects.get)()).state


@pytest.mark.parametrize(("seconds", "state"), [(0.0, "cancelled"), (3600.0, "queued")])
async def test_call_that_is_given_up_while_it_comes_in_waits_for_its_repeat(
    caller: Caller, asked: Asked, seconds: float, state: str
) -> None:
    body = Slow(SOUND)

    def take() -> tuple[Recording, Any]:
        return service.take_body(caller, asked, body, len(SOUND)), None

    call = asyncio.create_task(service.taken_patiently(lambda: seconds, take))
    assert await asyncio.to_thread(body.is_read.wait, 30)
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call
    body.may_come.set()
    async with asyncio.timeout(60):
        # What is cancelled at once may be so before anybody looks.
        while await state_now() != state or (seconds and not service._abandoned):
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    for task in list(service._abandoned):
        task.cancel()
    assert await state_now() == state


@pytest.mark.parametrize(("waited", "seconds"), [(1.0, 0.0), (7.0, GRACE)])
def test_client_that_is_gone_near_its_timeout_has_a_moment_to_come_back(
    monkeypatch: pytest.MonkeyPatch, waited: float, seconds: float
) -> None:
    """Its own waiting began earlier, while its file was on its way."""
    clock = iter([100.0, 100.0 + waited])
    monkeypatch.setattr(repeats, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    patience = patience_with(RequestFactory().post("/", headers={"X-Stainless-Read-Timeout": "10"}))
    assert patience() == seconds
