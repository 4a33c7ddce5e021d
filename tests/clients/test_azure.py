"""Azure's transcription library, and its REST calls as the documentation shows them, against the product."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from azure.ai.transcription import TranscriptionClient
from azure.ai.transcription.models import (
    PhraseListProperties,
    TranscriptionContent,
    TranscriptionDiarizationOptions,
    TranscriptionOptions,
    TranscriptionResult,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceResponseError

from tests.clients.conftest import GIVEN_UP_SECONDS, PATIENCE_SECONDS, new_key, wait_for
from tests.file_server import FileServer
from tests.pipeline import AUDIO
from tests.product import Product
from tests.waiting import wait_until

NOTE = AUDIO / "note.wav"
SENTENCE = "The meeting starts at nine."


@pytest.fixture(scope="module")
def transcribe(product: Product, key: str) -> Callable[..., TranscriptionResult]:
    """Transcribes audio with these options, by the library."""

    def call(audio: Any, shown: str = key, **options: Any) -> TranscriptionResult:
        client = TranscriptionClient(product.url, AzureKeyCredential(shown))
        with client:
            return client.transcribe(
                TranscriptionContent(definition=TranscriptionOptions(**options), audio=audio)
            )

    return call


def test_file_is_transcribed_with_its_words_and_locale(
    transcribe: Callable[..., TranscriptionResult],
) -> None:
    with NOTE.open("rb") as audio:
        result = transcribe(
            audio,
            locales=["en-GB"],
            phrase_list=PhraseListProperties(phrases=["Maria"]),
            diarization_options=TranscriptionDiarizationOptions(max_speakers=2),
        )
    assert SENTENCE in result.combined_phrases[0].text
    assert 6_000 < result.duration_milliseconds < 9_000
    first = result.phrases[0]
    assert (first.locale, first.speaker, first.channel) == ("en-GB", 1, None)
    assert " ".join(word.text for word in first.words) == first.text
    assert first.words[-1].offset_milliseconds < result.duration_milliseconds
    assert 0 < first.confidence <= 1


def test_bytes_without_a_file_name_are_transcribed_and_their_language_is_detected(
    transcribe: Callable[..., TranscriptionResult],
) -> None:
    german = transcribe((AUDIO / "german.flac").read_bytes(), locales=["en-US", "de-AT"])
    assert {phrase.locale for phrase in german.phrases} == {"de-AT"}
    assert "Die Sitzung ist am Montag." in german.combined_phrases[0].text


@pytest.mark.parametrize(
    ("audio", "options", "sentence"),
    [
        (b"not a sound", {}, "This is not an audio or video file"),
        (b"", {}, "The file is empty."),
        (NOTE.read_bytes(), {"locales": ["xx-XX"]}, "is not known here"),
        (
            NOTE.read_bytes(),
            {"models": {"en-US": "http://here/models/base/nothing"}},
            "“nothing” is not known",
        ),
    ],
    ids=["not audio", "nothing", "unknown locale", "unknown model"],
)
def test_library_raises_what_is_wrong(
    transcribe: Callable[..., TranscriptionResult], audio: bytes, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(HttpResponseError) as raised:
        transcribe(("audio.wav", audio), **options)
    assert sentence in str(raised.value)
    assert raised.value.status_code == 400
    assert raised.value.error.code == "InvalidRequest"


def test_library_raises_that_the_key_is_wrong(transcribe: Callable[..., TranscriptionResult]) -> None:
    with NOTE.open("rb") as audio, pytest.raises(ClientAuthenticationError, match="This API key is unknown"):
        transcribe(audio, shown="stt_wrong")


def poll(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """Ask as the vendor's samples do until the batch has ended."""

    def ended() -> dict[str, Any] | None:
        answer = requests.get(url, headers=headers, timeout=60)
        answer.raise_for_status()
        batch = answer.json()
        assert batch["status"] in ("NotStarted", "Running", "Succeeded", "Failed")
        return batch if batch["status"] in ("Succeeded", "Failed") else None

    return wait_until(ended, PATIENCE_SECONDS, "the batch to end")


@pytest.fixture(scope="module")
def shown(key: str) -> dict[str, str]:
    return {"Ocp-Apim-Subscription-Key": key}


def test_batch_gives_each_file_a_result_and_a_report(
    product: Product, shown: dict[str, str], samples: FileServer
) -> None:
    urls = [samples.url(name) for name in ("/note.wav", "/absent.wav", "/german.flac")]
    created = requests.post(
        f"{product.url}/speechtotext/transcriptions:submit?api-version=2024-11-15",
        headers=shown,
        json={
            "contentUrls": urls,
            "locale": "en-US",
            "displayName": "Minutes",
            "customProperties": {"case": "17"},
            "properties": {
                "timeToLiveHours": 48,
                "wordLevelTimestampsEnabled": True,
                "diarization": {"enabled": True, "maxSpeakers": 2},
                "languageIdentification": {"candidateLocales": ["en-US", "de-DE"]},
            },
        },
        timeout=60,
    )
    assert created.status_code == 201
    assert created.headers["Location"] == created.json()["self"]
    batch = poll(created.headers["Location"], shown)
    assert batch["status"] == "Succeeded"
    assert batch["properties"]["durationMilliseconds"] > 20_000
    listed = requests.get(batch["links"]["files"], headers=shown, timeout=60).json()["values"]
    assert [file["name"] for file in listed] == ["contenturl_0.json", "contenturl_2.json", "report.json"]
    # Whoever has such a link needs no key.
    contents = [requests.get(file["links"]["contentUrl"], timeout=60) for file in listed]
    assert [file["properties"]["size"] for file in listed] == [len(found.content) for found in contents]
    note, german, report = [found.json() for found in contents]
    assert SENTENCE in note["combinedRecognizedPhrases"][0]["display"]
    assert "the meeting starts at nine" in note["combinedRecognizedPhrases"][0]["lexical"]
    best = note["recognizedPhrases"][0]["nBest"][0]
    assert " ".join(word["displayText"] for word in best["displayWords"]) == best["display"]
    assert " ".join(word["word"] for word in best["words"]) == best["lexical"]
    assert note["recognizedPhrases"][0]["speaker"] == 1
    assert (note["source"], german["recognizedPhrases"][0]["locale"]) == (urls[0], "de-DE")
    assert (report["successfulTranscriptionsCount"], report["failedTranscriptionsCount"]) == (2, 1)
    assert report["details"][1]["source"] == urls[1]
    assert "There is no file at this link" in report["details"][1]["errorMessage"]
    one = requests.get(listed[0]["self"], headers=shown, timeout=60).json()
    assert one["name"] == "contenturl_0.json"
    forged = listed[0]["links"]["contentUrl"][:-2] + "xx"
    assert requests.get(forged, timeout=60).status_code == 403


def test_batch_of_version_3_2_is_listed_renamed_and_deleted(
    product: Product, shown: dict[str, str], samples: FileServer
) -> None:
    root = f"{product.url}/speechtotext/v3.2/transcriptions"
    body = {"contentUrls": [samples.url("/note.wav")], "locale": "en-US", "displayName": "First"}
    properties = {"timeToLive": "PT12H", "diarizationEnabled": False}
    first, second = (
        requests.post(root, headers=shown, json={**body, "properties": properties}, timeout=60).json()["self"]
        for _ in range(2)
    )
    done = poll(second, shown)
    assert done["properties"]["timeToLive"] == "PT12H"
    assert done["properties"]["duration"].startswith("PT7")
    page = requests.get(f"{root}?top=1", headers=shown, timeout=60).json()
    rest = requests.get(page["@nextLink"], headers=shown, timeout=60).json()
    assert [found["values"][0]["self"] for found in (page, rest)] == [second, first]
    renamed = requests.patch(second, headers=shown, json={"displayName": "Second"}, timeout=60).json()
    assert renamed["displayName"] == "Second"
    link = requests.get(f"{second}/files", headers=shown, timeout=60).json()["values"][0]["links"]
    assert requests.delete(second, headers=shown, timeout=60).status_code == 204
    assert requests.get(second, headers=shown, timeout=60).json()["code"] == "NotFound"
    assert requests.get(link["contentUrl"], timeout=60).status_code == 403


@pytest.mark.parametrize(
    ("changes", "target", "sentence"),
    [
        ({"contentUrls": []}, "contentUrls", "must list the files"),
        ({"contentUrls": ["file:///etc/passwd"]}, "contentUrls", "it must begin with http"),
        ({"contentContainerUrl": "https://example.org"}, "contentContainerUrl", "is not read here"),
        ({"properties": {}}, "properties.timeToLiveHours", "is required"),
        ({"properties": {"timeToLiveHours": 1}}, "properties.timeToLiveHours", "from 6 hours to 31 days"),
        ({"locale": "xx-XX"}, "locale", "is not known here"),
        ({"model": {"self": "https://example.org/models/other"}}, "model", "“other” is not known"),
        ({"displayName": 7}, "displayName", "must be a text"),
    ],
)
def test_batch_is_refused_with_what_is_wrong(
    product: Product,
    shown: dict[str, str],
    samples: FileServer,
    changes: dict[str, Any],
    target: str,
    sentence: str,
) -> None:
    body = {
        "contentUrls": [samples.url()],
        "locale": "en-US",
        "displayName": "Minutes",
        "properties": {"timeToLiveHours": 48},
    }
    url = f"{product.url}/speechtotext/transcriptions:submit?api-version=2024-11-15"
    refused = requests.post(url, headers=shown, json=body | changes, timeout=60)
    assert refused.status_code == 400
    error = refused.json()
    assert sentence in error["message"]
    assert (error["target"], error["innerError"]["message"]) == (target, error["message"])


def recognized(product: Product, name: str, query: str, **headers: str) -> requests.Response:
    """Send a file as the vendor's documentation recommends: in pieces, of no announced length."""
    with (AUDIO / name).open("rb") as file:
        return requests.post(
            f"{product.url}/speech/recognition/conversation/cognitiveservices/v1?{query}",
            data=iter(lambda: file.read(32_000), b""),
            headers={"Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000", **headers},
            timeout=60,
        )


def test_short_audio_is_recognized(product: Product, shown: dict[str, str]) -> None:
    answer = recognized(product, "note.wav", "language=en-US", **shown).json()
    assert answer["RecognitionStatus"] == "Success"
    assert SENTENCE in answer["DisplayText"]
    assert 0 <= answer["Offset"] < answer["Offset"] + answer["Duration"] < 80_000_000
    assert "NBest" not in answer


def test_short_audio_is_recognized_in_detail_with_a_token(product: Product, shown: dict[str, str]) -> None:
    token = requests.post(f"{product.url}/sts/v1.0/issueToken", headers=shown, timeout=60).text
    bearer = {"Authorization": f"Bearer {token}"}
    query = "language=en-US&format=detailed&wordLevelTimestamps=true"
    best = recognized(product, "note.wav", query, **bearer).json()["NBest"][0]
    assert SENTENCE in best["Display"]
    assert best["Lexical"] == best["MaskedITN"] == " ".join(word["Word"] for word in best["Words"])
    assert requests.post(f"{product.url}/sts/v1.0/issueToken", headers=bearer, timeout=60).status_code == 403


def test_silence_is_recognized_as_silence(product: Product, shown: dict[str, str]) -> None:
    answer = recognized(product, "silence.wav", "language=en-US", **shown).json()
    assert answer == {"RecognitionStatus": "InitialSilenceTimeout", "Offset": 0, "Duration": 100_000_000}


@pytest.mark.parametrize(
    ("name", "query", "status", "sentence"),
    [
        ("note.wav", "", 400, "“language” is required"),
        ("note.wav", "language=en-US&format=long", 400, "must be one of simple, detailed"),
        ("note.wav", "language=en-US&cid=other", 400, "“other” is not known"),
        ("note.json", "language=en-US", 400, "This is not an audio or video file"),
        ("meeting.flac", "language=en-US", 400, "at most 60 s"),
    ],
)
def test_short_audio_is_refused_with_what_is_wrong(
    product: Product, shown: dict[str, str], name: str, query: str, status: int, sentence: str
) -> None:
    refused = recognized(product, name, query, **shown)
    assert refused.status_code == status
    assert sentence in refused.json()["message"]


def test_each_channel_is_a_speaker_and_a_link_is_fetched(
    product: Product, key: str, samples: FileServer
) -> None:
    with TranscriptionClient(product.url, AzureKeyCredential(key)) as client:
        result = client.transcribe_from_url(
            samples.url("/call-two-channels.flac"),
            options=TranscriptionOptions(
                locales=["en-US"],
                active_channels=[0, 1],
                diarization_options=TranscriptionDiarizationOptions(max_speakers=2),
            ),
        )
    assert [phrase.channel for phrase in result.combined_phrases] == [0, 1]
    assert {(phrase.channel, phrase.speaker) for phrase in result.phrases} == {(0, 1), (1, 2)}
    assert "The child and the customer are in Paris." in result.combined_phrases[0].text


def test_library_raises_that_a_file_is_too_large(transcribe: Callable[..., TranscriptionResult]) -> None:
    with pytest.raises(HttpResponseError, match="This request is too large: send at most 30 MB") as raised:
        transcribe(("audio.wav", bytes(31_000_000)))
    assert raised.value.status_code == 413


def test_call_that_its_client_gives_up_is_cancelled(product: Product, samples: FileServer) -> None:
    key = new_key(product)
    with (
        TranscriptionClient(product.url, AzureKeyCredential(key), retry_total=0) as client,
        pytest.raises(ServiceResponseError, match="Read timed out"),
    ):
        client.transcribe_from_url(samples.url("/slow.wav"), read_timeout=GIVEN_UP_SECONDS)
    wait_for(product, key, "cancelled")
