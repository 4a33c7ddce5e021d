"""What programs that people have make of the documents, where these are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.exports.conftest import MakeDocument
from transcripts.exports import FORMATS, Document, Options, Segment

LINES = (
    "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich.",
    "Ο καφές είναι έτοιμος στις εννέα.",
    "Собрание начинается в девять.",
    "会議は九時に始まります。",
)


def needs(program: str, package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"not installed (apt: {package})")


def write(document: Document, key: str, folder: Path) -> Path:
    file = folder / f"{key}.{key}"
    file.write_bytes(FORMATS[key].render(document, Options()))
    return file


@needs("soffice", "libreoffice-writer-nogui")
def test_libreoffice_reads_all_text_of_the_documents(conversation: Document, tmp_path: Path) -> None:
    files = [write(conversation, key, tmp_path) for key in ("docx", "odt")]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    target = ["--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", tmp_path]
    subprocess.run(["soffice", profile, *target, *files], check=True, capture_output=True, timeout=120)
    for file in files:
        text = " ".join(file.with_suffix(".txt").read_text(encoding="utf-8-sig").split())
        for segment in conversation.segments:
            assert " ".join(segment.text.split()) in text
            assert segment.speaker in text


@needs("pdftotext", "poppler-utils")
def test_pdftotext_reads_all_text_of_a_pdf_in_many_scripts(
    make_document: MakeDocument, tmp_path: Path
) -> None:
    segments = [Segment(5.0 * n, 5.0 * n + 4, line) for n, line in enumerate(LINES)]
    file = write(make_document(*segments), "pdf", tmp_path)
    done = subprocess.run(["pdftotext", file, "-"], check=True, capture_output=True, text=True, timeout=60)
    text = " ".join(done.stdout.split())
    assert [line for line in LINES if line not in text] == []
