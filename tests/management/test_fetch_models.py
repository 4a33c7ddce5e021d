"""The program that downloads what is missing, in a hurry: its waits are noted instead of waited for."""

import time
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.hub import serving_hub
from transcripts import speech
from transcripts.engine import models
from transcripts.management.commands import fetch_models
from transcripts.models import SpeechModel

pytestmark = pytest.mark.django_db

BASE, SMALL = "Systran/faster-whisper-base", "Systran/faster-whisper-small"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _first_start(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    settings.STT_MODEL = settings.STT_TRANSLATE_MODEL = ""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    # The test's transaction is of this thread and this connection.
    monkeypatch.setattr("transcripts.engine.models.POLL_SECONDS", 600)
    monkeypatch.setattr(fetch_models, "close_old_connections", lambda: None)


@pytest.fixture(autouse=True)
def endpoint(monkeypatch):
    """Where the hub is: the last of these. What HF_ENDPOINT says is read but once in a process."""
    known = [NOWHERE]
    pull = models.pull
    monkeypatch.setattr(models, "pull", lambda *arguments: pull(*arguments, endpoint=known[-1]))
    return known


@pytest.fixture
def sleep(monkeypatch):
    """Has `act` called for each wait, with its seconds."""

    def use(act):
        clock = SimpleNamespace(sleep=act, monotonic=time.monotonic)
        monkeypatch.setattr(fetch_models, "time", clock)

    return use


def test_the_waits_grow_to_an_hour_until_the_hub_can_be_reached(sleep, endpoint):
    waits, noted = [], []
    with serving_hub(BASE, SMALL) as hub:

        def act(seconds):
            waits.append(seconds)
            noted.append((SpeechModel.objects.get(name="small").next_attempt_at - timezone.now()).seconds)
            if len(waits) == 9:
                endpoint.append(hub.url)

        sleep(act)
        call_command("fetch_models")
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert noted == [pytest.approx(seconds, abs=20) for seconds in waits]
    assert {serving.name for serving in map(speech.serving, ("transcribe", "translate"))} == {"base", "small"}
    for model in SpeechModel.objects.all():
        assert (model.state, model.error, model.next_attempt_at, model.percent) == ("ready", "", None, 100)


def test_a_folder_that_takes_nothing_is_tried_again_like_a_hub_that_does_not_answer(sleep):
    speech.models_folder().write_text("a file where a folder belongs")

    def act(seconds):
        [model] = SpeechModel.objects.filter(name="base")
        assert "could not be changed for the model “base”" in model.error
        speech.models_folder().unlink()
        raise KeyboardInterrupt

    sleep(act)
    with pytest.raises(KeyboardInterrupt):
        call_command("fetch_models")
