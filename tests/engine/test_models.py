import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from faster_whisper.utils import _MODELS

from tests.hub import Hub, serving_hub
from transcripts.engine import models
from transcripts.engine.errors import ModelUnavailable
from transcripts.engine.models import DEMO_MODEL

REPOSITORY = "someone/whisper-small-voice"


@pytest.fixture
def hub(monkeypatch) -> Iterator[Hub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with serving_hub(REPOSITORY) as found:
        yield found


def test_a_pulled_model_is_found_listed_and_loads(hub, tmp_path):
    reports = []
    path = models.pull(REPOSITORY, tmp_path, lambda *report: reports.append(report), endpoint=hub.url)
    assert models.locate(REPOSITORY, tmp_path) == path
    assert [model.name for model in models.installed(tmp_path)] == [REPOSITORY]
    assert (path / "model.bin").read_bytes() == (DEMO_MODEL / "model.bin").read_bytes()
    assert not (path / "README.md").exists()
    received, size = reports[-1]
    assert received >= size == models._bytes_in(path)


def test_a_model_that_is_here_is_not_pulled_again(hub, tmp_path):
    first = models.pull(REPOSITORY, tmp_path, lambda *report: None, endpoint=hub.url)
    assert models.pull(REPOSITORY, tmp_path, lambda *report: None, endpoint="http://127.0.0.1:1") == first


def test_a_pull_beside_another_waits_for_it_and_shows_how_far_it_is(hub, tmp_path):
    waits = Event()

    def second(received: int, size: int | None) -> None:
        if received:
            waits.set()

    hub.hold()
    with ThreadPoolExecutor() as pool:
        first = pool.submit(models.pull, REPOSITORY, tmp_path, lambda *report: None, endpoint=hub.url)
        assert hub.holds.wait(60)
        other = pool.submit(models.pull, REPOSITORY, tmp_path, second, endpoint=hub.url)
        shown = waits.wait(60)
        hub.go_on()
    assert shown
    assert first.result() == other.result() == models.locate(REPOSITORY, tmp_path)
    assert hub.downloads.count("model.bin") == 1


def test_a_model_that_was_added_while_it_was_downloaded_stays(hub, tmp_path):
    hub.hold()
    with ThreadPoolExecutor() as pool:
        pulled = pool.submit(models.pull, REPOSITORY, tmp_path, lambda *report: None, endpoint=hub.url)
        assert hub.holds.wait(60)
        added = tmp_path / REPOSITORY.replace("/", "--")
        shutil.copytree(DEMO_MODEL, added)
        (added / "mine").write_text("")
        hub.go_on()
    assert pulled.result() == added
    assert (added / "mine").exists()
    assert not (tmp_path / models.PARTIAL / added.name).exists()


def test_what_is_in_the_place_of_a_model_is_said_before_it_is_downloaded(hub, tmp_path):
    target = tmp_path / REPOSITORY.replace("/", "--")
    target.mkdir()
    (target / "model.bin").write_bytes(b"half")
    with pytest.raises(ModelUnavailable, match=f"What lies in {target} is not a whole model: remove it"):
        models.pull(REPOSITORY, tmp_path, lambda *report: None, endpoint=hub.url)
    assert hub.downloads == []


def test_a_folder_that_takes_nothing_is_said(hub, tmp_path):
    (tmp_path / models.PARTIAL).write_text("a file where a folder belongs")
    with pytest.raises(ModelUnavailable, match=r"could not be changed for the model “.*”: File exists"):
        models.pull(REPOSITORY, tmp_path, lambda *report: None, endpoint=hub.url)
    with pytest.raises(ModelUnavailable, match="could not be changed for the model “whisper”: File exists"):
        models.add(DEMO_MODEL, tmp_path)


def test_a_disk_that_fills_while_a_model_is_added_is_said_and_nothing_is_left(tmp_path):
    # No file may grow beyond what fits: as a disk does that is full, the system refuses the rest.
    code = (
        "import resource, sys; from pathlib import Path; from transcripts.engine import models\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "try: models.add(models.DEMO_MODEL, Path(sys.argv[1]))\n"
        "except models.ModelUnavailable as error: print(error)"
    )
    said = subprocess.check_output([sys.executable, "-c", code, str(tmp_path)], text=True)
    assert said.strip().endswith("could not be changed for the model “whisper”: File too large.")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_model_unknown_to_the_hub_is_said(hub, tmp_path):
    with pytest.raises(ModelUnavailable, match="There is no model named “no/such” on the hub"):
        models.pull("no/such", tmp_path, lambda *report: None, endpoint=hub.url)
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
