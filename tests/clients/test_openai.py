"""OpenAI's libraries against the running product."""

import asyncio
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pysubs2
import pytest
import requests
from openai import AsyncOpenAI, OpenAI

from tests.clients.conftest import AT_WORK, PATIENCE_SECONDS, new_key, recordings, wait_for
from tests.engine.media import RECIPES, make, samples_of, truth
from tests.pipeline import AUDIO
from tests.product import Product
from tests.waiting import wait_until

NOTE = AUDIO / "note.wav"
SENTENCE = "The meeting starts at nine."
MEETINGS = 5


@pytest.fixture
def client(product: Product, key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{product.url}/v1", api_key=key) as client:
        yield client


def transcribed(client: OpenAI, **options: Any) -> Any:
    return client.audio.transcriptions.create(**{"model": "whisper-1", "file": NOTE, **options})


def test_json_has_text_and_usage(client: OpenAI) -> None:
    answer = transcribed(client)
    assert SENTENCE in answer.text
    assert answer.usage.type == "tokens"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.usage.output_tokens > 20
    assert answer.logprobs is None


def test_json_has_the_likelihood_of_what_was_said(client: OpenAI) -> None:
    answer = transcribed(client, model="gpt-transcribe", include=["logprobs"])
    assert "".join(item.token for item in answer.logprobs).strip() == answer.text
    assert all(-5 < item.logprob <= 0 for item in answer.logprobs)
    assert bytes(int(b) for b in answer.logprobs[0].bytes).decode() == answer.logprobs[0].token
    assert [language.code for language in answer.languages] == ["en"]


def test_text_and_subtitles_are_what_the_client_hands_on(client: OpenAI) -> None:
    assert SENTENCE in transcribed(client, response_format="text")
    for form, starts in (("srt", "1\n00:00:"), ("vtt", "WEBVTT\n\n00:00:")):
        text = transcribed(client, response_format=form)
        assert text.startswith(starts)
        said = " ".join(event.plaintext for event in pysubs2.SSAFile.from_string(text, form))
        assert SENTENCE in " ".join(said.split())


def test_verbose_json_has_segments_with_the_engines_facts(client: OpenAI) -> None:
    answer = transcribed(client, response_format="verbose_json", language="English")
    assert (answer.task, answer.language) == ("transcribe", "english")
    assert answer.duration == pytest.approx(7.4, abs=1.5)
    assert answer.usage.seconds == math.ceil(answer.duration)
    assert answer.words is None
    assert [segment.id for segment in answer.segments] == [0, 1, 2]
    assert SENTENCE in answer.segments[1].text
    for segment in answer.segments:
        assert 0 <= segment.start < segment.end <= answer.duration
        assert segment.tokens
        assert segment.avg_logprob < 0 < segment.compression_ratio


@pytest.mark.parametrize(("granularities", "has_segments"), [(["word"], False), (["word", "segment"], True)])
def test_verbose_json_has_the_granularities_that_were_asked_for(
    client: OpenAI, granularities: list[str], has_segments: bool
) -> None:
    answer = transcribed(client, response_format="verbose_json", timestamp_granularities=granularities)
    assert (answer.segments is not None) is has_segments
    nine = next(word for word in answer.words if word.word == "nine.")
    assert 2 < nine.start < nine.end < 6


def test_diarized_json_has_a_speaker_for_each_segment(client: OpenAI) -> None:
    sample = "data:audio/wav;base64,UklGRg=="
    answer = transcribed(
        client,
        model="gpt-4o-transcribe-diarize",
        response_format="diarized_json",
        chunking_strategy={"type": "server_vad", "threshold": 0.4, "silence_duration_ms": 300},
        known_speaker_names=["Maria"],
        known_speaker_references=[sample],
    )
    assert SENTENCE in answer.text
    first = answer.segments[0]
    assert (first.id, first.type, first.speaker) == ("seg_001", "transcript.text.segment", "A")


def test_diarized_json_tells_channels_apart(client: OpenAI) -> None:
    call = AUDIO / "call-two-channels.flac"
    answer = transcribed(
        client, model="gpt-4o-transcribe-diarize", file=call, response_format="diarized_json"
    )
    said = {name: " ".join(s.text for s in answer.segments if s.speaker == name) for name in ("A", "B")}
    assert "The child and the customer are in Paris." in said["A"]
    assert said["B"]
    assert said["B"] not in said["A"]


def test_options_that_guide_are_taken(client: OpenAI) -> None:
    answer = transcribed(
        client,
        model="gpt-4o-mini-transcribe",
        temperature=0.2,
        prompt="A meeting.",
        keywords=["Maria", "report"],
        languages=["en"],
        chunking_strategy="auto",
    )
    assert "Maria" in answer.text


def test_stream_brings_deltas_that_make_up_the_text(client: OpenAI) -> None:
    events = list(transcribed(client, model="gpt-4o-transcribe", stream=True, include=["logprobs"]))
    deltas, done = events[:-1], events[-1]
    assert {event.type for event in deltas} == {"transcript.text.delta"}
    assert len(deltas) == 3
    assert done.type == "transcript.text.done"
    assert "".join(event.delta for event in deltas) == done.text
    assert SENTENCE in done.text
    assert done.usage.output_tokens > 20
    assert len(done.logprobs) == sum(len(event.logprobs) for event in deltas)


def test_stream_brings_segments_with_speakers(client: OpenAI) -> None:
    events = list(transcribed(client, model="demo", stream=True, response_format="diarized_json"))
    segments = [event for event in events if event.type == "transcript.text.segment"]
    deltas = [event for event in events if event.type == "transcript.text.delta"]
    assert [event.id for event in segments] == [event.segment_id for event in deltas]
    assert SENTENCE in [event.text for event in segments]
    assert {event.speaker for event in segments} == {"A"}


def test_stream_is_ignored_for_whisper_1(client: OpenAI) -> None:
    answer = client.audio.transcriptions.with_raw_response.create(
        model="whisper-1", file=NOTE, extra_body={"stream": "true"}
    )
    assert SENTENCE in answer.http_response.json()["text"]


def test_stream_ends_with_the_error_that_stopped_it(client: OpenAI) -> None:
    broken = ("broken.wav", b"RIFF" + bytes(2000))
    events = transcribed(client, model="gpt-4o-transcribe", file=broken, stream=True)
    with pytest.raises(openai.APIError, match="cannot be read"):
        list(events)


# The library says that the vendor will end this.
@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_translation_is_english(client: OpenAI) -> None:
    german = AUDIO / "german.flac"
    answer = client.audio.translations.create(model="whisper-1", file=german, response_format="verbose_json")
    assert answer.language == "english"
    assert answer.segments
    plain = client.audio.translations.create(model="whisper-1", file=german, response_format="text")
    assert plain.split() == answer.text.split()


def test_models_are_listed(client: OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}
    assert {"whisper-1", "gpt-4o-transcribe"} <= set(listed)
    local = next(model for model in listed.values() if model.owned_by == "sttweb")
    assert client.models.retrieve(local.id) == local
    assert SENTENCE in transcribed(client, model=local.id).text


def test_unknown_model_is_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="is not known here") as failed:
        client.models.retrieve("someone/whisper-900")
    assert failed.value.body["message"].startswith("The model “someone/whisper-900”")
    with pytest.raises(openai.NotFoundError, match="whisper-900") as failed:
        transcribed(client, model="whisper-900")
    assert (failed.value.code, failed.value.param) == ("model_not_found", "model")
    assert failed.value.request_id


def test_wrong_key_is_told(product: Product) -> None:
    stranger = OpenAI(base_url=f"{product.url}/v1", api_key="stt_wrong")
    with pytest.raises(openai.AuthenticationError, match="API key is unknown"):
        transcribed(stranger)
    with pytest.raises(openai.AuthenticationError, match="API key is unknown"):
        stranger.models.list()


def test_what_is_not_audio_is_a_bad_request(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="for example WAV, MP3") as failed:
        transcribed(client, file=("letter.mp3", b"Dear Sir or Madam"))
    assert (failed.value.type, failed.value.param) == ("invalid_request_error", "file")


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"language": "klingon"}, "language"),
        ({"languages": ["en", "xx"]}, "languages"),
        ({"temperature": 2}, "temperature"),
        ({"response_format": "docx"}, "response_format"),
        ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
        ({"include": ["logprobs"], "response_format": "verbose_json"}, "include"),
        ({"chunking_strategy": {"type": "server_vad", "threshold": 3}}, "chunking_strategy[threshold]"),
        ({"known_speaker_names": ["Maria"]}, "known_speaker_references"),
        ({"model": ""}, "model"),
    ],
)
def test_mistaken_option_is_named(client: OpenAI, options: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as failed:
        transcribed(client, **options)
    assert failed.value.param == param
    assert failed.value.type == "invalid_request_error"


def test_call_without_a_file_is_told_what_is_missing(product: Product, key: str) -> None:
    url, headers = f"{product.url}/v1/audio/transcriptions", {"Authorization": f"Bearer {key}"}
    for sent in ({"data": {"model": "whisper-1"}}, {"data": b"RIFF"}):
        answer = requests.post(url, headers=headers, timeout=60, **sent)
        assert answer.status_code == 400
        assert "“file”" in answer.json()["error"]["message"]


def test_file_is_transcribed_that_node_sends_as_a_stream(
    product: Product, key: str, node: Callable[..., str]
) -> None:
    text = node("openai_transcription.mjs", BASE_URL=f"{product.url}/v1", API_KEY=key, AUDIO=str(NOTE))
    assert SENTENCE in text


def test_javascript_library_throws_its_own_errors_with_our_sentences(
    product: Product, key: str, node: Callable[..., str]
) -> None:
    thrown = json.loads(node("openai_errors.mjs", PRODUCT=product.url, API_KEY=key, AUDIO=str(NOTE)))
    facts = {name: (error["name"], error["status"]) for name, error in thrown.items()}
    assert facts == {
        "key": ("AuthenticationError", 401),
        "model": ("NotFoundError", 404),
        "audio": ("BadRequestError", 400),
        "size": ("APIError", 413),
        "streamed": ("APIError", 413),
    }
    sentences = {name: error["message"] for name, error in thrown.items()}
    assert "This API key is unknown, has expired or was revoked." in sentences["key"]
    assert "“whisper-900” is not known here" in sentences["model"]
    assert "for example WAV, MP3" in sentences["audio"]
    assert "This request is too large" in sentences["size"]
    assert "This request is too large" in sentences["streamed"]
    assert (thrown["model"]["code"], thrown["audio"]["param"]) == ("model_not_found", "file")


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The meeting so often that nobody hears all of it within seconds."""
    samples = (samples_of(AUDIO / "meeting.flac") * 32767).astype(np.int16).reshape(1, -1)
    path = tmp_path_factory.mktemp("audio") / "long.flac"
    return make(path, RECIPES["flac"], np.tile(samples, (1, MEETINGS)))


def test_call_that_a_javascript_program_aborts_is_cancelled(
    product: Product, long: Path, node: Callable[..., str]
) -> None:
    key = new_key(product)
    thrown = json.loads(node("openai_abort.mjs", PRODUCT=product.url, API_KEY=key, AUDIO=str(long)))
    assert thrown == {"name": "APIUserAbortError", "message": "Request was aborted."}
    wait_for(product, key, "cancelled")


async def test_cancelled_call_cancels_its_recording(product: Product, long: Path) -> None:
    key = new_key(product)
    async with AsyncOpenAI(base_url=f"{product.url}/v1", api_key=key) as client:
        call = asyncio.create_task(client.audio.transcriptions.create(model="whisper-1", file=long))
        await asyncio.to_thread(wait_for, product, key, *AT_WORK)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await asyncio.to_thread(wait_for, product, key, "cancelled")


def test_stream_that_is_closed_cancels_its_recording(product: Product, long: Path) -> None:
    key = new_key(product)
    with OpenAI(base_url=f"{product.url}/v1", api_key=key) as client:
        with transcribed(client, model="gpt-4o-transcribe", file=long, stream=True) as stream:
            assert next(stream).type == "transcript.text.delta"
        wait_for(product, key, "cancelled")


def test_call_that_is_repeated_after_a_timeout_is_transcribed_once(product: Product, long: Path) -> None:
    key = new_key(product)
    with OpenAI(base_url=f"{product.url}/v1", api_key=key) as client:
        with pytest.raises(openai.APITimeoutError):
            # If the product takes half of it before it looks, it takes the call for one that was ended.
            transcribed(client.with_options(timeout=8, max_retries=0), file=long)
        wait_until(lambda: recordings(product, key), PATIENCE_SECONDS, "what the first call sent")
        # As the library itself would.
        answer = transcribed(client, file=long, extra_headers={"X-Stainless-Retry-Count": "1"})
    said = Counter(word for turn in truth("meeting")["turns"] for word in turn["text"].split() * MEETINGS)
    assert (Counter(answer.text.split()) & said).total() > 0.9 * said.total()
    wait_for(product, key, "done")
