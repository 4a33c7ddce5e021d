"""Two people on one transcript at the same time: nothing is lost, and both end with the same text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AUDIO, boxes, texts, try_sample
from tests.browser.fitting import check
from tests.browser.test_editing import box, saved
from tests.product import Product
from tests.profile import Profile

# The texts that the browser keeps.
DRAFTS = """async () => {
    const answer = (request) => new Promise((resolve) => {
        request.onsuccess = () => resolve(request.result);
    });
    const database = await answer(indexedDB.open("sttweb-drafts"));
    const drafts = await answer(database.transaction("drafts").objectStore("drafts").getAll());
    return drafts.map(({ text }) => text);
}"""


@pytest.fixture
def profile(product: Product, tmp_path: Path) -> Iterator[Profile]:
    """A browser of its own that can be killed."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        profile = Profile(playwright, tmp_path / "profile", product.url, AUDIO / "note.wav")
        yield profile
        profile.close()


def write(page: Page, number: int, text: str) -> None:
    box(page, number).click()
    box(page, number).press("Control+a")
    box(page, number).press_sequentially(text)


@dataclass
class Pair:
    """Two people's browsers on one transcript, of whom the first owns it."""

    mine: Profile
    theirs: Profile
    first: Page
    second: Page

    def reopen_mine(self) -> None:
        self.first = self.mine.open()
        self.first.goto(self.second.url)

    def agree(self, expected: list[str]) -> None:
        """Both show the same, and so does a reload."""
        for page in (self.first, self.second):
            expect(page.locator("#segments > li")).to_have_count(len(expected))
            for number, text in enumerate(expected):
                expect(box(page, number)).to_have_text(text)
        self.second.reload()
        expect(box(self.second, 0)).to_be_visible()
        assert texts(self.second) == expected


@pytest.fixture
def pair(profile: Profile) -> Iterator[Pair]:
    first = profile.open()
    try_sample(first)
    # Somebody else's browser, whose connection can be cut.
    other = Profile(profile.playwright, profile.folder.with_name("other"), profile.url, profile.sound)
    second = other.open()
    first.get_by_role("button", name="Share", exact=True).click()
    first.get_by_label("E-mail").fill(other.email)
    first.get_by_label("They", exact=True).select_option("can edit")
    first.get_by_role("button", name="Add").click()
    expect(first.get_by_role("dialog").get_by_role("status")).to_contain_text("Shared with")
    check(first)
    first.get_by_role("button", name="Close").click()
    second.goto(first.url)
    expect(second.get_by_text(f"Also here: {profile.email}")).to_be_visible()
    yield Pair(profile, other, first, second)
    other.close()


def write_at_once(pair: Pair) -> None:
    """In different places; each sees where the other is."""
    write(pair.first, 0, "First of all.")
    write(pair.second, 2, "Last of all.")
    saved(pair.first)
    saved(pair.second)
    expect(box(pair.second, 0)).to_have_text("First of all.")
    expect(box(pair.first, 2)).to_have_text("Last of all.")
    expect(pair.second.locator("#segments > li").nth(0)).to_contain_text(pair.mine.email)
    expect(pair.first.locator("#segments > li").nth(2)).to_contain_text(pair.theirs.email)


def change_the_same_while_one_is_cut_off(pair: Pair) -> None:
    first, second = pair.first, pair.second
    pair.theirs.context.set_offline(True)
    write(second, 1, "Theirs, without a connection.")
    write(first, 1, "Mine, with a connection.")
    saved(first)
    write(first, 2, "Last, and changed again.")
    pair.theirs.context.set_offline(False)
    conflict = second.get_by_role("group", name="Two versions of this text")
    expect(conflict).to_contain_text("Mine, with a connection.")
    expect(conflict).to_contain_text("Theirs, without a connection.")
    conflict.get_by_role("button", name="Keep mine").click()
    saved(second)
    box(first, 2).blur()
    expect(box(first, 1)).to_have_text("Theirs, without a connection.")
    expect(box(second, 2)).to_have_text("Last, and changed again.")
    saved(first)


def kill_with_something_unsaved(pair: Pair) -> None:
    pair.mine.context.set_offline(True)
    write(pair.first, 0, "Typed just before the end.")
    expect(pair.first.get_by_text(re.compile("^Not saved"))).to_be_visible()
    # Asked behind the last key, which a busy browser may not have kept yet.
    assert pair.first.evaluate(DRAFTS) == ["Typed just before the end."]
    pair.mine.kill_now()
    expect(pair.second.get_by_text("Also here:")).to_be_hidden()
    write(pair.second, 2, "Said while the other was away.")
    saved(pair.second)
    pair.reopen_mine()
    expect(box(pair.first, 0)).to_have_text("Typed just before the end.")
    saved(pair.first)


def test_two_editors_lose_nothing_when_one_is_killed_and_the_other_cut_off(pair: Pair) -> None:
    write_at_once(pair)
    check(pair.second)
    change_the_same_while_one_is_cut_off(pair)
    kill_with_something_unsaved(pair)
    pair.agree(
        ["Typed just before the end.", "Theirs, without a connection.", "Said while the other was away."]
    )


def put_caret(page: Page, number: int, at: int) -> None:
    box(page, number).click()
    box(page, number).press("Home")
    for _ in range(at):
        page.keyboard.press("ArrowRight")


def split_each_their_own(pair: Pair) -> None:
    """Both split a segment of their own, at the same time, and type on at once."""
    put_caret(pair.first, 0, len("This is a test "))
    put_caret(pair.second, 2, len("Maria will send "))
    pair.first.keyboard.press("Enter")
    pair.second.keyboard.press("Enter")
    pair.first.keyboard.type("MINE ")
    pair.second.keyboard.type("THEIRS ")


def split_the_same(pair: Pair) -> None:
    """Cut off, the second is told that the first was quicker, and has lost nothing."""
    pair.theirs.context.set_offline(True)
    put_caret(pair.second, 2, len("The meeting "))
    put_caret(pair.first, 2, len("The meeting starts "))
    pair.second.keyboard.press("Enter")
    pair.first.keyboard.press("Enter")
    expect(pair.first.locator("#segments > li")).to_have_count(6)
    expect(pair.second.get_by_text(re.compile("^Not done"))).to_be_visible()
    pair.theirs.context.set_offline(False)
    # Under the caret the text stays until the caret leaves.
    box(pair.second, 2).blur()


def join_what_the_other_types_into(pair: Pair) -> None:
    """The other is asked what is to become of it."""
    pair.theirs.context.set_offline(True)
    put_caret(pair.second, 3, len("at nine"))
    pair.second.keyboard.type(" sharp")
    expect(pair.second.get_by_text(re.compile("^Not saved"))).to_be_visible()
    put_caret(pair.first, 3, 0)
    pair.first.keyboard.press("Backspace")
    expect(pair.first.locator("#segments > li")).to_have_count(5)
    pair.theirs.context.set_offline(False)
    lost = pair.second.get_by_role("group", name="A removed segment")
    expect(lost).to_contain_text("at nine sharp.")
    lost.get_by_role("button", name="Let it go").click()


def test_two_people_split_and_merge_at_once_and_end_with_the_same_text(pair: Pair) -> None:
    split_each_their_own(pair)
    parts = ["This is a test", "MINE of the recording.", "The meeting starts at nine."]
    parts += ["Maria will send", "THEIRS the report on Friday."]
    pair.agree(parts)
    split_the_same(pair)
    parts[2:3] = ["The meeting starts", "at nine."]
    pair.agree(parts)
    join_what_the_other_types_into(pair)
    parts[2:4] = ["The meeting starts at nine."]
    pair.agree(parts)
    # Killed in the middle of joining two, one comes back to all words, joined or not, as the other has them.
    put_caret(pair.first, 1, 0)
    pair.first.keyboard.press("Backspace")
    pair.mine.kill_now()
    pair.reopen_mine()
    expect(box(pair.first, 0)).to_be_visible()
    assert " ".join(texts(pair.first)).split() == " ".join(parts).split()
    pair.second.reload()
    expect(box(pair.second, 0)).to_be_visible()
    expect(boxes(pair.first)).to_have_text(texts(pair.second))
