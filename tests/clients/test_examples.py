"""The programs that the README and the page of libraries show, run as they are written."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.clients.conftest import PROGRAM_SECONDS
from tests.file_server import FileServer
from tests.pipeline import AUDIO
from tests.product import Product
from tests.settings import PROJECT_DIR
from transcripts.api.examples import ADDRESS, Example, examples

FIRST = "This is a test of the recording."
REST = "The meeting starts at nine. Maria will send the report on Friday."


def python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        env=os.environ,
        timeout=PROGRAM_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# That a program needs, beside imports and what says where it is led, with which key, and what is asked.
MOST_STATEMENTS = 5


def statements(example: Example) -> list[str]:
    """Return what a program does, without what it imports and configures."""
    if example.language == "js":
        found = [line for line in example.code.splitlines() if line and not line.startswith("import ")]
    else:
        nodes = [node for node in ast.walk(ast.parse(example.code)) if isinstance(node, ast.stmt)]
        found = [ast.unparse(node) for node in nodes if not isinstance(node, ast.Import | ast.ImportFrom)]
    return [text for text in found if "(" in text and ADDRESS not in text and "stt_…" not in text]


@pytest.mark.parametrize("number", range(len(examples())), ids=lambda number: examples()[number].name)
def test_program_prints_the_text(
    product: Product, key: str, node: Callable[..., str], samples: FileServer, number: int
) -> None:
    example = examples(product.url)[number]
    ours = {"stt_…": key, "https://example.org/note.wav": samples.url("/note.wav")}
    code = example.code.replace('"note.wav"', f'"{AUDIO / "note.wav"}"')
    for theirs, our in ours.items():
        code = code.replace(theirs, our)
    printed = node("--input-type=module", "-e", code) if example.language == "js" else python(code)
    text = " ".join(printed.split())
    if example.name == "azure_speech.py":
        # What is said without a pause is one phrase, and the first was asked for.
        assert text.startswith(FIRST)
    else:
        assert text == f"{FIRST} {REST}"


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_readme_shows_the_program(example: Example) -> None:
    assert f"```{example.language}\n{example.code}```" in (PROJECT_DIR / "README.md").read_text()


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_program_is_a_few_statements(example: Example) -> None:
    assert 0 < len(statements(example)) <= MOST_STATEMENTS, statements(example)
