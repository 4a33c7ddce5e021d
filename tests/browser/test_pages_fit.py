"""Every page is accessible, and fits from a small phone to a desk, in light and dark."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit, await_saved
from tests.browser.fitting import check
from tests.product import Product


def test_welcome_page_fits(product: Product, chromium: Callable[..., Browser]) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(product.url)
        expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        check(page)


def test_reference_of_the_api_fits(product: Product, chromium: Callable[..., Browser]) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"{product.url}/api/docs/")
        check(page)
        page.get_by_role("navigation", name="Contents").get_by_role("link", name="Recordings").click()
        page.locator("#create-recording summary").click()
        expect(page.locator("#create-recording").get_by_text("multipart/form-data")).to_be_visible()
        check(page)


def test_home_fits_empty_recording_and_with_an_unfinished_recording(visit: Visit) -> None:
    page = visit()
    check(page)
    page.get_by_text("Names and terms").click()
    page.get_by_role("button", name="Record").click()
    await_saved(page)
    check(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/")
    expect(page.locator("#rows > li")).not_to_have_count(0)
    expect(page.get_by_text("All that was recorded is saved.")).to_be_visible()
    check(page)


def test_transcript_page_fits_with_its_dialogs_and_a_conflict(note: Page) -> None:
    check(note)
    note.get_by_role("button", name="Keys").click()
    check(note)
    note.get_by_role("button", name="Close").click()
    note.get_by_role("button", name="Delete").click()
    check(note)
    note.get_by_role("button", name="Keep it").click()
    note.locator("#rename summary").click()
    check(note)
    note.keyboard.press("Escape")
    body = '{"error": "", "id": 1, "version": 9, "text": "Another text."}'
    note.route(
        "**/segments/*/", lambda route: route.fulfill(status=409, body=body, content_type="application/json")
    )
    box = note.get_by_role("textbox").first
    box.click()
    box.press_sequentially("Mine. ")
    expect(note.get_by_role("group", name="Two versions of this text")).to_be_visible()
    check(note)
