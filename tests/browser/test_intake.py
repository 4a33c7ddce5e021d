"""Recordings that the server brings in by itself, in a product that may reach the test's own file server."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import AUDIO, NOTE, PATIENCE_MS, finished_text, sign_up
from tests.browser.sounds import amid_silence
from tests.file_server import Answer, FileServer, drip, file_server, ranges, send, whole
from tests.product import Product, processes, product_database, start_product

EMAIL = "ward@example.org"


@pytest.fixture
def files() -> Iterator[FileServer]:
    with file_server(whole((AUDIO / "note.wav").read_bytes())) as server:
        yield server


@pytest.fixture
def own_product(files: FileServer, tmp_path: Path) -> Iterator[Product]:
    running = start_product(
        DATABASE_URL=product_database(),
        STT_IMPORT_ALLOW="127.0.0.1/32",
        STT_IMPORT_PORTS=str(files.port),
        STT_WATCH_DIR=str(tmp_path),
        STT_WATCH_USER=EMAIL,
    )
    running.wait()
    yield running
    running.stop()


@pytest.fixture
def home(own_product: Product, chromium: Callable[..., Browser]) -> Iterator[Page]:
    """The home page of the account that the watch folder is for."""
    with chromium() as browser:
        page = browser.new_context(base_url=own_product.url).new_page()
        page.set_default_timeout(PATIENCE_MS)
        sign_up(page, EMAIL)
        yield page


def fetch(page: Page, link: str) -> None:
    page.get_by_label("From a link").fill(link)
    page.get_by_role("button", name="Fetch").click()


def test_links_and_dropped_files_become_text_and_links_need_no_javascript(
    home: Page, files: FileServer, tmp_path: Path
) -> None:
    page = home
    page.get_by_label("Language").select_option("en")
    fetch(page, files.url("/a talk.wav"))
    page.wait_for_url("**/recordings/*/")
    expect(page.get_by_role("heading", name="a talk")).to_be_visible()
    assert finished_text(page) == NOTE
    expect(page.locator("#facts")).to_contain_text("English")

    note, files.answer = (
        files.answer,
        lambda handler: send(handler, 200, b"<html>secret", Content_Type="text/html"),
    )
    page.goto("/")
    fetch(page, files.url("/page"))
    expect(page.locator("#status")).to_contain_text("This link leads to a web page, not to a recording")

    page.goto("/")
    fetch(page, "http://169.254.169.254/latest/")
    expect(page.get_by_text("Links to port 80 are not allowed here.")).to_be_visible()

    plain = page.context.browser.new_context(
        base_url=page.url, storage_state=page.context.storage_state(), java_script_enabled=False
    )
    plain.set_default_timeout(PATIENCE_MS)
    files.answer = note
    without = plain.new_page()
    without.goto("/")
    without.get_by_label("Translate to English").check()
    fetch(without, files.url("/plain.wav"))
    expect(without.get_by_role("heading", name="plain")).to_be_visible()

    (tmp_path / "visit.flac").write_bytes((AUDIO / "german.flac").read_bytes())
    dropped = page.get_by_role("listitem").filter(has_text="visit")
    expect(appears(page, dropped)).to_contain_text("Done")
    assert len(list(tmp_path.iterdir())) == 1


def appears(page: Page, row: Locator) -> Locator:
    """Return the row, once the list of the page has it: it learns of new ones when it is loaded."""
    for _ in range(240):
        page.reload()
        if row.count():
            return row
        page.wait_for_timeout(500)
    raise AssertionError("the dropped file does not appear")


def third_by_third(data: bytes) -> Answer:
    """Send a third at once, and the rest so slowly that it takes whoever asks again to get it."""
    rest = ranges(data, [])
    third = len(data) // 3

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "Range" in handler.headers:
            rest(handler)
            return
        headers = {"ETag": '"1"', "Accept_Ranges": "bytes", "Content_Length": str(len(data))}
        send(handler, 200, data[:third], **headers)
        drip(handler, data[third:], 400)

    return answer


@pytest.mark.slow
def test_import_goes_on_where_it_was_when_its_worker_is_killed(
    home: Page, own_product: Product, files: FileServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Large enough that it does not count as too slow.
    data = amid_silence(AUDIO / "note.wav", tmp_path_factory.mktemp("sounds"), after=300).read_bytes()
    files.answer = third_by_third(data)
    fetch(home, files.url("/slow.wav"))
    expect(home.locator("#status")).to_contain_text(re.compile(r"Fetching [2-9]\d %"))
    worker = next(pid for pid, line in processes(own_product.data_dir).items() if line.endswith("work fetch"))
    os.kill(worker, signal.SIGKILL)
    assert finished_text(home) == NOTE
    first, second = files.asked
    assert "Range" not in first[1]
    assert int(second[1]["Range"].removeprefix("bytes=").removesuffix("-")) > len(data) / 10
