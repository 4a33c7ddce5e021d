"""Azure's Speech SDK, native code and all, against the running product."""

import json
import subprocess
import sys
import threading

import azure.cognitiveservices.speech as sdk
import pytest

from tests.clients.conftest import PATIENCE_SECONDS, new_key, text_of, wait_for
from tests.pipeline import AUDIO
from tests.product import Product

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."

# A program that is killed while it speaks.
SPEAKER = """
import os
import sys
import azure.cognitiveservices.speech as sdk
def fail(event):
    print(event.cancellation_details.error_details, flush=True)
    os._exit(1)
stream = sdk.audio.PushAudioInputStream()
config = sdk.SpeechConfig(host=sys.argv[1], subscription=sys.argv[2])
config.speech_recognition_language = "en-GB"
recognizer = sdk.SpeechRecognizer(config, sdk.audio.AudioConfig(stream=stream))
phrases = sdk.PhraseListGrammar.from_recognizer(recognizer)
phrases.addPhrase("Contoso")
phrases.addPhrase("Jessie")
recognizer.recognizing.connect(lambda event: print(event.result.text, flush=True))
recognizer.canceled.connect(fail)
stream.write(open(sys.argv[3], "rb").read()[44:])
recognizer.start_continuous_recognition_async().get()
sys.stdin.read()
"""
# What an account's recordings may come to is used up.
USED_UP = """
from transcripts.models import Recording
from sttweb.accounts import keys
Recording.objects.filter(owner=keys.find("{key}").owner).update(duration=1e9)
"""


def host(product: Product) -> str:
    return product.url.replace("http", "ws")


def config(product: Product, key: str, language: str = "en-US") -> sdk.SpeechConfig:
    made = sdk.SpeechConfig(host=host(product), subscription=key)
    made.speech_recognition_language = language
    return made


def note() -> sdk.audio.AudioConfig:
    return sdk.audio.AudioConfig(filename=str(AUDIO / "note.wav"))


def recognized_once(made: sdk.SpeechConfig, name: str = "note.wav") -> sdk.SpeechRecognitionResult:
    return sdk.SpeechRecognizer(made, sdk.audio.AudioConfig(filename=str(AUDIO / name))).recognize_once()


def refused(made: sdk.SpeechConfig) -> sdk.CancellationDetails:
    result = recognized_once(made)
    assert result.reason == sdk.ResultReason.Canceled
    return result.cancellation_details


def test_one_phrase_comes_with_its_words_and_their_times(product: Product, key: str) -> None:
    made = config(product, key)
    made.request_word_level_timestamps()
    recognizer = sdk.SpeechRecognizer(made, note())
    guesses: list[str] = []
    recognizer.recognizing.connect(lambda event: guesses.append(event.result.text))
    result = recognizer.recognize_once()
    assert result.text == NOTE
    assert result.offset == pytest.approx(4_200_000, abs=500_000)
    assert any(NOTE.startswith(guess) for guess in guesses)
    best = json.loads(result.json)["NBest"][0]
    assert best["Display"] == NOTE
    assert best["Lexical"].startswith("this is a test of the recording the meeting")
    words = {word["Word"]: word for word in best["Words"]}
    assert words["meeting"]["Offset"] == pytest.approx(25_000_000, abs=5_000_000)
    assert words["meeting"]["Duration"] > 1_000_000
    assert 0 < best["Confidence"] <= 1
    # The same connection serves the next recognition: of nothing, since the file is at its end.
    assert recognizer.recognize_once().reason == sdk.ResultReason.NoMatch


@pytest.mark.parametrize("kind", ["phrases", "speakers"])
def test_what_is_said_is_recognised_on_to_its_end(product: Product, key: str, kind: str) -> None:
    has_ended, texts, errors = threading.Event(), [], []
    if kind == "speakers":
        recognizer = sdk.transcription.ConversationTranscriber(config(product, key), note())
        recognizer.transcribed.connect(
            lambda event: texts.append((event.result.speaker_id, event.result.text))
        )
        start, stop = recognizer.start_transcribing_async, recognizer.stop_transcribing_async
    else:
        recognizer = sdk.SpeechRecognizer(config(product, key), note())
        recognizer.recognized.connect(lambda event: texts.append(("", event.result.text)))
        start, stop = (
            recognizer.start_continuous_recognition_async,
            recognizer.stop_continuous_recognition_async,
        )
    recognizer.canceled.connect(lambda event: errors.append(event.cancellation_details.error_details))
    recognizer.session_stopped.connect(lambda _: has_ended.set())
    start().get()
    assert has_ended.wait(PATIENCE_SECONDS)
    stop().get()
    assert [(speaker, text) for speaker, text in texts if text] == [
        ("Guest-1" if kind == "speakers" else "", NOTE)
    ]
    assert errors == [""]  # the end of the file


def test_wrong_key_is_an_authentication_failure(product: Product) -> None:
    details = refused(config(product, "wrong"))
    assert details.code == sdk.CancellationErrorCode.AuthenticationFailure
    # Of an answer to a handshake the SDK shows the status, and a sentence of its own.
    assert "401" in details.error_details


def test_unknown_language_is_told_in_a_sentence(product: Product, key: str) -> None:
    details = refused(config(product, key, "xx-YY"))
    assert details.code == sdk.CancellationErrorCode.BadRequest
    assert 'The language "xx-yy" is not known here' in details.error_details


def test_sound_that_is_no_sound_of_ours_is_told_in_a_sentence(product: Product, key: str) -> None:
    """The SDK itself refuses files that are no audio, and sends on what a stream says that it is."""
    kind = sdk.audio.AudioStreamFormat(samples_per_second=4000, bits_per_sample=16, channels=1)
    stream = sdk.audio.PushAudioInputStream(kind)
    stream.write(bytes(8000))
    stream.close()
    recognizer = sdk.SpeechRecognizer(config(product, key), sdk.audio.AudioConfig(stream=stream))
    details = recognizer.recognize_once().cancellation_details
    assert "This is not audio that can be recognised" in details.error_details


def test_unknown_model_is_told_in_a_sentence(product: Product, key: str) -> None:
    made = config(product, key)
    made.endpoint_id = "parrot"
    details = refused(made)
    assert details.code == sdk.CancellationErrorCode.BadRequest
    assert 'The model "parrot" is not known here' in details.error_details


def test_model_that_is_named_is_the_one_that_listens(product: Product) -> None:
    key = new_key(product)
    made = config(product, key)
    made.endpoint_id = "demo"
    assert recognized_once(made).text == NOTE
    assert wait_for(product, key, "done")["model"]


def test_sound_without_room_for_it_is_told_in_a_sentence(product: Product) -> None:
    key = new_key(product)
    assert recognized_once(config(product, key)).text == NOTE
    wait_for(product, key, "done")
    product.manage("shell", "-v", "0", "-c", USED_UP.format(key=key))
    details = refused(config(product, key))
    assert "Your hours are used up: delete recordings" in details.error_details


def test_program_that_is_killed_leaves_a_recording_of_what_it_sent_with_its_phrases(product: Product) -> None:
    key = new_key(product)
    command = [sys.executable, "-c", SPEAKER, host(product), key, str(AUDIO / "note.wav")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as speaker:
        assert speaker.stdout is not None
        late = threading.Timer(PATIENCE_SECONDS, speaker.kill)
        late.start()
        # The first guesses may be shorter: of what is told by then, enough has been sent.
        heard = next((line for line in speaker.stdout if line.startswith("This is a test of")), "nothing")
        late.cancel()
        speaker.kill()
    assert heard != "nothing"
    recording = wait_for(product, key, "done")
    assert (recording["source"], recording["language"]) == ("api", "en")
    assert recording["prompt"] == "Contoso, Jessie"
    assert recording["message"].startswith("This recording ended without Stop: 0:0")
    assert text_of(product, key, recording).startswith("This is a test")
