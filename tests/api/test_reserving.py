"""Whoever looks for room, and whoever writes meanwhile, never wait for each other."""

import fcntl
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread

import pytest
from django.db import connection
from django.test import Client

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey, User
from transcripts import quotas
from transcripts.api import service
from transcripts.api.gate import Caller
from transcripts.api.service import Asked
from transcripts.models import ApiRequest, Recording


def by_link(key: ApiKey, secret: str) -> None:
    asked = Asked(ApiRequest.Vendor.OWN, "whisper-1")
    service.take_link(Caller(key.owner, key), asked, "http://93.184.216.34/a.wav")


def by_upload(key: ApiKey, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}", "Tus-Resumable": "1.0.0", "Upload-Length": "99"}
    assert Client().generic("POST", "/api/v1/uploads", headers=headers).status_code == 201


@pytest.mark.parametrize("take", [by_link, by_upload])
@pytest.mark.django_db(transaction=True)
def test_call_that_waits_for_its_turn_lets_others_write(
    alice: User, monkeypatch: pytest.MonkeyPatch, take: Callable[[ApiKey, str], None]
) -> None:
    issued, waits, lock = keys.issue(alice, "Test"), Event(), fcntl.flock

    def lock_and_tell(*args: int) -> None:
        waits.set()
        lock(*args)

    def call() -> None:
        with closing(connection):
            take(*issued)

    thread = Thread(target=call)
    with quotas.reserving():
        monkeypatch.setattr(quotas.fcntl, "flock", lock_and_tell)
        thread.start()
        assert waits.wait(30)
        User.objects.filter(pk=alice.pk).update(first_name="Alice")
        assert not Recording.objects.exists()
    thread.join(30)
    assert Recording.objects.count() == 1
