"""What calls had told to addresses that they named."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from tests.messages import PATIENCE_SECONDS, ended, send_all, send_due
from tests.receiver import Receiver, receiver, status
from transcripts import delivering, lifecycle
from transcripts.api import callbacks
from transcripts.api.callbacks import Callback
from transcripts.delivering import Message
from transcripts.models import ApiRequest, Delivery, Recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def call(alice, heard) -> ApiRequest:
    return ApiRequest.objects.create(owner=alice, vendor="own", callback_url=heard.url)


def test_call_that_named_an_address_is_answered_there_once(alice, call, heard):
    first = Recording.objects.create(owner=alice, state="transcribing", api_request=call)
    ended(alice, api_request=call)
    assert Delivery.objects.count() == 0
    lifecycle.cancel(first)
    send_due()
    (posted,) = heard.posted
    told = json.loads(posted.body)
    assert told["request_id"] == str(call.pk)
    assert {r["state"] for r in told["recordings"]} == {"failed", "cancelled"}
    lifecycle.move(first, "queued")
    lifecycle.cancel(first)
    assert Delivery.objects.count() == 1


def test_vendor_words_and_signs_its_callbacks_at_each_try(alice, call, heard, monkeypatch):
    signed = []

    def sign(delivery: Delivery, body: bytes) -> dict[str, str]:
        signed.append(body)
        return {"X-Signature": f"{len(signed)}"}

    monkeypatch.setitem(callbacks.CALLBACKS, "fal", Callback(lambda request: f"“{request.pk}”", sign))
    ApiRequest.objects.update(vendor="fal")
    ended(alice, api_request=call)
    heard.answer = status(500)
    send_due()
    delivery = Delivery.objects.get()
    assert delivery.scheme == Delivery.Scheme.FAL
    assert send_all().tries == 10
    assert {posted.body.decode() for posted in heard.posted} == {f"“{call.pk}”"}
    assert [posted.headers["x-signature"] for posted in heard.posted] == [str(n) for n in range(1, 11)]


def test_nothing_is_told_of_what_was_deleted(alice, call, heard):
    ended(alice, api_request=call)
    Recording.objects.all().delete()
    assert (send_all().answer, heard.posted) == (callbacks.DELETED, [])


@pytest.mark.django_db(transaction=True)
def test_call_whose_recordings_end_at_one_moment_is_answered_once(alice, call):
    recordings = [
        Recording.objects.create(owner=alice, state="transcribing", api_request=call) for _ in "123"
    ]
    together = Barrier(len(recordings))

    def end(recording: Recording) -> None:
        try:
            with transaction.atomic():
                if connection.vendor == "postgresql":  # SQLite lets one begin at a time
                    together.wait(PATIENCE_SECONDS)
                lifecycle.cancel(recording)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(recordings)) as pool:
        list(pool.map(end, recordings))
    assert Delivery.objects.count() == 1


def test_worker_that_was_paused_changes_nothing(alice, call, heard):
    ended(alice, api_request=call)

    def overtaken(delivery: Delivery) -> Message:
        Delivery.objects.update(fence=100, answer="another's")
        return Message(b"{}", {})

    delivering.deliver(Delivery.objects.get().pk, overtaken)
    assert len(heard.posted) == 1
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.answer, delivery.tries) == ("waiting", "another's", 0)
