"""What was spoken is kept and sent, whatever becomes of page, browser, connection and session."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import (
    NOTE,
    SENTENCES,
    SPOKEN_SECONDS,
    Visit,
    await_clock,
    await_saved,
    finished_text,
    sign_out,
)
from tests.conftest import PASSWORD
from tests.product import Product
from tests.profile import Profile, seconds_of

pytestmark = pytest.mark.browser

# On an idle machine one, which `bench.browser_kills` holds; on a busy one the disk itself takes longer.
LOST_SECONDS = 3
KEPT = """() => new Promise((resolve) => {
    indexedDB.open("sttweb").onsuccess = ({target: {result}}) => {
        const request = result.transaction("recordings").objectStore("recordings").count();
        request.onsuccess = () => { result.close(); resolve(request.result); };
    };
})"""
# Which recordings a page holds, or waits for, to send and offer them.
TAKEN_UP = """async () => {
    const {held, pending} = await navigator.locks.query();
    return [...held, ...pending].map(({name}) => name).filter((name) => name.startsWith("sttweb:recording"));
}"""
# Tells when the page has read which recordings this browser keeps.
NOTE_READING = """
    window.readings = 0;
    const getAll = IDBObjectStore.prototype.getAll;
    IDBObjectStore.prototype.getAll = function (...range) {
        const request = getAll.apply(this, range);
        if (this.name === "recordings") {
            this.transaction.addEventListener("complete", () => { window.readings += 1; });
        }
        return request;
    };
"""
# Longer than a recorder waits for storage to take anything.
SLOW_STORAGE = """
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...wanted) {
        const late = {};
        setTimeout(() => {
            const request = open.apply(this, wanted);
            Object.defineProperty(late, "result", {get: () => request.result});
            request.onupgradeneeded = () => late.onupgradeneeded();
            request.onsuccess = () => late.onsuccess();
        }, 7000);
        return late;
    };
"""


@pytest.fixture
def profile(product: Product, tmp_path: Path, spoken: Path) -> Iterator[Profile]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        profile = Profile(playwright, tmp_path / "profile", product.url, spoken)
        yield profile
        profile.close()


def record(page: Page, seconds: int) -> None:
    page.get_by_role("button", name="Record").click()
    await_clock(page, seconds)


def unfinished(page: Page):
    return page.get_by_role("region", name="Unfinished recordings")


def kept(page: Page) -> int:
    """Return how many recordings this browser keeps."""
    return page.evaluate(KEPT)


def await_kept(page: Page, count: int) -> None:
    page.wait_for_function(f"async (count) => await ({KEPT})() === count", arg=count)


def test_killed_browser_loses_at_most_its_last_seconds(profile: Profile) -> None:
    page = profile.open()
    record(page, SPOKEN_SECONDS)
    recorded = profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text(re.compile(r"\(0:\d\d\)"))
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Finish it").click()
    assert finished_text(page) == NOTE
    assert seconds_of(page) > recorded - LOST_SECONDS
    page.goto("/")
    assert kept(page) == 0


def test_what_was_not_sent_before_the_browser_was_killed_is_sent_afterwards(profile: Profile) -> None:
    page = profile.open()
    record(page, 2)
    profile.context.set_offline(True)
    expect(page.get_by_text("on this device, not yet sent:")).to_be_visible()
    await_clock(page, SPOKEN_SECONDS)
    profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Finish it").click()
    assert finished_text(page) == NOTE


def test_recording_that_never_reached_the_server_is_sent_afterwards(profile: Profile) -> None:
    page = profile.open()
    profile.context.set_offline(True)
    record(page, SPOKEN_SECONDS)
    profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Finish it").click()
    assert finished_text(page) == NOTE


def test_other_user_of_the_browser_neither_sees_nor_sends_it(profile: Profile) -> None:
    page = profile.open()
    record(page, 2)
    await_saved(page)
    profile.kill(page)

    owner, profile.email = profile.email, ""
    page = profile.open()
    page.context.clear_cookies()
    profile.sign_in(page)
    assert profile.email != owner
    page.context.add_init_script(NOTE_READING)
    page.goto("/")
    page.wait_for_function("() => window.readings > 0")
    assert page.evaluate(TAKEN_UP) == []
    assert kept(page) == 1
    expect(unfinished(page)).to_be_hidden()

    page.context.clear_cookies()
    profile.email = owner
    profile.sign_in(page)
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    assert len(page.evaluate(TAKEN_UP)) == 1


def test_discarded_recording_is_deleted_here_and_there(profile: Profile) -> None:
    page = profile.open()
    record(page, 3)
    await_saved(page)
    profile.kill(page)

    page = profile.open()
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    unfinished(page).get_by_role("button", name="Discard").click()
    unfinished(page).get_by_role("button", name="Discard for good").click()
    expect(unfinished(page)).to_be_hidden()
    await_kept(page, 0)
    page.reload()
    expect(page.get_by_role("heading", name="Try a sample")).to_be_visible()
    assert kept(page) == 0


def test_recording_that_is_still_made_is_not_offered_in_another_tab(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    record(page, 3)
    await_saved(page)
    page.context.add_init_script(NOTE_READING)
    other = page.context.new_page()
    other.goto("/")
    expect(other.locator("#rows")).to_contain_text("Being recorded")
    other.wait_for_function("() => window.readings > 0")
    expect(unfinished(other)).to_be_hidden()
    page.close(run_before_unload=False)
    # Once its page is gone, the other takes it up.
    expect(unfinished(other)).to_contain_text("All that was recorded is saved.")


def test_recording_is_offered_where_the_storage_takes_its_time(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    record(page, 2)
    await_saved(page)
    page.context.add_init_script(SLOW_STORAGE)
    other = page.context.new_page()
    page.close(run_before_unload=False)
    other.goto("/")
    expect(unfinished(other)).to_contain_text("All that was recorded is saved.")


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Record")).to_be_visible()


def sign_in_again(context: BrowserContext, page: Page, email: str) -> None:
    with context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    sign_in(opened.value, email)
    opened.value.close()


def test_session_that_ends_in_mid_recording_loses_nothing(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    email = page.locator(".site-user").text_content().strip()
    record(page, 2)
    page.context.clear_cookies(name="sttweb_session")
    expect(page.get_by_text("Your session has ended")).to_be_visible()
    await_clock(page, SPOKEN_SECONDS)
    sign_in_again(page.context, page, email)
    expect(page.get_by_role("link", name="Sign in again")).to_be_hidden()
    await_saved(page, SPOKEN_SECONDS)
    page.get_by_role("button", name="Stop").click()
    assert finished_text(page) == NOTE


def test_somebody_else_who_signs_in_meanwhile_gets_nothing(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    email = page.locator(".site-user").text_content().strip()
    record(page, 2)
    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto("/accounts/signup/")
    somebody = f"{uuid4().hex}@example.org"
    other.get_by_label("E-mail").fill(somebody)
    for field in other.get_by_label("Password").all():
        field.fill(PASSWORD)
    other.get_by_role("button", name="Sign up").click()
    expect(page.get_by_text("Another account is signed in now")).to_be_visible()
    expect(other.get_by_role("heading", name="Try a sample")).to_be_visible()
    sign_out(other)
    sign_in_again(page.context, page, email)
    await_clock(page, SPOKEN_SECONDS)
    page.get_by_role("button", name="Stop").click()
    assert SENTENCES[0] in finished_text(page)

    stranger = page.context.browser.new_context(base_url=page.url).new_page()
    stranger.goto("/accounts/login/")
    sign_in(stranger, somebody)
    expect(stranger.get_by_role("heading", name="Try a sample")).to_be_visible()
    expect(stranger.locator("#rows > li")).to_have_count(0)
