"""A worker killed before it sends a message, and before it notes that it did: the message arrives."""

import time
from collections.abc import Callable

import pytest

from tests.faults.test_pipeline import PATIENCE_SECONDS
from tests.product import start_product
from tests.receiver import receiver
from tests.sender import Sender, archive_of
from tests.settings import TEST_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

FAILPOINTS = {"delivery-claimed", "message-sent"}


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def post(sender: Sender, path: str, **form: str) -> str:
    url = sender.url + path
    headers = {"Referer": url, "Content-Type": "application/x-www-form-urlencoded"}
    answer = sender.session.post(url, form, headers=headers, timeout=PATIENCE_SECONDS)
    answer.raise_for_status()
    return str(answer.text)


def test_message_arrives_at_most_twice_and_under_one_id_after_kills() -> None:
    folder = TEST_ROOT / "failpoints-deliveries"
    folder.mkdir()
    product = start_product(STT_FAILPOINT_FOLDER=str(folder))
    try:
        product.wait()
        sender = Sender(product.url)
        sender.sign_up()
        archive = archive_of(product)
        with receiver() as heard:
            post(sender, "/webhooks/", url=heard.url, events="recording.done")
            for name in FAILPOINTS:
                (folder / name).touch()
            post(sender, "/webhooks/1/test/")
            wait(lambda: archive.rows("SELECT state FROM transcripts_delivery") == [("delivered",)])
            assert len(heard.ids) == 2
            assert len(set(heard.ids)) == 1
        assert not list(folder.iterdir()), "nobody was killed"
    finally:
        product.stop()
