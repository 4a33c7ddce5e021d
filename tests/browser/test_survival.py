"""What was spoken is kept and sent, whatever becomes of page, browser, connection and session."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import AUDIO, PATIENCE_MS, Visit
from tests.conftest import PASSWORD
from tests.product import Product
from tests.profile import Profile, seconds_of

pytestmark = pytest.mark.browser

SENTENCES = [
    "This is a test of the recording.",
    "The meeting starts at nine.",
    "Maria will send the report on Friday.",
]


@pytest.fixture
def profile(product: Product, tmp_path: Path) -> Iterator[Profile]:
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        profile = Profile(playwright, tmp_path / "profile", product.url, AUDIO / "note.wav")
        yield profile
        profile.close()


def record(page: Page, until: str) -> None:
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("timer")).to_have_text(until)


def text_of(page: Page) -> str:
    """Return the whole text of the recording that the page shows, once it is done."""
    page.wait_for_url("**/recordings/*/")
    expect(page.locator("#status")).to_contain_text("Done")
    return " ".join(page.get_by_role("region", name="Transcript", exact=True).inner_text().split())


def unfinished(page: Page):
    return page.get_by_role("region", name="Unfinished recordings")


def kept(page: Page) -> int:
    """Return how many recordings this browser keeps."""
    return page.evaluate(
        """() => new Promise((resolve) => {
            indexedDB.open("sttweb").onsuccess = ({target: {result}}) => {
                const request = result.transaction("recordings").objectStore("recordings").count();
                request.onsuccess = () => { result.close(); resolve(request.result); };
            };
        })"""
    )


def test_killed_browser_loses_at_most_a_second(profile: Profile) -> None:
    page = profile.open()
    record(page, "0:09")
    recorded = profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("(0:0")
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Finish it").click()
    assert text_of(page) == " ".join(SENTENCES)
    assert seconds_of(page) > recorded - 1
    page.goto("/")
    assert kept(page) == 0


def test_what_was_not_sent_before_the_browser_was_killed_is_sent_afterwards(profile: Profile) -> None:
    page = profile.open()
    record(page, "0:02")
    profile.context.set_offline(True)
    expect(page.get_by_text("on this device, not yet sent: 0:05")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text("0:09")
    profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Finish it").click()
    assert text_of(page) == " ".join(SENTENCES)


def test_recording_that_never_reached_the_server_is_sent_afterwards(profile: Profile) -> None:
    page = profile.open()
    profile.context.set_offline(True)
    record(page, "0:09")
    profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Finish it").click()
    assert text_of(page) == " ".join(SENTENCES)


def test_other_user_of_the_browser_neither_sees_nor_sends_it(profile: Profile) -> None:
    page = profile.open()
    record(page, "0:02")
    profile.kill(page)

    owner, profile.email = profile.email, ""
    page = profile.open()
    page.context.clear_cookies()
    profile.sign_in(page)
    assert profile.email != owner
    expect(page.get_by_role("heading", name="Try a sample")).to_be_visible()
    assert kept(page) == 1
    expect(unfinished(page)).to_be_hidden()

    page.context.clear_cookies()
    profile.email = owner
    profile.sign_in(page)
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")


def test_discarded_recording_is_deleted_here_and_there(profile: Profile) -> None:
    page = profile.open()
    record(page, "0:03")
    profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Discard").click()
    unfinished(page).get_by_role("button", name="Discard for good").click()
    expect(unfinished(page)).to_be_hidden()
    page.reload()
    expect(page.get_by_role("heading", name="Try a sample")).to_be_visible()
    assert kept(page) == 0


def test_recording_that_is_still_made_is_not_offered_in_another_tab(visit: Visit) -> None:
    page = visit(AUDIO / "note.wav")
    record(page, "0:03")
    other = page.context.new_page()
    other.goto("/")
    expect(other.locator("#rows")).to_contain_text("Being recorded")
    expect(unfinished(other)).to_be_hidden()
    page.close(run_before_unload=False)
    # Once its page is gone, the other takes it up.
    expect(unfinished(other)).to_contain_text("All that was recorded is saved.")


def sign_in_again(context: BrowserContext, page: Page, email: str) -> None:
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    login = opened.value
    login.get_by_label("E-mail").fill(email)
    login.get_by_label("Password").fill(PASSWORD)
    login.get_by_role("button", name="Sign in").click()
    expect(login.get_by_role("button", name="Record")).to_be_visible()
    login.close()


def test_session_that_ends_in_mid_recording_loses_nothing(visit: Visit) -> None:
    page = visit(AUDIO / "note.wav")
    email = page.locator(".site-user").inner_text()
    record(page, "0:02")
    page.context.clear_cookies(name="sttweb_session")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text("0:09")
    sign_in_again(page.context, page, email)
    expect(page.get_by_role("link", name="Sign in again")).to_be_hidden()
    expect(page.get_by_text(re.compile("saved to 0:(09|1)"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    assert text_of(page) == " ".join(SENTENCES)


def test_somebody_else_who_signs_in_meanwhile_gets_nothing(visit: Visit) -> None:
    page = visit(AUDIO / "note.wav")
    email = page.locator(".site-user").inner_text()
    record(page, "0:02")
    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto("/accounts/signup/")
    other.get_by_label("E-mail").fill(f"{uuid4().hex}@example.org")
    for field in other.get_by_label("Password").all():
        field.fill(PASSWORD)
    other.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Another account is signed in now")).to_be_visible()
    expect(other.get_by_role("heading", name="Try a sample")).to_be_visible()
    other.get_by_role("button", name="Sign out").click()
    sign_in_again(page.context, page, email)
    # Cut in mid-word, the first sentence may not be understood.
    expect(page.get_by_role("timer")).to_contain_text(re.compile("0:(0[89]|[1-9])"))
    page.get_by_role("button", name="Stop").click()
    assert SENTENCES[0] in text_of(page)
