"""The user's terms: kept, listed, and told to the engine."""

import numpy as np
import pytest
from django.urls import reverse

from tests.pipeline import AUDIO, receive, work
from transcripts import previews, vocabulary
from transcripts.engine.base import SpanAudio
from transcripts.engine.whisper import WhisperEngine
from transcripts.models import Recording, Term
from transcripts.refusals import Refused

pytestmark = pytest.mark.django_db
URL = "/vocabulary/"


@pytest.fixture
def prompts(monkeypatch):
    """The prompts of all that the engine is asked while the test runs; it answers as ever."""
    heard: list[str] = []
    transcribe = WhisperEngine.transcribe

    def listen(self, spans, options):
        heard.append(options.prompt)
        return transcribe(self, spans, options)

    monkeypatch.setattr(WhisperEngine, "transcribe", listen)
    return heard


def test_terms_come_before_the_recording_s_own_names(alice):
    vocabulary.remember(alice, ["Kuberski", "Łódź"])
    recording = Recording.objects.create(owner=alice, title="Note", prompt="Maria")
    assert vocabulary.prompt_of(recording) == "Kuberski, Łódź. Maria"


def test_without_terms_the_prompt_is_the_recording_s_own(alice, bob):
    vocabulary.remember(bob, ["Kuberski"])
    assert vocabulary.prompt_of(Recording.objects.create(owner=alice, title="Note")) == ""
    assert (
        vocabulary.prompt_of(Recording.objects.create(owner=alice, title="Note", prompt="Maria")) == "Maria"
    )


def test_newest_terms_are_told_where_not_all_fit(alice):
    for number in range(100):
        vocabulary.remember(alice, [f"Term {number:03}"])
    prompt = vocabulary.prompt_of(Recording.objects.create(owner=alice, title="Note"))
    assert len(prompt) <= vocabulary.TERMS_LENGTH + 1
    assert prompt.endswith("Term 098, Term 099.")
    assert "Term 000" not in prompt


def test_engine_is_told_the_terms_in_transcription_and_in_previews(alice, prompts):
    vocabulary.remember(alice, ["Friday"])
    recording = work(receive(alice, AUDIO / "note.wav", prompt="Maria"))
    silence = SpanAudio(np.zeros(16_000, np.float32), ((0.0, 1.0),))
    previews.hear(recording, recording.transcript, silence)
    assert prompts == ["Friday. Maria"] * 2
    assert "Maria will send the report on Friday." in " ".join(
        recording.transcript.segments.values_list("text", flat=True)
    )


def test_what_is_known_is_not_added_twice(alice):
    assert vocabulary.remember(alice, ["Maria", " Maria ", "", "Łódź"]) == 2
    assert vocabulary.remember(alice, ["Maria", "Anna"]) == 1
    assert Term.objects.filter(owner=alice).count() == 3


def test_term_that_is_too_long_is_refused(alice):
    with pytest.raises(Refused, match="at most 100 characters"):
        vocabulary.remember(alice, ["fine", "x" * 101])
    assert not Term.objects.exists()


def test_vocabulary_has_an_end(alice):
    vocabulary.remember(alice, map(str, range(vocabulary.MAX_TERMS)))
    with pytest.raises(Refused, match="full"):
        vocabulary.remember(alice, ["one more"])


def test_page_adds_lists_and_deletes(alice_client, alice):
    answer = alice_client.post(URL, {"terms": "Maria\r\n<b>Łódź</b>\r\n"}, follow=True)
    page = answer.content.decode()
    assert "2 terms were added." in page
    assert "&lt;b&gt;Łódź&lt;/b&gt;" in page
    term = Term.objects.get(text="Maria")
    page = alice_client.post(reverse("vocabulary_delete", args=[term.pk]), follow=True).content.decode()
    assert "“Maria” was deleted" in page
    assert list(Term.objects.values_list("text", flat=True)) == ["<b>Łódź</b>"]


def test_page_keeps_what_was_refused(alice_client):
    answer = alice_client.post(URL, {"terms": "x" * 101})
    assert answer.status_code == 400
    assert "too long" in answer.content.decode()
    assert "x" * 101 in answer.content.decode()


def test_nobody_sees_or_deletes_another_s_terms(alice, bob_client, client):
    vocabulary.remember(alice, ["Kuberski"])
    url = reverse("vocabulary_delete", args=[Term.objects.get().pk])
    assert "Kuberski" not in bob_client.get(URL).content.decode()
    assert bob_client.post(url).status_code == 404
    assert bob_client.get(url).status_code == 405
    assert client.get(URL).status_code == 302
    assert client.post(url).status_code == 302
    assert Term.objects.exists()
