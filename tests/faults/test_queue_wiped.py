"""The queue forgets everything, dies with its folder, or hangs, while ten recordings are worked on."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from tests.engine.media import RECIPES, make
from tests.faults.test_pipeline import pid_of
from tests.product import Product, start_product
from tests.sender import TERMINAL, Sender, archive_of, marked_mp4
from tests.test_live import NOTE, long_samples

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

SERVER = "valkey-server"
RECORDINGS = 10
HUNG_SECONDS = 5
PATIENCE_SECONDS = 300


@pytest.fixture(scope="module")
def running() -> Iterator[Product]:
    product = start_product()
    product.wait()
    yield product
    product.stop()


@pytest.fixture(scope="module")
def sender(running: Product) -> Sender:
    sender = Sender(running.url)
    sender.sign_up()
    return sender


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Enough in each recording that not all are done at once."""
    return make(tmp_path_factory.mktemp("media") / "talk.m4a", RECIPES["m4a"], long_samples()).read_bytes()


@pytest.fixture(scope="module")
def said(running: Product, sender: Sender, spoken: bytes) -> str:
    """What the engine hears in it where nothing is harmed."""
    path = upload(sender, marked_mp4(spoken))
    archive = archive_of(running)
    archive.wait(path, PATIENCE_SECONDS)
    text = archive.find(path).text
    assert text.startswith(NOTE)
    return text


def flush(product: Product) -> None:
    path = str(product.data_dir / "valkey" / "valkey.sock")
    with redis.Redis(unix_socket_path=path, socket_timeout=PATIENCE_SECONDS) as client:
        client.flushall()


def remove(product: Product) -> None:
    pid = pid_of(product, SERVER)
    # It is killed when its folder is empty: what is removed later may be its successor's.
    os.kill(pid, signal.SIGSTOP)
    for path in (product.data_dir / "valkey").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    os.kill(pid, signal.SIGKILL)


def hang(product: Product) -> None:
    pid = pid_of(product, SERVER)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(HUNG_SECONDS)
    os.kill(pid, signal.SIGCONT)


def upload(sender: Sender, data: bytes) -> str:
    path = sender.begin(len(data), filename="talk.m4a", language="en")
    sender.send(path, data, len(data), len(data))
    return path


@pytest.mark.parametrize("harm", [flush, remove, hang])
def test_ten_recordings_are_finished_though_the_queue_was_harmed(
    harm: Callable[[Product], None], running: Product, sender: Sender, spoken: bytes, said: str
) -> None:
    archive = archive_of(running)
    paths = [upload(sender, marked_mp4(spoken)) for _ in range(RECORDINGS)]
    # The last one first: the others may be done by now.
    assert any(archive.state(path) not in TERMINAL for path in reversed(paths))
    harm(running)
    for path in paths:
        archive.wait(path, PATIENCE_SECONDS)
        found = archive.find(path)
        assert (found.state, found.message) == ("done", "")
        assert found.text == said


def test_upload_and_its_page_work_while_the_queue_hangs(
    running: Product, sender: Sender, spoken: bytes
) -> None:
    pid = pid_of(running, SERVER)
    os.kill(pid, signal.SIGSTOP)
    try:
        path = upload(sender, marked_mp4(spoken))
        assert sender.insist("GET", path.replace("uploads", "recordings") + "/").status_code == 200
    finally:
        os.kill(pid, signal.SIGCONT)
    archive_of(running).wait(path, PATIENCE_SECONDS)
