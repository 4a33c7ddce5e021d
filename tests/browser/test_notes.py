"""Notes on moments, and running a stretch again, on a real recording by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import SENTENCES, boxes
from tests.browser.fitting import check
from tests.browser.test_editing import box
from tests.product import Product

# As the engine might have heard it at first.
MISHEARD = """
from transcripts.models import Recording
segment = Recording.objects.get(pk={recording!r}).transcript.segments.order_by("position")[1]
segment.text = "The seating stars at wine."
segment.save()
"""


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


def test_stretch_is_run_again_compared_and_undone(note: Page, product: Product) -> None:
    recording = note.url.rstrip("/").rpartition("/")[2]
    product.manage("shell", "-c", MISHEARD.format(recording=recording))
    note.reload()
    expect(box(note)).to_have_text("The seating stars at wine.")
    box(note).focus()
    note.get_by_role("button", name="Transcribe again").click()
    panel = note.get_by_role("region", name="Transcribe again")
    expect(panel.get_by_label("From one time to another")).to_be_checked()
    check(note)
    note.set_viewport_size({"width": 1280, "height": 844})
    panel.get_by_role("button", name="Transcribe again").click()
    expect(note.locator("#status")).to_contain_text("Transcribed again: 1 new segment in place of 1.")
    expect(boxes(note)).to_have_text(SENTENCES)

    note.locator("#status").get_by_role("link", name="Compare").click()
    expect(note.get_by_role("insertion").filter(has_text="meeting")).to_be_visible()
    expect(note.get_by_role("deletion").filter(has_text="seating")).to_be_visible()
    note.go_back()
    note.locator("#status").get_by_role("button", name="Undo").click()
    expect(box(note)).to_have_text("The seating stars at wine.")
    expect(note.locator("#status")).to_contain_text("Undone since")
