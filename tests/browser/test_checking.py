"""Finding, replacing and checking the text of a real recording, by keyboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, try_sample
from tests.browser.fitting import check


@pytest.fixture
def meeting(visit: Visit) -> Page:
    """The page of the transcribed sample meeting, of which the demonstration model is in some doubt."""
    page = visit()
    try_sample(page, "A meeting")
    return page


def text(page: Page) -> Locator:
    return page.get_by_role("region", name="Transcript")


def marked(page: Page, name: str) -> list[str]:
    """Return what a highlight of the CSS Custom Highlight API covers."""
    return page.evaluate("name => [...(CSS.highlights.get(name) ?? [])].map(String)", name)


def await_marked(page: Page, name: str, words: list[str]) -> None:
    matches = "([name, words]) => [...(CSS.highlights.get(name) ?? [])].map(String).join() === words.join()"
    page.wait_for_function(matches, arg=[name, words])


def test_words_are_found_replaced_and_remembered_by_keyboard(note: Page) -> None:
    panel = note.get_by_role("region", name="Find and replace")
    note.keyboard.press("Control+f")
    field = panel.get_by_role("textbox", name="Find")
    expect(field).to_be_focused()
    note.keyboard.type("(a+)+$|(t)he")
    panel.get_by_label("Regular expression").check()
    expect(panel.get_by_text("3 places")).to_be_visible()
    await_marked(note, "found", ["the", "The", "the"])
    field.press("Enter")
    expect(panel.get_by_text("1 of 3")).to_be_visible()
    field.press("Shift+Enter")
    expect(panel.get_by_text("3 of 3")).to_be_visible()
    await_marked(note, "found-current", ["the"])
    field.fill("(")
    expect(panel.get_by_role("status")).to_contain_text("The regular expression cannot be used")
    await_marked(note, "found", [])
    panel.get_by_label("Regular expression").uncheck()
    field.fill("MARIA")
    expect(panel.get_by_text("1 place", exact=True)).to_be_visible()
    panel.get_by_label("Replace by").fill("Mária")
    expect(panel.get_by_role("button", name="MariaMária will send the report")).to_be_visible()
    panel.get_by_label("Remember in my vocabulary").check()
    check(note)
    panel.get_by_label("Replace by").press("Enter")
    expect(panel.get_by_text("1 of 1")).to_be_visible()
    panel.get_by_label("Replace by").press("Enter")
    expect(panel.get_by_role("status")).to_have_text("1 place was replaced. Undo takes it back.")
    expect(text(note)).to_contain_text("Mária will send the report on Friday.")
    # Letters with and without accents are different ones, and the case is not.
    field.fill("mária")
    panel.get_by_label("In all of mine").check()
    expect(panel.get_by_text("1 place in 1 recording")).to_be_visible()
    field.press("Enter")
    field.press("Escape")
    expect(panel).to_be_hidden()
    assert note.evaluate("getSelection().toString()") == "Mária"
    note.goto("/vocabulary/")
    expect(note.get_by_role("listitem").get_by_text("Mária")).to_be_visible()
    check(note)


def test_doubtful_words_are_walked_heard_and_settled_by_keyboard(meeting: Page) -> None:
    meeting.get_by_role("button", name="Check").click()
    panel = meeting.get_by_role("region", name="Check the text")
    field = panel.get_by_role("textbox", name="The word is")
    expect(field).to_be_focused()
    left = panel.get_by_text(re.compile(r"^\d+ words left"))
    count = int(left.inner_text().split()[0])
    word = field.input_value()
    assert [w.strip(".,?").casefold() for w in marked(meeting, "doubt-current")] == [word.casefold()]
    field.press("ArrowDown")
    expect(panel.locator("form[data-at='1']")).to_be_visible()
    meeting.wait_for_function("() => !document.querySelector('audio').paused")
    field.press("ArrowUp")
    expect(panel.locator("form[data-at='0']")).to_be_visible()
    field.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("1 word was accepted.")
    expect(left).to_have_text(f"{count - 1} words left")
    panel.get_by_label("Underline doubtful words").check()
    meeting.wait_for_function("() => CSS.highlights.get('doubtful')?.size > 0")
    assert len(marked(meeting, "doubtful")) == count - 1
    check(meeting)
    field.fill("Zwölf")
    expect(panel.get_by_role("button", name="Correct", exact=True)).to_be_visible()
    field.press("Shift+Enter")
    expect(panel.get_by_role("status")).to_contain_text("corrected.")
    expect(text(meeting)).to_contain_text("Zwölf")
    field.press("Escape")
    expect(panel).to_be_hidden()
    assert marked(meeting, "doubt-current") == []
    expect(meeting.get_by_role("button", name="Check")).to_be_focused()


def test_what_was_left_out_is_heard_and_put_back(meeting: Page) -> None:
    meeting.get_by_role("button", name="Check").click()
    panel = meeting.get_by_role("region", name="Check the text")
    entry = panel.locator(".dropped li").first
    lost = entry.locator("p").first.inner_text().split(maxsplit=1)[1]
    before = text(meeting).get_by_role("textbox").count()
    entries = panel.locator(".dropped li").count()
    entry.get_by_role("button", name="Hear it").click()
    meeting.wait_for_function("() => !document.querySelector('audio').paused")
    # It ends by itself.
    meeting.wait_for_function("() => document.querySelector('audio').paused")
    entry.get_by_role("button", name="Put it back").click()
    expect(panel.get_by_role("status")).to_contain_text("It is back in the text.")
    expect(panel.locator(".dropped li")).to_have_count(entries - 1)
    expect(text(meeting).get_by_role("textbox")).to_have_count(before + 1)
    expect(text(meeting).get_by_role("textbox").filter(has_text=lost)).not_to_have_count(0)
    panel.get_by_role("link", name="See it beside the text").click()
    expect(meeting.get_by_role("insertion").filter(has_text=lost)).to_be_visible()
    check(meeting)
