import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.engine import media
from transcripts.engine.models import DEMO_MODEL

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."


def transcribe(*arguments):
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("transcribe", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as ended:
        code = ended.code
    return code, out.getvalue(), err.getvalue()


def test_the_text_goes_to_standard_output():
    code, out, _ = transcribe(media.NOTE)
    assert (code, " ".join(out.split())) == (0, NOTE)


def test_a_bad_file_is_named_and_the_others_go_on(tmp_path):
    bad = tmp_path / "words.wav"
    bad.write_text("only words")
    code, out, err = transcribe(bad, media.NOTE)
    assert (code, " ".join(out.split())) == (1, NOTE)
    assert f"{bad}: This is not an audio or video file" in err


def test_a_file_each_is_written_to_the_folder(tmp_path):
    code, out, _ = transcribe(
        media.NOTE, media.recording("spanish"), "--format", "json", "--output", tmp_path
    )
    assert (code, out) == (0, "")
    assert json.loads((tmp_path / "spanish.json").read_text())["language"] == "es"
    assert json.loads((tmp_path / "note.json").read_text())["segments"][0]["start"] == pytest.approx(
        0.4, abs=0.3
    )


def test_files_that_would_become_one_are_refused_before_any_work(tmp_path):
    files = [tmp_path / folder / "note.wav" for folder in ("a", "b")]
    for path in files:
        path.parent.mkdir()
        path.write_bytes(media.NOTE.read_bytes())
    with pytest.raises(CommandError, match=r"a/note.wav and .*b/note.wav would both become .*note.wav.srt"):
        transcribe(*files, "--format", "srt", "--output", tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_files_that_differ_in_their_extension_alone_keep_it(tmp_path):
    for name in ("note.wav", "note.wave"):
        (tmp_path / name).write_bytes(media.NOTE.read_bytes())
    transcribe(*sorted(tmp_path.glob("note.*")), "--output", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"note.wav.txt", "note.wave.txt"}


def test_a_folder_that_cannot_be_written_is_said_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"Nothing can be written to .*file: File exists"):
        transcribe(media.NOTE, "--output", tmp_path / "file")


def test_a_text_that_cannot_be_written_is_said_and_the_others_go_on(tmp_path):
    (tmp_path / "note.txt").mkdir()
    code, _, err = transcribe(media.NOTE, media.recording("spanish"), "--output", tmp_path)
    assert code == 1
    assert "note.txt cannot be written: Is a directory." in err
    assert (tmp_path / "spanish.txt").is_file()


def test_a_folder_as_the_model_translates_too(settings):
    settings.STT_MODEL, settings.STT_TRANSLATE_MODEL = str(DEMO_MODEL), ""
    _, out, err = transcribe(media.recording("german"), "--task", "translate")
    assert "The meeting is on Monday." in out
    assert "demonstration" not in err


def test_speech_is_translated_into_english():
    _, out, _ = transcribe(media.recording("german"), "--task", "translate")
    assert "The meeting is on Monday." in out


def test_no_speech_is_said_and_is_no_failure():
    code, out, err = transcribe(media.recording("silence"))
    assert (code, out.strip()) == (0, "")
    assert "No speech was found." in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--language", "xx"], "“xx” is not the code of a language"),
        (["--model", "tiny"], "“tiny” is not here: “manage.py models pull tiny” downloads it"),
        ([media.NOTE, "--format", "srt"], "give --output DIR"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, message):
    with pytest.raises(CommandError, match=message):
        transcribe(media.NOTE, *arguments)
