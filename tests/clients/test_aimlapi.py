"""Programs written for aimlapi against the running product."""

import base64
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.clients.conftest import PATIENCE_SECONDS, new_key, recordings
from tests.engine.media import RECIPES, make
from tests.file_server import FileServer
from tests.pipeline import AUDIO
from tests.product import Product
from tests.waiting import wait_until

SCRIPTS = Path(__file__).parent / "aimlapi"
TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
MODEL = "#g1_whisper-tiny"


def test_scripts_run_with_nothing_but_the_base_changed(
    product: Product, key: str, samples: FileServer, tmp_path: Path
) -> None:
    """The key is one's own in any case; and the tests' sound is not out on the network."""
    make(tmp_path / "stt-sample.mp3", RECIPES["mp3"])
    ours = {
        "https://api.aimlapi.com": product.url,
        "<YOUR_AIMLAPI_KEY>": key,
        "https://audio-samples.github.io/samples/mp3/blizzard_primed/sample-0.mp3": samples.url("/note.wav"),
    }

    def run(name: str) -> str:
        script = (SCRIPTS / name).read_text()
        for theirs, our in ours.items():
            script = script.replace(theirs, our)
        return subprocess.check_output([sys.executable, "-c", script], cwd=tmp_path, text=True)

    # Each waits for ten seconds.
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(run, ["link.py", "file.py"]))
    assert [output.strip().rpartition("\n")[2] for output in outputs] == [TEXT, TEXT]


def call(product: Product, key: str, verb: str, path: str, **body: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.request(verb, f"{product.url}/v1/stt/{path}", headers=headers, timeout=60, **body)


def created(product: Product, key: str, **body: Any) -> str:
    answer = call(product, key, "POST", "create", **body)
    assert answer.status_code == 201, answer.text
    return answer.json()["generation_id"]


def ended(product: Product, key: str, generation: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        answer = call(product, key, "GET", generation)
        assert answer.status_code == 200
        return None if answer.json()["status"] in ("waiting", "active") else answer.json()

    return wait_until(found, PATIENCE_SECONDS, f"the end of generation {generation}")


def test_channels_are_answered_apart(product: Product, key: str) -> None:
    sound = (AUDIO / "call-two-channels.flac").read_bytes()
    options = {"model": MODEL, "multi_channel": "true", "diarize": "true"}
    answer = ended(product, key, created(product, key, data=options, files={"file": ("a.flac", sound)}))
    ann, ben = (channel["alternatives"][0] for channel in answer["result"]["results"]["channels"])
    assert ann["transcript"].startswith("The child and the customer are in Paris.")
    assert {word["speaker"] for word in ben["words"]} == {1}


def test_sound_may_come_in_json_and_failures_have_our_sentence(product: Product, key: str) -> None:
    sound = base64.b64encode((AUDIO / "note.wav").read_bytes()).decode()
    note = created(
        product, key, json={"model": "openai/gpt-4o-transcribe", "audio": sound, "punctuate": True}
    )
    words = created(product, key, data={"model": MODEL}, files={"audio": ("a.wav", b"Only words. " * 50)})
    found = ended(product, key, note)
    assert found["result"]["results"]["channels"][0]["alternatives"][0]["transcript"] == TEXT
    failed = ended(product, key, words)
    assert (failed["generation_id"], failed["status"]) == (words, "error")
    assert failed["error"]["name"] == "transcription_failed"
    assert "not an audio or video file" in failed["error"]["message"]
    stranger = call(product, new_key(product), "GET", note)
    assert (stranger.status_code, stranger.json()["statusCode"]) == (404, 404)


def test_generation_outlives_the_program_that_asked_for_it(product: Product, key: str) -> None:
    """This API's calls end before the work does, so that no program has to wait for it."""
    asked = {"data": {"model": MODEL}, "files": {"file": ("note.wav", (AUDIO / "note.wav").read_bytes())}}
    with requests.Session() as program:
        program.headers["Authorization"] = f"Bearer {key}"
        made = program.post(f"{product.url}/v1/stt/create", timeout=60, **asked).json()
    assert ended(product, key, made["generation_id"])["status"] == "completed"


def test_generation_that_is_cancelled_in_the_library_is_an_error_with_our_sentence(
    product: Product, samples: FileServer
) -> None:
    key = new_key(product)
    generation = created(product, key, json={"model": MODEL, "url": samples.url("/slow.wav")})
    [recording] = recordings(product, key)
    url = f"{product.url}/api/v1/recordings/{recording['id']}/cancel"
    requests.post(url, headers={"Authorization": f"Bearer {key}"}, timeout=60).raise_for_status()
    error = ended(product, key, generation)["error"]
    assert error == {"name": "cancelled", "message": "This was cancelled."}


REFUSED: dict[str, tuple[int, dict[str, Any], str]] = {
    "unknown-model": (
        404,
        {"json": {"model": "parrot", "url": "https://example.org/a"}},
        "is not known here",
    ),
    "no-model": (400, {"json": {"url": "https://example.org/a"}}, "Give a model"),
    "no-sound": (400, {"json": {"model": MODEL}}, "exactly one of"),
    "no-link": (400, {"json": {"model": MODEL, "url": "file:///etc/passwd"}}, "link"),
    "no-json": (400, {"data": "[", "headers": {"Content-Type": "application/json"}}, "not an object of JSON"),
    "no-base64": (400, {"json": {"model": MODEL, "audio": "§"}}, "not base64"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_request_is_refused_in_the_vendors_shape(product: Product, key: str, case: str) -> None:
    status, body, sentence = REFUSED[case]
    headers = {"Authorization": f"Bearer {key}", **body.get("headers", {})}
    answer = requests.post(f"{product.url}/v1/stt/create", timeout=60, **{**body, "headers": headers})
    facts = answer.json()
    assert (answer.status_code, facts["statusCode"]) == (status, status)
    assert sentence in facts["message"]
    assert facts.keys() == {"message", "path", "requestId", "statusCode", "timestamp"}


def test_wrong_key_and_unknown_generation_are_refused(product: Product, key: str) -> None:
    for verb, path in (("POST", "create"), ("GET", "0b7e6c4e-5a43-4a37-9df7-4b7ef0a3c0de")):
        answer = call(product, "wrong", verb, path)
        assert (answer.status_code, answer.json()["statusCode"]) == (401, 401)
        assert answer.json()["message"] == "This API key is unknown, has expired or was revoked."
    for unknown in ("0b7e6c4e-5a43-4a37-9df7-4b7ef0a3c0de", "nonsense"):
        answer = call(product, key, "GET", unknown)
        assert (answer.status_code, answer.json()["message"][:30]) == (404, "There is no generation of this")
