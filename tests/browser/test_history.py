"""Seeing what was changed, and going back."""

from playwright.sync_api import Page, expect

from tests.browser.fitting import check
from tests.browser.test_editing import SECOND, box, saved, write

# Splits the second segment of the note twice, and deletes what there is then.
ACTS = """async () => {
    const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content };
    const act = async (edit) => {
        const answer = await fetch("edits/", { method: "POST", headers, body: JSON.stringify(edit) });
        return (await answer.json()).created;
    };
    const rows = [...document.querySelectorAll("#segments > li")].map((row) => Number(row.dataset.segment));
    const second = document.querySelectorAll("#segments > li")[1].dataset;
    const version = Number(second.version);
    const once = await act({ act: "split", segment: Number(second.segment), version, at: 12 });
    const twice = await act({ act: "split", segment: Number(second.segment), version: version + 1, at: 4 });
    await act({ act: "delete", segments: [...rows, ...once, ...twice] });
}"""


def test_history_shows_the_words_that_changed_and_takes_back_to_them(note: Page) -> None:
    write(note, "The meeting ends at nine.")
    saved(note)
    box(note).blur()
    note.evaluate(ACTS)
    expect(box(note, 0)).to_have_count(0)
    note.get_by_role("link", name="History").click()
    corrected = note.get_by_role("article", name="Corrected the text")
    expect(corrected.locator("del")).to_have_text("starts")
    expect(corrected.locator("ins")).to_have_text("ends")
    deleted = note.get_by_role("article", name="Deleted segments")
    expect(deleted.locator("del")).to_have_count(3)
    deleted.get_by_role("link", name="Show all 5 changes").click()
    expect(deleted.locator("del")).to_have_count(5)
    check(note)
    corrected.get_by_role("button", name="Restore this version 1").click()
    expect(box(note)).to_have_text("The meeting ends at nine.")
    note.get_by_role("link", name="History").click()
    note.get_by_role("button", name="Restore the first text").click()
    expect(box(note)).to_have_text(SECOND)
    expect(note.get_by_text("Undo takes that back.")).to_be_visible()
