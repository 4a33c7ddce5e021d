"""Notes on moments, and running a stretch again, on a real recording by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.fitting import check


def marked(page: Page, name: str, words: list[str]) -> None:
    matches = "([name, words]) => [...(CSS.highlights.get(name) ?? [])].map(String).join() === words.join()"
    page.wait_for_function(matches, arg=[name, words])


def choose(page: Page, words: str) -> None:
    """Select these words as a reader does."""
    page.evaluate(
        """(words) => {
            const node = [...document.querySelectorAll("#segments .text")]
                .map((box) => box.firstChild).find((text) => text.data.includes(words));
            node.parentElement.focus();
            const start = node.data.indexOf(words);
            getSelection().setBaseAndExtent(node, start, node, start + words.length);
        }""",
        words,
    )


def test_moments_are_noted_found_again_and_let_go(note: Page) -> None:
    note.wait_for_function("() => document.querySelector('#segments .segment').dataset.words")
    panel = note.get_by_role("region", name="Notes")
    choose(note, "starts at")
    note.keyboard.press("Alt+n")
    field = panel.get_by_role("textbox", name=re.compile("Note at"))
    expect(field).to_be_focused()
    note.keyboard.type("Is that <b>right</b>?")
    note.keyboard.press("Control+Enter")
    expect(panel.get_by_role("listitem")).to_contain_text("starts at")
    expect(panel.get_by_role("listitem")).to_contain_text("Is that <b>right</b>?")
    marked(note, "noted", ["starts at"])
    check(note)
    note.set_viewport_size({"width": 1280, "height": 844})
    panel.get_by_role("button", name=re.compile("^Play from")).click()
    note.wait_for_function("() => document.querySelector('audio').currentTime > 2")
    note.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    choose(note, "Friday")
    note.keyboard.press("Alt+h")
    marked(note, "highlighted", ["Friday."])
    note.reload()
    marked(note, "noted", ["starts at"])
    marked(note, "highlighted", ["Friday."])
    note.get_by_role("button", name="Notes").click()
    panel.get_by_role("button", name=re.compile("^Edit of the note")).click()
    panel.get_by_role("textbox", name="Text of the note").fill("It is.")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("It is.")).to_be_visible()
    panel.get_by_role("button", name=re.compile("^Delete the note")).first.click()
    marked(note, "noted", [])
    panel.get_by_role("button", name="Undo").click()
    marked(note, "noted", ["starts at"])


def test_stretch_is_run_again_compared_and_undone(note: Page) -> None:
    box = note.get_by_role("region", name="Transcript").get_by_role("textbox").nth(1)
    box.focus()
    note.get_by_role("button", name="Transcribe again").click()
    panel = note.get_by_role("region", name="Transcribe again")
    expect(panel.get_by_label("From one time to another")).to_be_checked()
    check(note)
    note.set_viewport_size({"width": 1280, "height": 844})
    panel.get_by_label("Text").select_option("Translated to English")
    panel.get_by_role("button", name="Transcribe again").click()
    expect(note.locator("#status")).to_contain_text(re.compile("It heard the same again|Transcribed again:"))
    text = note.get_by_role("region", name="Transcript")
    expect(text).to_contain_text("Maria will send the report on Friday.")
