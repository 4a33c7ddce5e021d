import io

import pytest
from django.core.management import CommandError, call_command

from transcripts.engine.models import DEMO_MODEL


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def models(*arguments):
    out = io.StringIO()
    call_command("models", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_an_added_model_is_listed_until_it_is_removed():
    assert "the demonstration model serves" in models("list")
    assert "STT_MODEL=whisper" in models("add", DEMO_MODEL)
    assert "whisper  5 MB" in models("list")
    assert "removed" in models("remove", "whisper")
    assert "the demonstration model serves" in models("list")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pull", "huge"], "no Whisper size “huge”"),
        (["pull", "base"], "could not be downloaded from the hub"),
        (["add", "/nonexistent"], "no speech model in /nonexistent"),
        (["remove", "../x"], "not a model's name"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, message):
    with pytest.raises(CommandError, match=message):
        models(*arguments)


def test_a_data_folder_that_takes_no_models_is_one_sentence(tmp_path):
    (tmp_path / "models").write_text("a file where a folder belongs")
    with pytest.raises(CommandError, match=r"models cannot be used: File exists\."):
        models("list")
