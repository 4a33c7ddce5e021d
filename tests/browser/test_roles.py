"""What somebody may do with another's recording, and how their open page follows when that changes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, sign_up
from tests.browser.fitting import check
from tests.browser.test_editing import SECOND, box, saved

EDITING_KEYS = [
    "Alt+b",
    "Alt+i",
    "Alt+s",
    "Alt+1",
    "Alt+0",
    "Alt+h",
    "Alt+Shift+Delete",
    "Control+z",
    "Control+y",
]


@pytest.fixture
def viewer(note: Page) -> Page:
    """The page of somebody with whom the note is shared, to be seen."""
    page = note.context.browser.new_context(base_url=note.url).new_page()
    page.set_default_timeout(PATIENCE_MS)
    sign_up(page)
    email = page.locator(".site-user").text_content().strip()
    note.get_by_role("button", name="Share", exact=True).click()
    note.get_by_label("E-mail").fill(email)
    note.get_by_role("button", name="Add").click()
    expect(note.get_by_role("button", name=f"Let {email} edit")).to_be_visible()
    page.goto(note.url)
    expect(page.get_by_text(SECOND)).to_be_visible()
    return page


def allow(owner: Page, what: str) -> None:
    owner.get_by_role("dialog").get_by_role("button", name=what).click()


def requests_of(page: Page, act: Callable[[], None]) -> list[str]:
    """Return what a page sends while something is done to it."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    act()
    # What was sent before this is known when it is answered.
    page.evaluate("async () => { await fetch(location.href); }")
    return sent


def press_editing_keys(page: Page) -> None:
    page.locator("#segments .at").nth(1).focus()
    for key in EDITING_KEYS:
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_hidden()


def test_page_follows_when_its_reader_becomes_an_editor_and_a_viewer_again(note: Page, viewer: Page) -> None:
    assert requests_of(viewer, lambda: press_editing_keys(viewer)) == []
    viewer.get_by_role("button", name="Keys").click()
    expect(viewer.get_by_role("row", name="Play or pause")).to_be_visible()
    expect(viewer.get_by_role("row", name="Split, at the caret")).to_be_hidden()
    viewer.get_by_role("button", name="Close").click()
    viewer.get_by_role("button", name="Find").click()
    find = viewer.get_by_role("region", name="Find and replace")
    expect(find.get_by_role("heading", name="Find", exact=True)).to_be_visible()
    expect(viewer.get_by_role("textbox", name="Text", exact=True)).to_have_count(0)

    allow(note, "Let")
    expect(viewer.get_by_text("You can edit this now")).to_be_visible()
    expect(find).to_be_hidden()
    box(viewer).click()
    box(viewer).press("End")
    box(viewer).press_sequentially(" Sharp.")
    saved(viewer)
    expect(note.get_by_text(f"{SECOND} Sharp.")).to_be_visible()
    viewer.keyboard.press("Alt+s")
    expect(viewer.get_by_role("dialog", name="Speakers")).to_be_visible()

    # What cannot be saved any more is neither shown as the text nor lost.
    viewer.keyboard.press("Escape")
    viewer.route("**/segments/*/", lambda route: route.abort())
    box(viewer).click()
    box(viewer).press("End")
    box(viewer).press_sequentially(" Come early.")
    expect(viewer.get_by_text("There is no connection", exact=False)).to_be_visible()
    viewer.keyboard.press("Alt+s")
    allow(note, "Let")
    expect(viewer.get_by_text("You can only read this now.")).to_be_visible()
    expect(viewer.get_by_role("dialog", name="Speakers")).to_be_hidden()
    expect(viewer.get_by_role("textbox", name="Text", exact=True)).to_have_count(0)
    expect(viewer.locator("#segments .text").nth(1)).to_have_text(f"{SECOND} Sharp.")
    assert requests_of(viewer, lambda: press_editing_keys(viewer)) == []
    check(viewer)

    viewer.unroute("**/segments/*/")
    allow(note, "Let")
    saved(viewer)
    expect(note.get_by_text(f"{SECOND} Sharp. Come early.")).to_be_visible()
    viewer.context.close()
