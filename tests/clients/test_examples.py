"""The programs that the README and the page of libraries show, run as they are written."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.pipeline import AUDIO
from tests.product import Product
from tests.settings import PROJECT_DIR
from transcripts.api.examples import Example, examples

FIRST = "This is a test of the recording."
REST = "The meeting starts at nine. Maria will send the report on Friday."
SECONDS = 60


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        env=os.environ,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(len(examples())), ids=lambda number: examples()[number].name)
def test_program_prints_the_text(product: Product, key: str, node: Callable[..., str], number: int) -> None:
    example = examples(product.url)[number]
    code = example.code.replace("stt_…", key).replace("note.wav", str(AUDIO / "note.wav"))
    printed = node("--input-type=module", "-e", code) if example.language == "js" else python(code)
    text = " ".join(printed.split())
    if example.name == "azure_speech.py":
        # What is said without a pause is one phrase, and the first was asked for.
        assert text.startswith(FIRST)
    else:
        assert text == f"{FIRST} {REST}"


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_readme_shows_the_program(example: Example) -> None:
    readme = (PROJECT_DIR / "README.md").read_text()
    assert f"```{example.language}\n{example.code}```" in readme
    # A few lines: what is imported, where the library is led, and what is asked.
    assert len(example.code.splitlines()) <= 10
