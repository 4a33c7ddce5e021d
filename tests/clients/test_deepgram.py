"""Deepgram's library against the running product."""

import json
from typing import Any

import httpx
import pytest
from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError
from deepgram.environment import DeepgramClientEnvironment
from deepgram.errors import BadRequestError

from tests.clients.conftest import GIVEN_UP_SECONDS, PATIENCE_SECONDS, new_key, wait_for
from tests.engine.media import plain
from tests.file_server import FileServer
from tests.pipeline import AUDIO
from tests.product import Product
from tests.receiver import Posted, Receiver
from tests.waiting import wait_until

NOTE = (AUDIO / "note.wav").read_bytes()
CALL = (AUDIO / "call-two-channels.flac").read_bytes()
TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."


def client_of(product: Product, key: str) -> DeepgramClient:
    base = product.url
    socket = base.replace("http", "ws")
    return DeepgramClient(
        api_key=key,
        environment=DeepgramClientEnvironment(base=base, production=socket, agent=socket, agent_rest=base),
    )


@pytest.fixture
def client(product: Product, key: str) -> DeepgramClient:
    return client_of(product, key)


def test_file_has_text_words_and_facts(client: DeepgramClient) -> None:
    answer = client.listen.v1.media.transcribe_file(
        request=NOTE, model="nova-3", detect_language=True, keyterm=["Maria", "report"]
    )
    assert answer.metadata.channels == 1
    assert answer.metadata.duration == pytest.approx(7.3, abs=0.3)
    assert answer.metadata.model_info[answer.metadata.models[0]]["name"] == "demo"
    (channel,) = answer.results.channels
    assert channel.detected_language == "en"
    (said,) = channel.alternatives
    assert said.transcript == TEXT
    assert 0.3 < said.confidence <= 1
    assert [word.word for word in said.words] == plain(TEXT).split()
    assert [word.punctuated_word for word in said.words] == TEXT.split()
    starts = [word.start for word in said.words]
    assert starts == sorted(starts)
    assert said.words[0].speaker is None
    assert answer.results.utterances is None


def test_link_has_paragraphs_utterances_and_a_speaker(client: DeepgramClient, samples: FileServer) -> None:
    answer = client.listen.v1.media.transcribe_url(
        url=samples.url("/note.wav"),
        model="whisper-large",
        language="en-US",
        smart_format=True,
        diarize=True,
        utterances=True,
        utt_split=0.2,
    )
    (said,) = answer.results.channels[0].alternatives
    assert said.transcript == TEXT
    assert {word.speaker for word in said.words} == {0}
    (paragraph,) = said.paragraphs.paragraphs
    assert said.paragraphs.transcript == f"\nSpeaker 0: {TEXT}"
    assert [sentence.text for sentence in paragraph.sentences][1] == "The meeting starts at nine."
    assert (paragraph.speaker, paragraph.num_words) == (0, len(TEXT.split()))
    utterances = answer.results.utterances
    assert len(utterances) > 1
    assert " ".join(utterance.transcript for utterance in utterances) == TEXT
    assert {(utterance.channel, utterance.speaker) for utterance in utterances} == {(0, 0)}


def test_channels_are_answered_apart(client: DeepgramClient) -> None:
    answer = client.listen.v1.media.transcribe_file(request=CALL, multichannel=True, utterances=True)
    assert answer.metadata.channels == 2
    ann, ben = (channel.alternatives[0].transcript for channel in answer.results.channels)
    assert ann.startswith("The child and the customer are in Paris. There are sixteen people in London.")
    assert ben.startswith("The design team needs a late podcast by May. How many doors did Nina order?")
    assert [utterance.channel for utterance in answer.results.utterances][:4] == [0, 1, 0, 1]


def test_speakers_are_told_in_one_text_by_their_channels(client: DeepgramClient) -> None:
    answer = client.listen.v1.media.transcribe_file(request=CALL, diarize=True, paragraphs=True)
    (channel,) = answer.results.channels
    paragraphs = channel.alternatives[0].paragraphs
    assert [paragraph.speaker for paragraph in paragraphs.paragraphs][:4] == [0, 1, 0, 1]
    assert "\n\nSpeaker 1: The design team needs a late podcast by May.\n\n" in paragraphs.transcript


def test_callback_hears_what_would_have_been_answered(
    client: DeepgramClient, told: Receiver, samples: FileServer
) -> None:
    accepted = client.listen.v1.media.transcribe_file(
        request=NOTE, callback=told.url + "?of=note", extra=["case:7:b", "ward:3"], tag="dictation"
    )
    failing = client.listen.v1.media.transcribe_url(url=samples.url("/note.json"), callback=told.url)
    heard = json.loads(heard_of(accepted.request_id, told).body)
    assert heard["results"]["channels"][0]["alternatives"][0]["transcript"] == TEXT
    assert heard["metadata"]["extra"] == {"case": "7:b", "ward": "3"}
    assert heard["metadata"]["tags"] == ["dictation"]
    failure = json.loads(heard_of(failing.request_id, told).body)
    assert failure["err_code"] == "Bad Request"
    assert "not an audio or video file" in failure["err_msg"]


def heard_of(request_id: str, told: Receiver) -> Posted:
    def found() -> Posted | None:
        return next((posted for posted in told.posted if request_id.encode() in posted.body), None)

    return wait_until(found, PATIENCE_SECONDS, f"the callback of {request_id}")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown-model": ({"model": "parrot-9"}, "The model “parrot-9” is not known here"),
    "unknown-language": ({"language": "tlh"}, "The language “tlh” is not known here"),
    "not-audio": ({"request": b"These are only words. " * 50}, "This is not an audio or video file"),
    "empty": ({"request": b""}, "The body is empty"),
    "redaction": ({"redact": "pci"}, "Nothing can be redacted here"),
    "callback-inside": ({"callback": "file:///etc/passwd"}, "http"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_request_is_raised_with_our_sentence(client: DeepgramClient, case: str) -> None:
    options, sentence = REFUSED[case]
    with pytest.raises(BadRequestError) as raised:
        client.listen.v1.media.transcribe_file(**{"request": NOTE, **options})
    assert sentence in raised.value.body["err_msg"]
    assert raised.value.body["err_code"] == "Bad Request"
    assert raised.value.body["request_id"]


def test_link_into_the_network_is_refused(client: DeepgramClient, product: Product) -> None:
    with pytest.raises(BadRequestError) as raised:
        client.listen.v1.media.transcribe_url(url=f"{product.url}/v1/models")
    assert "port" in raised.value.body["err_msg"]


def test_wrong_key_is_refused(product: Product) -> None:
    with pytest.raises(ApiError) as raised:
        client_of(product, "wrong").listen.v1.media.transcribe_file(request=NOTE)
    assert (raised.value.status_code, raised.value.body["err_code"]) == (401, "INVALID_AUTH")
    assert raised.value.body["err_msg"] == "This API key is unknown, has expired or was revoked."


def test_file_that_is_too_large_is_refused(client: DeepgramClient, samples: FileServer) -> None:
    with pytest.raises(BadRequestError) as raised:
        client.listen.v1.media.transcribe_url(url=samples.url("/huge.wav"))
    assert raised.value.body["err_msg"].startswith("The file at the link is larger than the 20 GB")


def test_call_that_is_given_up_is_cancelled(product: Product, samples: FileServer) -> None:
    key = new_key(product)
    with pytest.raises(httpx.ReadTimeout):
        client_of(product, key).listen.v1.media.transcribe_url(
            url=samples.url("/slow.wav"),
            request_options={"timeout_in_seconds": GIVEN_UP_SECONDS, "max_retries": 0},
        )
    wait_for(product, key, "cancelled")
