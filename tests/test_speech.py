"""Which model serves a task, what the pages say of it, and who waits where one does not load."""

import shutil
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.pipeline import AUDIO, receive
from transcripts import preparation, reconcile, speech
from transcripts.engine.models import DEMO_MODEL
from transcripts.models import Recording, SpeechModel
from transcripts.rows import row_of

pytestmark = pytest.mark.django_db

Task = Recording.Task


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    settings.STT_MODEL = settings.STT_TRANSLATE_MODEL = ""


@pytest.fixture
def install():
    def copy(name: str) -> None:
        shutil.copytree(DEMO_MODEL, speech.models_folder() / f"Systran--faster-whisper-{name}")

    return copy


def rest(name: str) -> None:
    later = timezone.now() + timedelta(seconds=30)
    SpeechModel.objects.create(name=name, state="unusable", error="It is damaged.", next_attempt_at=later)


def page(client) -> str:
    return " ".join(client.get("/").content.decode().split())


def test_the_model_that_transcribes_translates_too_until_the_translating_one_is_here(install):
    install("base")
    assert [speech.serving(task).name for task in Task.values] == ["base", "base"]
    install("small")
    assert [speech.serving(task).name for task in Task.values] == ["base", "small"]


def test_a_model_that_cannot_translate_does_not(install, settings):
    settings.STT_MODEL = "base.en"
    install("base.en")
    assert not speech.serving(Task.TRANSCRIBE).is_demo
    assert speech.serving(Task.TRANSLATE).is_demo


def test_no_page_speaks_of_a_demonstration_while_one_real_model_does_both(install, client):
    install("base")
    assert "demonstration model" not in page(client)


def test_the_page_says_where_only_translations_are_a_demonstration(install, settings, client):
    settings.STT_MODEL = "base.en"
    install("base.en")
    SpeechModel.objects.create(name="small", state="downloading", bytes_received=41, size=100)
    assert "“Translate to English” uses a demonstration model" in page(client)
    assert "The real model <code>small</code> is being downloaded (41 %)" in page(client)


def test_the_page_says_where_only_transcribing_is_a_demonstration(install, client):
    install("small")
    assert "Transcribing uses a demonstration model" in page(client)
    assert "The real model <code>base</code> is not here yet." in page(client)


def test_the_page_says_it_once_where_both_are_a_demonstration(client):
    assert page(client).count("demonstration model") == 1
    assert "<strong>This is a demonstration model" in page(client)


def test_the_page_says_which_task_waits_for_a_model_that_does_not_load(install, client):
    install("base")
    install("small")
    rest("small")
    text = page(client)
    assert "The speech model for translations cannot be loaded: It is damaged." in text
    assert "Once the model <code>small</code> loads, they are translated." in text


@pytest.mark.parametrize(("broken", "waiting"), [("small", "translate"), ("base", "transcribe")])
def test_only_recordings_that_need_a_model_that_does_not_load_wait(
    install, alice, monkeypatch, broken, waiting
):
    install("base")
    install("small")
    recordings = {task: receive(alice, AUDIO / "note.wav", task=task) for task in Task.values}
    for recording in recordings.values():
        preparation.prepare(recording.pk)
        recording.refresh_from_db()
    rest(broken)
    assert {task for task, recording in recordings.items() if row_of(recording).waits_for_model} == {waiting}
    woken = []
    monkeypatch.setattr("transcripts.queues.enqueue", lambda queue, pk: woken.append(pk))
    reconcile.wake_transcription()
    [other] = set(Task.values) - {waiting}
    assert woken == [recordings[other].pk]


def test_a_recording_that_asks_for_another_model_does_not_wait(install, alice):
    install("base")
    install("small")
    rest("base")
    recording = receive(alice, AUDIO / "note.wav", model="small")
    assert not row_of(recording).waits_for_model


def test_a_model_that_serves_as_before_writes_nothing(install, django_assert_num_queries):
    serving = speech.Serving("demo", DEMO_MODEL)
    speech.engine(serving)
    with django_assert_num_queries(1) as asked:
        speech.engine(serving)
    assert asked.captured_queries[0]["sql"].startswith("SELECT")
