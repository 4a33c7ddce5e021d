"""Whoever looks for room, and whoever writes meanwhile, never wait for each other."""

from contextlib import closing
from threading import Thread

import pytest
from django.db import connection

from sttweb.accounts import keys
from sttweb.accounts.models import User
from transcripts import quotas
from transcripts.api import service
from transcripts.api.gate import Caller
from transcripts.api.service import Asked
from transcripts.models import ApiRequest, Recording


@pytest.mark.django_db(transaction=True)
def test_call_that_waits_for_its_turn_lets_others_write(alice: User) -> None:
    key, _ = keys.issue(alice, "Test")

    def take() -> None:
        with closing(connection):
            asked = Asked(ApiRequest.Vendor.OWN, "whisper-1")
            service.take_link(Caller(alice, key), asked, "http://93.184.216.34/a.wav")

    call = Thread(target=take)
    with quotas.reserving():
        call.start()
        for number in range(20):
            call.join(0.02)
            User.objects.filter(pk=alice.pk).update(first_name=str(number))
        assert not Recording.objects.exists()
    call.join(10)
    assert Recording.objects.count() == 1
