"""Correcting the text in place: no text of anybody is ever lost."""

from playwright.sync_api import Locator, Page, expect

SECOND = "The meeting starts at nine."


def box(page: Page, number: int = 1) -> Locator:
    return page.get_by_role("region", name="Transcript").get_by_role("textbox").nth(number)


def write(page: Page, text: str) -> None:
    """Replace the second segment's text by typing."""
    box(page).click()
    box(page).press("Control+a")
    box(page).press_sequentially(text)


def saved(page: Page) -> None:
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def other_tab(page: Page) -> Page:
    other = page.context.new_page()
    other.goto(page.url)
    return other


def cut_live(page: Page) -> None:
    """Keep the tab from hearing of other tabs' edits, as a dropped connection does."""
    page.context.route_web_socket("**/ws/recordings/**", lambda route: None)


def test_edit_in_one_tab_appears_in_the_other(note: Page) -> None:
    other = other_tab(note)
    write(note, "The meeting starts at ten.")
    saved(note)
    expect(box(other)).to_have_text("The meeting starts at ten.")


def test_two_tabs_edits_are_both_shown_until_one_is_chosen(note: Page) -> None:
    cut_live(note)
    mine = other_tab(note)
    write(note, "The meeting starts at ten.")
    saved(note)
    write(mine, "The meeting starts at noon.")
    conflict = mine.get_by_role("group", name="Two versions of this text")
    expect(conflict).to_contain_text("The meeting starts at ten.")
    expect(conflict).to_contain_text("The meeting starts at noon.")
    expect(mine.get_by_text("Not saved: choose one of the two versions")).to_be_visible()
    conflict.get_by_role("button", name="Keep mine").click()
    saved(mine)
    expect(conflict).to_have_count(0)
    # Under the caret the text stays; it is renewed when the caret leaves.
    expect(box(note)).to_have_text("The meeting starts at ten.")
    box(note).blur()
    expect(box(note)).to_have_text("The meeting starts at noon.")
    mine.reload()
    expect(box(mine)).to_have_text("The meeting starts at noon.")


def test_taking_theirs_replaces_mine(note: Page) -> None:
    cut_live(note)
    mine = other_tab(note)
    write(note, "The meeting starts at ten.")
    saved(note)
    write(mine, "The meeting starts at noon.")
    mine.get_by_role("button", name="Take theirs").click()
    expect(box(mine)).to_have_text("The meeting starts at ten.")
    saved(mine)
    mine.reload()
    expect(box(mine)).to_have_text("The meeting starts at ten.")


def test_pushed_text_does_not_overwrite_what_is_being_typed(note: Page) -> None:
    mine = other_tab(note)
    # Keeps the edit unsent, as a slow connection does.
    mine.route("**/segments/*/", lambda route: route.abort())
    write(mine, "The meeting starts at noon.")
    write(note, "The meeting starts at ten.")
    saved(note)
    conflict = mine.get_by_role("group", name="Two versions of this text")
    expect(conflict).to_contain_text("The meeting starts at ten.")
    expect(box(mine)).to_have_text("The meeting starts at noon.")


def test_edit_without_connection_is_tried_again_until_it_is_saved(note: Page) -> None:
    note.context.set_offline(True)
    write(note, "The meeting starts at ten.")
    expect(note.get_by_text("Not saved: there is no connection to the server. Trying again.")).to_be_visible()
    note.context.set_offline(False)
    saved(note)
    note.reload()
    expect(box(note)).to_have_text("The meeting starts at ten.")


def test_unsent_edit_is_taken_up_after_a_reload(note: Page) -> None:
    note.route("**/segments/*/", lambda route: route.abort())
    write(note, "The meeting starts at ten.")
    expect(note.get_by_text("Not saved")).to_be_visible()
    note.on("dialog", lambda dialog: dialog.accept())
    # Before it can be saved: else nothing is left to take up.
    note.reload()
    expect(box(note)).to_have_text("The meeting starts at ten.")
    note.unroute("**/segments/*/")
    saved(note)
    note.reload()
    expect(box(note)).to_have_text("The meeting starts at ten.")


def test_keys_in_the_text_move_restore_and_never_break_the_line(note: Page) -> None:
    box(note, 0).click()
    box(note, 0).press("Shift+Enter")
    expect(box(note, 1)).to_be_focused()
    box(note, 1).press_sequentially("xyz")
    box(note, 1).press("Escape")
    expect(box(note, 1)).to_have_text(SECOND)
    saved(note)
    note.evaluate("navigator.clipboard.writeText = undefined")
    note.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "two\\nlines");
            data.setData("text/html", "<b>two<br>lines</b>");
            const paste = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
            document.activeElement.dispatchEvent(paste);
        }"""
    )
    expect(box(note, 1)).to_contain_text("two lines")
    assert box(note, 1).inner_html().count("<") == 0


def test_copy_all_copies_the_text_and_says_so(note: Page) -> None:
    note.context.grant_permissions(["clipboard-read", "clipboard-write"])
    note.get_by_role("button", name="Copy all").click()
    expect(note.get_by_role("status").get_by_text("Copied")).to_be_visible()
    text = note.evaluate("navigator.clipboard.readText()")
    assert text.splitlines()[1] == SECOND
