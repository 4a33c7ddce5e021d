"""A visitor with a new account, in real Chromium, before the running product."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD
from tests.product import Product

AUDIO = Path(__file__).resolve().parent.parent / "audio"
# Transcription on a busy machine takes its time; nothing waits longer than it needs.
PATIENCE_MS = 30_000

Visit = Callable[..., Page]


@pytest.fixture
def visit(product: Product, chromium: Callable[..., Browser]) -> Iterator[Visit]:
    """Return a page of a new user on the home page; what its browser complains of fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    complaints: list[str] = []
    browsers: list[Browser] = []

    def open_home(sound: Path | None = None, script: str = "") -> Page:
        browsers.append(chromium(sound))
        context = browsers[-1].new_context(base_url=product.url, accept_downloads=True)
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


def try_sample(page: Page, name: str = "A spoken note") -> None:
    """Open the page of a sample and wait until it is done."""
    page.goto("/")
    page.get_by_role("button", name=name).click()
    expect(page.locator("#status")).to_contain_text("Done")


@pytest.fixture
def note(visit: Visit) -> Page:
    """The page of the transcribed sample note."""
    page = visit()
    try_sample(page)
    return page
