"""A worker killed while it unpacks an archive: each recording in it is there once."""

import io
import time
import zipfile

import pytest

from tests.faults.test_pipeline import PATIENCE_SECONDS
from tests.pipeline import AUDIO
from tests.product import start_product
from tests.sender import Sender, archive_of
from tests.settings import TEST_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

DONE = [("note", "done"), ("spanish", "done")]


def packed() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        for name in ("note.wav", "spanish.flac"):
            archive.write(AUDIO / name, name)
    return output.getvalue()


def test_each_recording_of_an_archive_is_there_once_after_a_kill_at_entry_taken() -> None:
    folder = TEST_ROOT / "failpoints-unpacking"
    folder.mkdir()
    mark = folder / "entry-taken"
    mark.touch()
    product = start_product(STT_FAILPOINT_FOLDER=str(folder))
    try:
        product.wait()
        sender = Sender(product.url)
        sender.sign_up()
        data = packed()
        sender.send(sender.begin(len(data), filename="talks.zip"), data, len(data), len(data))
        archive = archive_of(product)
        deadline = time.monotonic() + PATIENCE_SECONDS
        query = "SELECT title, state FROM transcripts_recording ORDER BY title"
        while (found := archive.rows(query)) != DONE:
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
    finally:
        product.stop()
    assert not mark.exists(), "nobody was killed"
