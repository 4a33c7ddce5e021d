import json
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from faster_whisper.utils import _MODELS

from transcripts.engine import models
from transcripts.engine.errors import ModelUnavailable
from transcripts.engine.models import DEMO_MODEL

COMMIT = "0" * 40
REPOSITORY = "someone/whisper-small-voice"


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as a download needs, over the files of the demonstration model."""

    def __init__(self, folder: Path, *args: object) -> None:
        self.folder = folder
        super().__init__(*args)

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith(f"/api/models/{REPOSITORY}"):
            names = [p.name for p in self.folder.iterdir()] + ["README.md"]
            files = [
                {"rfilename": n, "size": self.size(n), "path": n, "type": "file", "oid": n} for n in names
            ]
            listing = {"id": REPOSITORY, "sha": COMMIT, "siblings": files}
            return self.send(json.dumps(files if "/tree/" in path else listing).encode(), "application/json")
        if path.startswith(f"/{REPOSITORY}/resolve/{COMMIT}/"):
            return self.send((self.folder / path.rpartition("/")[2]).read_bytes(), "application/octet-stream")
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def size(self, name: str) -> int:
        path = self.folder / name
        return path.stat().st_size if path.exists() else 9

    def send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{len(body)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch) -> Iterator[str]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Hub, DEMO_MODEL)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_pulled_model_is_found_listed_and_loads(hub, tmp_path):
    reports = []
    path = models.pull(REPOSITORY, tmp_path, lambda *report: reports.append(report), endpoint=hub)
    assert models.locate(REPOSITORY, tmp_path) == path
    assert [model.name for model in models.installed(tmp_path)] == [REPOSITORY]
    assert (path / "model.bin").read_bytes() == (DEMO_MODEL / "model.bin").read_bytes()
    assert not (path / "README.md").exists()
    received, size = reports[-1]
    assert received >= size == models._bytes_in(path)


def test_a_model_that_is_here_is_not_pulled_again(hub, tmp_path):
    first = models.pull(REPOSITORY, tmp_path, lambda *report: None, endpoint=hub)
    assert models.pull(REPOSITORY, tmp_path, lambda *report: None, endpoint="http://127.0.0.1:1") == first


def test_a_model_unknown_to_the_hub_is_said(hub, tmp_path):
    with pytest.raises(ModelUnavailable, match="There is no model named “no/such” on the hub"):
        models.pull("no/such", tmp_path, lambda *report: None, endpoint=hub)
    assert models.installed(tmp_path) == []


def test_a_hub_out_of_reach_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ModelUnavailable, match="could not be downloaded from the hub: check the network"):
        models.pull("base", tmp_path, lambda *report: None, endpoint="http://127.0.0.1:1")


def test_an_unknown_size_is_refused_before_the_network(tmp_path):
    with pytest.raises(ModelUnavailable, match="no Whisper size “huge”: choose one of"):
        models.pull("huge", tmp_path, lambda *report: None)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc", "..", "a/b/c", "", ".partial", "x\n"])
def test_a_name_that_is_a_path_is_refused(name, tmp_path):
    with pytest.raises(ModelUnavailable, match="not a model's name"):
        models.remove(name, tmp_path)
    with pytest.raises(ModelUnavailable, match="not a model's name"):
        models.pull(name, tmp_path, lambda *report: None)


def test_an_added_model_is_found_until_it_is_removed(tmp_path):
    path = models.add(DEMO_MODEL, tmp_path)
    assert models.locate("whisper", tmp_path) == path
    with pytest.raises(ModelUnavailable, match="already"):
        models.add(DEMO_MODEL, tmp_path)
    models.remove("whisper", tmp_path)
    assert models.locate("whisper", tmp_path) is None
    with pytest.raises(ModelUnavailable, match="no model named “whisper”"):
        models.remove("whisper", tmp_path)


def test_a_folder_that_is_no_model_is_not_added(tmp_path):
    (tmp_path / "words").mkdir()
    with pytest.raises(ModelUnavailable, match="no speech model"):
        models.add(tmp_path / "words", tmp_path / "models")


def test_a_folder_is_located_by_its_path(tmp_path):
    assert models.locate(str(DEMO_MODEL), tmp_path) == DEMO_MODEL
    assert models.locate(str(tmp_path), tmp_path) is None
    assert models.locate("base", tmp_path) is None


def test_sizes_are_those_of_the_engine():
    assert models.SIZES == _MODELS


def test_only_the_demonstration_model_is_one(tmp_path):
    assert models.is_demo(DEMO_MODEL / ".." / "whisper")
    assert not models.is_demo(tmp_path)


def test_defaults_fit_the_device_and_the_translator_translates():
    assert [models.default_model(device) for device in ("cpu", "cuda")] == ["base", "large-v3-turbo"]
    for device in ("cpu", "cuda"):
        assert models.can_translate(models.default_translate_model(device))


@pytest.mark.parametrize(
    "name", ["turbo", "large-v3-turbo", "distil-large-v3", "base.en", "Systran/faster-whisper-tiny.en"]
)
def test_models_without_translation_are_known(name):
    assert not models.can_translate(name)


def test_what_the_web_process_imports_does_not_load_the_engine():
    heavy = "{'ctranslate2', 'onnxruntime', 'av', 'faster_whisper'}"
    modules = "audio, base, errors, languages, models"
    code = f"import sys; from transcripts.engine import {modules}; print({heavy} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
