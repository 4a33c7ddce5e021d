"""Processes killed at every durable step between the bytes and the text, and at random moments."""

import hashlib
import os
import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from tests.engine.media import RECIPES, RECORDER, make
from tests.product import Product, processes, product_database, start_product
from tests.proxy import Proxy
from tests.sender import Found, Sender, archive_of, blocks, marked_mp4, marked_webm
from tests.settings import PROJECT_DIR, TEST_ROOT
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
FAILPOINT = re.compile(r'failpoint\("([a-z-]+)"\)')
# Those on an upload's way are passed by the web process: test_uploads.py has them.
UPLOADING = {"ingest.py", "reopening.py", "storage.py"}
# Those of a run over old text: test_reruns.py has them.
RERUNNING = {"reruns.py", "recutting.py"}
# That of an archive: test_unpacking.py has it.
UNPACKING = {"unpacking.py"}
# Those of messages to other systems: test_deliveries.py has them.
DELIVERING = {"delivering.py"}
# Who passes there: somebody who speaks, unless it says otherwise here. A file whose index is at its end
# cannot be followed, and is prepared when it is complete.
FILE_ONLY = {"preparation-claimed", "following-given-up"}
BOTH = {"span-written", "span-stored", "preparation-finished"}
LANES = 5
# bench/kills.py measures how soon it is done; here a busy machine must not fail what is right.
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Case:
    failpoint: str
    is_file: bool

    def __str__(self) -> str:
        return f"{self.failpoint}-{'file' if self.is_file else 'microphone'}"


def cases() -> list[Case]:
    paths = sorted((PROJECT_DIR / "transcripts").rglob("*.py"))
    paths = [path for path in paths if path.name not in UPLOADING | RERUNNING | UNPACKING | DELIVERING]
    found = [name for path in paths for name in FAILPOINT.findall(path.read_text())]
    spoken = [Case(name, False) for name in found if name not in FILE_ONLY]
    return spoken + [Case(name, True) for name in found if name in FILE_ONLY | BOTH]


@dataclass
class Outcome:
    """What became of one recording that a process died on."""

    found: Found
    sent: bytes


class Lane:
    """One product, in which one failpoint after another is armed."""

    def __init__(self, number: int, webm: bytes, mp4: bytes) -> None:
        self.webm, self.mp4 = webm, mp4
        self.folder = TEST_ROOT / f"failpoints-{number}"
        self.folder.mkdir()
        self.product = start_product(STT_FAILPOINT_FOLDER=str(self.folder))
        # Here, so that not all of them start at once: together they take longer than one may.
        self.product.wait()

    def run(self, cases: list[Case], outcomes: "dict[Case, Future[Outcome]]") -> None:
        sender = Sender(self.product.url)
        for case in cases:
            try:
                if case is cases[0]:
                    sender.sign_up()
                outcomes[case].set_result(self.kill_once(sender, case))
            except BaseException as error:
                outcomes[case].set_exception(error)

    def kill_once(self, sender: Sender, case: Case) -> Outcome:
        mark = self.folder / case.failpoint
        mark.touch()
        data, path = self.send(sender, case)
        self.wait_for_kill(mark)
        archive = archive_of(self.product)
        archive.wait(path, PATIENCE_SECONDS)
        return Outcome(archive.find(path), data)

    def send(self, sender: Sender, case: Case) -> tuple[bytes, str]:
        if case.is_file:
            data = marked_mp4(self.mp4)
            path = sender.begin(len(data), filename="note.mp4")
            sender.send(path, data, len(data) // 2, len(data))
            self.wait_until_followed(path)
            sender.send(path, data, len(data), len(data))
            return data, path
        pieces = marked_webm(list(blocks(self.webm, 10)))
        path = sender.begin(source="microphone")
        sender.speak(path, pieces, 0.3)
        return b"".join(pieces), path

    def wait_until_followed(self, path: str) -> None:
        key = path.rpartition("/")[2].replace("-", "")
        query = "SELECT can_stream FROM transcripts_recording WHERE id = ?"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while archive_of(self.product).rows(query, key) == [(None,)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    @staticmethod
    def wait_for_kill(mark: Path) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while mark.exists():
            if time.monotonic() > deadline:
                mark.unlink()
                raise TimeoutError(f"no process passes {mark.name}: say in FILE_ONLY or BOTH who does")
            time.sleep(0.02)


@pytest.fixture(scope="module")
def webm(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The note as a browser records it."""
    return make(tmp_path_factory.mktemp("media") / "note.webm", RECORDER).read_bytes()


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, webm: bytes, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[dict[Case, Future[Outcome]]]":
    """All of them, in a few products side by side: most of the time a lease is waited for."""
    mp4 = make(tmp_path_factory.mktemp("media") / "note.mp4", RECIPES["mp4"]).read_bytes()
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    wanted = [values["case"] for values in parameters if isinstance(values.get("case"), Case)]
    pending: dict[Case, Future[Outcome]] = {case: Future() for case in wanted}
    lanes: list[Lane] = []
    shares: list[list[Case]] = [[] for _ in range(min(LANES, len(wanted)))]
    for case, share in zip(pending, cycle(shares)):
        share.append(case)
    with ThreadPoolExecutor(LANES) as pool:
        for number, share in enumerate(shares):
            lanes.append(Lane(number, webm, mp4))
            pool.submit(lanes[-1].run, share, pending)
        yield pending
        list(pool.map(lambda lane: lane.product.stop(), lanes))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_text_is_whole_and_single_after_a_kill_at(
    case: Case, outcomes: "dict[Case, Future[Outcome]]"
) -> None:
    outcome = outcomes[case].result()
    assert (outcome.found.state, outcome.found.message) == ("done", "")
    assert outcome.found.text == NOTE
    assert outcome.found.sha256 == hashlib.sha256(outcome.sent).hexdigest()


PARTS = ("manage.py web", "work transcribe_live", "manage.py follow", "work prepare finish", "valkey-server")
KILL_SECONDS = 6.0
SEED = 1


def pid_of(product: Product, part: str) -> int:
    """Return the number of a process, once it is there: another's death may have taken it along."""

    def found() -> int | None:
        return next((pid for pid, command in processes(product.data_dir).items() if part in command), None)

    return wait_until(found, PATIENCE_SECONDS, part)


def kill_each(product: Product, random: Random) -> None:
    """Kill every part once, in any order, at moments that are spread over the time."""
    for part in random.sample(PARTS, len(PARTS)):
        time.sleep(random.uniform(0.5, KILL_SECONDS))
        os.kill(pid_of(product, part), signal.SIGKILL)


# Claims and leases take other ways on the other database.
@pytest.mark.database
def test_recording_is_whole_when_every_part_is_killed_while_it_is_made(webm: bytes) -> None:
    product = start_product(DATABASE_URL=product_database())
    product.wait()
    try:
        sender = Sender(product.url)
        sender.sign_up()
        archive = archive_of(product)
        pieces = marked_webm(list(blocks(webm, 20)))
        with (
            Proxy(int(product.url.rpartition(":")[2]), SEED, mean_bytes=50_000) as proxy,
            ThreadPoolExecutor(1) as pool,
        ):
            killing = pool.submit(kill_each, product, Random(SEED))
            through = sender.at(proxy.url)
            path = through.begin(source="microphone")
            through.speak(path, pieces, 1.0)
            killing.result()
        archive.wait(path, PATIENCE_SECONDS)
        found = archive.find(path)
        assert (found.state, found.text) == ("done", NOTE)
        assert found.sha256 == hashlib.sha256(b"".join(pieces)).hexdigest()
        assert proxy.cuts
    finally:
        product.stop()
