"""A visitor with a new account, in real Chromium, before the running product."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.sounds import amid_silence
from tests.conftest import PASSWORD
from tests.product import Product, processes
from tests.profile import seconds_of

AUDIO = Path(__file__).resolve().parent.parent / "audio"
# Transcription on a busy machine takes its time; nothing waits longer than it needs.
PATIENCE_MS = 60_000
# For the meeting, which is three minutes long.
LONG_PATIENCE_MS = 3 * PATIENCE_MS
# What is said in note.wav, and by when a recorder that hears `spoken` has heard all of it, in seconds.
SENTENCES = [
    "This is a test of the recording.",
    "The meeting starts at nine.",
    "Maria will send the report on Friday.",
]
NOTE = " ".join(SENTENCES)
SPOKEN_SECONDS = 16
# Whether a time that is said, as in "saved to 0:05", has come.
HAS_COME = """([selector, seconds]) => {
    const said = document.querySelector(selector).textContent.match(/(\\d+):(\\d\\d)/);
    return said !== null && Number(said[1]) * 60 + Number(said[2]) >= seconds;
}"""
# Keeps what the clock shows for the page that the recording leads to.
KEEP_CLOCK = """() => {
    const clock = document.querySelector("#recorder [role=timer]");
    const keep = () => { sessionStorage.clock = clock.textContent; };
    new MutationObserver(keep).observe(clock, {childList: true});
    keep();
}"""

Visit = Callable[..., Page]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The note for the microphone, after a silence: a busy browser takes a while to begin to record."""
    return amid_silence(AUDIO / "note.wav", tmp_path_factory.mktemp("sounds"), before=5)


@pytest.fixture
def visit(product: Product, chromium: Callable[..., Browser]) -> Iterator[Visit]:
    """Return a page of a new user on the home page; what its browser complains of fails the test."""
    complaints: list[str] = []
    browsers: list[Browser] = []

    def open_home(sound: Path | None = None, script: str = "") -> Page:
        browsers.append(chromium(sound))
        context = browsers[-1].new_context(base_url=product.url, accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        if script:
            context.add_init_script(script)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda message: _note(complaints, message))
        page = context.new_page()
        sign_up(page)
        return page

    yield open_home
    for browser in browsers:
        browser.close()
    assert complaints == []


def _note(complaints: list[str], message: object) -> None:
    # A refused request is listed by the browser on its own account: the page has to say it in words.
    if message.type == "error" and "Failed to load resource" not in message.text:
        complaints.append(message.text)


def sign_up(page: Page, email: str = "") -> None:
    """Make an account, past the form, whose own tests are in tests/accounts, and open the home page."""
    forms = page.context.request
    address = forms.get("/accounts/signup/").url
    token = next(cookie["value"] for cookie in page.context.cookies(address) if cookie["name"] == "csrftoken")
    fields = {"email": email or f"{uuid4().hex}@example.org", "password1": PASSWORD}
    form = fields | {"csrfmiddlewaretoken": token}
    answer = forms.post(address, form=form, headers={"Referer": address}, max_redirects=0)
    assert answer.status == HTTPStatus.FOUND
    page.goto("/")
    expect(page.get_by_role("button", name="Record")).to_be_visible()


def sign_out(page: Page) -> None:
    """End the session itself, and with it what it has opened."""
    page.get_by_role("button", name="Sign out").click()
    # The welcome, or where a page that asked for something meanwhile was sent.
    sign_in = page.get_by_role("link", name="Sign in").or_(page.get_by_role("button", name="Sign in"))
    expect(sign_in.first).to_be_visible()


@contextmanager
def speech_worker_stopped(product: Product) -> Iterator[None]:
    (worker,) = [pid for pid, line in processes(product.data_dir).items() if "work transcribe_live" in line]
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def try_sample(page: Page, name: str = "A spoken note") -> None:
    """Open the page of a sample and wait until it is done."""
    page.goto("/")
    page.get_by_role("button", name=name).click()
    await_end(page)


def await_end(page: Page) -> None:
    """Wait until the page of a recording shows it done."""
    expect(page.locator("#status")).to_contain_text("Done", timeout=LONG_PATIENCE_MS)
    # The last part of the page that the end brings: from here on nothing moves.
    expect(page.get_by_role("link", name="More formats")).to_be_visible()
    # It may have come done already, and before its scripts.
    page.wait_for_load_state()


def await_time(page: Page, selector: str, seconds: int) -> None:
    """Wait until so much or more is said: a busy machine may not look at every second."""
    page.wait_for_function(HAS_COME, arg=[selector, seconds], polling=100)


def await_clock(page: Page, seconds: int) -> None:
    """Wait until the recorder's clock shows so much."""
    await_time(page, "#recorder [role=timer]", seconds)


def await_saved(page: Page, seconds: int = 1) -> None:
    """Wait until the recorder says that so much is on the server."""
    await_time(page, "#recorder [data-says=saved]", seconds)


def clock(page: Page) -> int:
    """Return the seconds that the recorder's clock shows."""
    return _seconds(page.get_by_role("timer").text_content())


def _seconds(clock: str) -> int:
    minutes, seconds = clock.split(":")
    return 60 * int(minutes) + int(seconds)


def check_length_after_stop(page: Page) -> None:
    """Stop; the sound is as long as the clock said in the end, which leaves out its last part of a second."""
    page.evaluate(KEEP_CLOCK)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/recordings/*/")
    expect(page.locator("#status")).to_contain_text("Done")
    assert -1 < seconds_of(page) - _seconds(page.evaluate("sessionStorage.clock")) < 2


def boxes(page: Page) -> Locator:
    """The texts of the segments. Those out of sight are not laid out, so that they have no inner text."""
    return page.locator("#segments .text")


def texts(page: Page) -> list[str]:
    return [" ".join(text.split()) for text in boxes(page).all_text_contents()]


def finished_text(page: Page) -> str:
    """Return the whole text of the recording that the page leads to, once that is done."""
    page.wait_for_url("**/recordings/*/")
    expect(page.locator("#status")).to_contain_text("Done")
    return " ".join(texts(page))


@pytest.fixture
def note(visit: Visit) -> Page:
    """The page of the transcribed sample note."""
    page = visit()
    try_sample(page)
    return page
