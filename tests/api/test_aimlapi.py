"""For how long what a program asked for can be fetched."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import User
from transcripts.api import service
from transcripts.api.aimlapi.create import KEPT
from transcripts.api.aimlapi.results import found
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller
from transcripts.api.service import Asked
from transcripts.models import ApiRequest, Recording

MOMENT = timedelta(minutes=1)


def test_result_is_gone_an_hour_after_it_was_there(alice: User) -> None:
    caller = Caller(alice, keys.issue(alice, "Test")[0])
    recording = service.open_live(caller, Asked(ApiRequest.Vendor.AIMLAPI, "whisper-1", kept=KEPT))
    generation = str(recording.api_request_id)
    asked_at = timezone.now() - 5 * KEPT
    ApiRequest.objects.update(created_at=asked_at, expires_at=asked_at + KEPT)
    assert found(caller, generation)["status"] == "waiting"
    Recording.objects.update(state="failed", finished_at=timezone.now() - KEPT + MOMENT)
    assert found(caller, generation)["status"] == "error"
    Recording.objects.update(finished_at=timezone.now() - KEPT)
    with pytest.raises(ApiError, match="kept for an hour"):
        found(caller, generation)
