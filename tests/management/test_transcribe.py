import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.engine import media

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
