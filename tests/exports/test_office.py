"""What LibreOffice makes of the documents, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from transcripts.exports import FORMATS, Document, Options


@pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice is not installed (apt: libreoffice-writer)"
)
def test_libreoffice_reads_all_text_of_the_documents(conversation: Document, tmp_path: Path) -> None:
    files = [tmp_path / f"conversation-{key}.{key}" for key in ("docx", "odt")]
    for file in files:
        file.write_bytes(FORMATS[file.suffix[1:]].render(conversation, Options()))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "txt:Text (encoded):UTF8",
        "--outdir",
        tmp_path,
    ]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=120)
    for file in files:
        text = " ".join(file.with_suffix(".txt").read_text(encoding="utf-8-sig").split())
        for segment in conversation.segments:
            assert " ".join(segment.text.split()) in text
            assert segment.speaker in text
