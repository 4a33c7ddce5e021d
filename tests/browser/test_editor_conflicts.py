"""What is typed against others, refusals, dead lines and crashes: it stays, and overwrites nothing unseen."""

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, try_sample
from tests.browser.test_editing import SECOND, box, cut_live, other_tab, saved, write
from tests.browser.test_editor import caret_behind, segments, texts

# The patience of saving, of which a test has less, until it sets `impatience` to null.
IMPATIENT = """
    const timeout = AbortSignal.timeout;
    window.impatience = 700;
    AbortSignal.timeout = (patience) => timeout.call(AbortSignal, window.impatience ?? patience);
"""
# Lets nothing leave the page, even while it is closed: what a route holds then is sent after all.
CUT_REQUESTS = "() => { window.fetch = () => Promise.reject(new TypeError('There is no line.')); }"
DRAFTS = """async () => {
    const answer = (request) => new Promise((resolve) => {
        request.onsuccess = () => resolve(request.result);
    });
    const database = await answer(indexedDB.open("sttweb-drafts"));
    return answer(database.transaction("drafts").objectStore("drafts").getAllKeys());
}"""
# As where the sound ends before the segment does. In one: what is pushed brings the real end back.
REPEAT_BEYOND = """segment => {
    segment.dataset.end = 999;
    document.querySelector("[data-does=loop]").click();
}"""
IDS = "() => [...document.querySelectorAll('.segment')].map((segment) => segment.id)"


def replace(page: Page, text: str) -> None:
    """Replace the second segment's text at once."""
    box(page).click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def reload(page: Page) -> None:
    """Load the page anew, although something is not saved."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()


def conflict_of(page: Page):
    return page.get_by_role("group", name="Two versions of this text")


def test_text_that_was_shortened_before_it_was_refused_is_saved(note: Page) -> None:
    held: list[Route] = []
    note.route("**/segments/*/", lambda route: route.continue_() if held else held.append(route))
    with note.expect_request("**/segments/*/"):
        replace(note, "x" * 5001)
    replace(note, "Short.")
    # By then this is due to be sent itself.
    note.wait_for_timeout(1500)
    held[0].continue_()
    saved(note)
    note.reload()
    expect(box(note)).to_have_text("Short.")


def test_text_that_is_too_long_stays_on_the_page_and_is_not_cut(note: Page) -> None:
    replace(note, "x" * 5001)
    expect(note.get_by_text("Not saved: a segment has at most 5,000 characters")).to_be_visible()
    expect(box(note)).to_have_text("x" * 5001)
    reload(note)
    expect(box(note)).to_have_text("x" * 5001)
    replace(note, "Donau\u00addampf \u200f🫩")
    saved(note)
    note.reload()
    expect(box(note)).to_have_text("Donau\u00addampf \u200f🫩")


def test_conflict_is_asked_however_often_the_page_is_loaded(note: Page) -> None:
    cut_live(note)
    mine = other_tab(note)
    write(note, "The meeting starts at ten.")
    saved(note)
    write(mine, "The meeting starts at noon.")
    for _ in range(2):
        expect(conflict_of(mine)).to_contain_text("The meeting starts at ten.")
        expect(conflict_of(mine)).to_contain_text("The meeting starts at noon.")
        reload(mine)
    expect(conflict_of(mine)).to_be_visible()
    assert "The meeting starts at ten." in note.request.get(f"{note.url}export/txt/").text()
    conflict_of(mine).get_by_role("button", name="Keep mine").click()
    saved(mine)
    # Under the caret the other text stays, and nothing is deleted that was not seen.
    note.keyboard.press("Alt+Shift+Delete")
    expect(note.get_by_text("Not done: this was changed in another place")).to_be_visible()
    note.reload()
    expect(box(note)).to_have_text("The meeting starts at noon.")


def test_choice_counts_while_others_go_on_writing(note: Page) -> None:
    mine = other_tab(note)
    # Keeps the edit unsent, as a slow connection does.
    mine.route("**/segments/*/", lambda route: route.abort())
    write(mine, "The meeting starts at noon.")
    write(note, "The meeting starts at one.")
    keep = conflict_of(mine).get_by_role("button", name="Keep mine")
    expect(conflict_of(mine)).to_contain_text("The meeting starts at one.")
    mine.unroute("**/segments/*/")
    keep.hover()
    mine.mouse.down()
    write(note, "The meeting starts at two.")
    expect(conflict_of(mine)).to_contain_text("The meeting starts at two.")
    saved(note)
    mine.mouse.up()
    expect(conflict_of(mine)).to_have_count(0)
    saved(mine)
    box(note).blur()
    expect(box(note)).to_have_text("The meeting starts at noon.")


def test_draft_of_a_segment_that_was_removed_is_offered(note: Page) -> None:
    mine = other_tab(note)
    mine.evaluate(CUT_REQUESTS)
    box(mine).click()
    mine.keyboard.press("End")
    mine.keyboard.type(" Mine.")
    expect(mine.get_by_text("Not saved")).to_be_visible()
    facts = [segments(mine).nth(1).get_attribute("data-segment")]
    facts = [
        mine.locator("#document").get_attribute(f"data-{name}") for name in ("user", "recording")
    ] + facts
    assert mine.evaluate(DRAFTS) == [facts]
    address = mine.url
    mine.close(run_before_unload=False)

    box(note).click()
    note.keyboard.press("Alt+Shift+Delete")
    expect(segments(note)).to_have_count(2)
    mine = note.context.new_page()
    mine.goto(address)
    lost = mine.get_by_role("group", name="A removed segment")
    expect(lost).to_contain_text(f"{SECOND} Mine.")
    lost.get_by_role("button", name="Put mine back").click()
    expect(lost).to_have_count(0)
    saved(mine)
    expect(box(note)).to_have_text(f"{SECOND} Mine.")
    assert mine.evaluate(DRAFTS) == []


def test_what_is_typed_while_a_split_is_not_answered_is_kept(note: Page) -> None:
    note.route("**/edits/", lambda route: None)
    caret_behind(note, "The meeting ")
    note.keyboard.press("Enter")
    expect(segments(note)).to_have_count(4)
    note.keyboard.type("really ")
    reload(note)
    note.unroute("**/edits/")
    expect(box(note)).to_have_text("The meeting really starts at nine.")
    saved(note)


def test_split_finds_its_halves_where_others_made_room(note: Page) -> None:
    words = [f"word{number:02}" for number in range(26)]
    replace(note, " ".join(words))
    saved(note)
    while len(words) > 1:
        box(note).focus()
        note.keyboard.press("Control+End")
        note.keyboard.press("Control+ArrowLeft")
        note.keyboard.press("Enter")
        last = words.pop()
        expect(note.locator(".segment[data-pending]")).to_have_count(0)
        expect(box(note)).to_have_text(" ".join(words))
        expect(box(note, 2)).to_have_text(last)
    shown, ids = texts(note), note.evaluate(IDS)
    assert shown[1:27] == [f"word{number:02}" for number in range(26)]
    note.reload()
    assert (texts(note), note.evaluate(IDS)) == (shown, ids)


def test_save_that_a_dead_line_swallows_is_no_conflict_with_oneself(visit: Visit) -> None:
    note = visit(script=IMPATIENT)
    try_sample(note)

    def swallow(route: Route) -> None:
        route.fetch()

    note.route("**/segments/*/", swallow)
    replace(note, "Stored, but never answered.")
    expect(note.get_by_text(re.compile("^Not saved: there is no connection"))).to_be_visible()
    note.unroute("**/segments/*/")
    # A line that is alive may be slow.
    note.evaluate("window.impatience = null")
    note.keyboard.press("Control+End")
    note.keyboard.type(" And more.")
    saved(note)
    expect(conflict_of(note)).to_have_count(0)
    note.reload()
    expect(box(note)).to_have_text("Stored, but never answered. And more.")


def test_last_segment_is_repeated_and_each_text_has_a_name_of_its_own(note: Page) -> None:
    last = segments(note).nth(2)
    at = last.locator(".at").get_attribute("aria-label")
    expect(note.get_by_role("textbox", name=f"Text at {at}", exact=True)).to_have_count(1)
    box(note, 2).click()
    note.keyboard.press("Alt+1")
    expect(note.get_by_role("textbox", name=f"Text at {at}, Speaker 1", exact=True)).to_have_count(1)
    note.locator("audio").evaluate(
        "audio => audio.addEventListener('ended', () => { window.hasEnded = true; })"
    )
    last.evaluate(REPEAT_BEYOND)
    expect(note.get_by_role("button", name="Pause")).to_be_visible()
    note.locator("audio").evaluate("audio => { audio.currentTime = audio.duration - 0.1; }")
    note.wait_for_function("() => window.hasEnded && !document.querySelector('audio').paused")
    note.keyboard.press("Alt+k")
