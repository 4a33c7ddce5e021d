"""Workers killed at every durable step of a run over old text: it ends once, and what people wrote stays."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.test_pipeline import FAILPOINT, PATIENCE_SECONDS, RERUNNING
from tests.pipeline import AUDIO
from tests.product import Product, start_product
from tests.sender import Archive, Sender, archive_of
from tests.settings import PROJECT_DIR, TEST_ROOT
from transcripts.search_terms import folded

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

TEXTS = ["This is a test of the recording.", "I wrote this.", "Maria will send the report on Friday."]
CURRENT = """SELECT s.text FROM transcripts_segment s JOIN transcripts_transcript t ON t.id = s.transcript_id
    WHERE t.base_id IS NULL ORDER BY s.position"""


def failpoints() -> list[str]:
    sources = [(PROJECT_DIR / "transcripts" / name).read_text() for name in sorted(RERUNNING)]
    return [name for source in sources for name in FAILPOINT.findall(source)] + ["batch-heard"]


@dataclass
class Corrected:
    """A recording whose second sentence a person wrote."""

    product: Product
    sender: Sender
    archive: Archive
    url: str
    folder: Path

    def spoil(self) -> None:
        """Make the engine's sentences ones that a new run changes."""
        path = self.product.data_dir / "db.sqlite3"
        with closing(sqlite3.connect(path, timeout=PATIENCE_SECONDS)) as database, database:
            # The search index is kept by triggers, which call this.
            database.create_function("stt_folded", 1, folded)
            database.execute("UPDATE transcripts_segment SET text = 'Spoiled.' WHERE NOT is_edited")

    def run_again(self) -> None:
        """Begin one run: it may have begun though its answer was lost, and then a second one is refused."""
        before = self.runs()

        def has_begun() -> bool:
            answer = self.sender.ask("POST", f"{self.url}again/", Accept="application/json")
            assert answer is None or answer.ok or self.runs() > before, answer.text
            return self.runs() > before

        await_true(has_begun, "no run begins")

    def runs(self) -> int:
        ((count,),) = self.archive.rows("SELECT count(*) FROM transcripts_rerun")
        return count

    def texts(self) -> list[str]:
        return [text for (text,) in self.archive.rows(CURRENT)]

    def last_run(self) -> tuple[str, str]:
        ((state, message),) = self.archive.rows(
            "SELECT state, message FROM transcripts_rerun ORDER BY id DESC LIMIT 1"
        )
        return state, message


@pytest.fixture(scope="module")
def corrected() -> Iterator[Corrected]:
    folder = TEST_ROOT / "failpoints-reruns"
    folder.mkdir()
    product = start_product(STT_FAILPOINT_FOLDER=str(folder))
    product.wait()
    sender = Sender(product.url)
    sender.sign_up()
    data = (AUDIO / "note.wav").read_bytes()
    path = sender.begin(len(data), filename="note.wav")
    sender.send(path, data, len(data), len(data))
    archive = archive_of(product)
    archive.wait(path, PATIENCE_SECONDS)
    url = f"/recordings/{path.rpartition('/')[2]}/"
    found = Corrected(product, sender, archive, url, folder)
    [_, (second,), _] = archive.rows("SELECT id FROM transcripts_segment ORDER BY position")
    body = b'{"text": "I wrote this.", "version": 1}'
    assert sender.ask("POST", f"/segments/{second}/", body, Content_Type="application/json").ok
    yield found
    product.stop()


def await_true(is_so, what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.mark.parametrize("failpoint", failpoints())
def test_run_ends_once_after_a_kill_at(failpoint: str, corrected: Corrected) -> None:
    corrected.spoil()
    mark = corrected.folder / failpoint
    mark.touch()
    corrected.run_again()
    await_true(lambda: not mark.exists(), f"no process passes {failpoint}")
    await_true(lambda: corrected.last_run()[0] not in {"cutting", "transcribing"}, "it does not end")
    assert corrected.last_run() == ("done", "Transcribed again: 2 new segments in place of 2.")
    assert corrected.texts() == TEXTS
    kinds = corrected.archive.rows("SELECT count(*) FROM transcripts_revision WHERE kind = 'rerun'")
    assert kinds == [(corrected.runs(),)]
