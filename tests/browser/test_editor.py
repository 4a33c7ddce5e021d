"""Structure, speakers and sound of a transcript on its page, with words as they were really recognised."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import (
    SPOKEN_SECONDS,
    Visit,
    await_clock,
    await_end,
    speech_worker_stopped,
    texts,
)
from tests.browser.test_editing import SECOND, box, cut_live, other_tab, saved
from tests.product import Product

HEARD = "[...CSS.highlights.get('current-word')].map((range) => range.toString())[0]"
# Keeps every word that is marked. Slow sound leaves a busy machine the time to mark each.
KEEP_HEARD = """() => {
    document.querySelector("audio").playbackRate = 0.25;
    window.heard = [];
    const look = () => {
        const word = [...CSS.highlights.get("current-word")].map(String)[0];
        if (word && word !== window.heard.at(-1)) window.heard.push(word);
        requestAnimationFrame(look);
    };
    look();
}"""
WRAP_TWICE = """async () => {
    const media = document.querySelector("audio");
    media.playbackRate = 1;
    // A page that is busy for longer hears of the end late.
    for (const deadline = performance.now() + 4000; performance.now() < deadline;);
    let [last, times] = [media.currentTime, 0];
    for (const deadline = performance.now() + 60_000; times < 2 && performance.now() < deadline;) {
        await new Promise(requestAnimationFrame);
        if (media.currentTime < last) times += 1;
        last = media.currentTime;
    }
    return [times, last];
}"""


def segments(page: Page) -> Locator:
    return page.locator(".segment")


def at(page: Page) -> float:
    return page.locator("audio").evaluate("audio => audio.currentTime")


def caret_behind(page: Page, text: str, number: int = 1) -> None:
    """Put the caret behind `text`, with which a segment begins, by keys."""
    box(page, number).focus()
    page.keyboard.press("Home")
    for _ in text:
        page.keyboard.press("ArrowRight")


def test_keyboard_alone_records_edits_undoes_and_exports(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    record = page.get_by_role("button", name="Record")
    expect(record).to_be_enabled()
    record.focus()
    page.keyboard.press("Enter")
    await_clock(page, SPOKEN_SECONDS)
    page.get_by_role("button", name="Stop").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/recordings/*/")
    expect(page.locator("#status")).to_contain_text("Done")
    expect(box(page)).to_have_text(SECOND)

    caret_behind(page, "The meeting ")
    page.keyboard.press("Enter")
    page.keyboard.type("It ")
    expect(box(page, 2)).to_have_text("It starts at nine.")
    expect(box(page, 2)).to_be_focused()
    saved(page)
    page.keyboard.press("Alt+1")
    expect(segments(page).nth(2).get_by_role("button", name="Speaker 1")).to_be_visible()

    page.reload()
    assert texts(page)[1:3] == ["The meeting", "It starts at nine."]
    page.locator("#content").focus()
    for shown in (["The meeting", "It starts at nine."], ["The meeting", "starts at nine."], [SECOND]):
        page.keyboard.press("Control+z")
        expect(box(page, len(shown))).to_have_text(shown[-1])
    expect(segments(page)).to_have_count(3)
    page.reload()
    page.locator("#content").focus()
    for shown in ("starts at nine.", "It starts at nine."):
        page.keyboard.press("Control+Shift+z")
        expect(box(page, 2)).to_have_text(shown)
    page.keyboard.press("Control+Shift+z")
    expect(segments(page).nth(2).get_by_role("button", name="Speaker 1")).to_be_visible()

    page.get_by_role("link", name="TXT", exact=True).focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert "It starts at nine." in Path(download.value.path()).read_text()


def test_segments_are_joined_inserted_moved_and_deleted(note: Page) -> None:
    box(note).focus()
    note.keyboard.press("Home")
    note.keyboard.press("Backspace")
    expect(segments(note)).to_have_count(2)
    note.keyboard.type("So: ")
    whole = f"This is a test of the recording. So: {SECOND}"
    expect(box(note, 0)).to_have_text(whole)
    saved(note)

    note.keyboard.press("Alt+i")
    note.get_by_label("Start").fill("0:03.60")
    note.get_by_label("End").fill("nonsense")
    note.keyboard.press("Enter")
    expect(note.get_by_role("alert").filter(has_text="Write times like")).to_be_visible()
    note.get_by_label("End").fill("3.9")
    note.keyboard.press("Enter")
    expect(box(note, 1)).to_be_focused()
    note.keyboard.type("Indeed.")
    saved(note)
    note.keyboard.press("Alt+b")
    note.get_by_label("End").fill("0:04")
    note.keyboard.press("Enter")
    expect(segments(note).nth(1)).to_have_attribute("data-end", "4.0")

    note.reload()
    assert texts(note)[:2] == [whole, "Indeed."]
    segments(note).nth(0).locator(".at").click(modifiers=["Shift"])
    segments(note).nth(1).locator(".at").click(modifiers=["Shift"])
    expect(note.get_by_text("2 segments selected")).to_be_visible()
    note.keyboard.press("Alt+Shift+Delete")
    expect(segments(note)).to_have_count(1)
    note.get_by_role("button", name="Undo").click()
    expect(segments(note)).to_have_count(3)
    assert texts(note)[:2] == [whole, "Indeed."]


def test_speakers_are_named_and_merged_for_all_their_segments(note: Page) -> None:
    box(note, 0).click()
    note.keyboard.press("Alt+x")
    note.keyboard.press("Shift+Enter")
    note.keyboard.press("Alt+x")
    note.keyboard.press("Alt+s")
    note.get_by_label("Name of a new speaker").fill("Anna")
    note.keyboard.press("Enter")
    expect(note.locator(".speaker", has_text="Anna")).to_have_count(2)
    box(note, 2).click()
    note.keyboard.press("Alt+2")
    expect(note.locator(".speaker", has_text="Speaker 2")).to_have_count(1)
    note.keyboard.press("Alt+s")
    note.get_by_label("Rename or merge Speaker 2").click()
    dialog = note.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name", exact=True).last.fill("Bob <b>")
    note.keyboard.press("Enter")
    expect(note.locator(".speaker", has_text="Bob <b>")).to_have_count(1)
    note.get_by_label("Rename or merge Bob <b>").click()
    dialog.get_by_role("button", name="Merge").last.click()
    expect(note.locator(".segment .speaker", has_text="Anna")).to_have_count(3)


def test_a_name_being_typed_stays_when_others_change_the_speakers(note: Page) -> None:
    box(note, 0).click()
    note.keyboard.press("Alt+1")
    box(note, 2).click()
    note.keyboard.press("Alt+2")
    expect(note.locator(".speaker", has_text="Speaker 2")).to_have_count(1)
    note.keyboard.press("Alt+s")
    note.get_by_label("Rename or merge Speaker 2").click()
    name = note.get_by_role("dialog").get_by_role("textbox", name="Name", exact=True).last
    name.fill("Bo")

    other = other_tab(note)
    box(other, 0).click()
    other.keyboard.press("Alt+s")
    other.get_by_label("Rename or merge Speaker 1").click()
    other.get_by_role("dialog").get_by_role("textbox", name="Name", exact=True).first.fill("Anna")
    other.keyboard.press("Enter")
    expect(note.get_by_label("Rename or merge Anna")).to_be_visible()
    note.keyboard.type("b")
    expect(name).to_have_value("Bob")
    note.keyboard.press("Enter")
    expect(note.locator(".segment .speaker", has_text="Bob")).to_have_count(1)


def test_sound_is_followed_word_by_word_and_played_from_words(note: Page) -> None:
    expect(note.locator(".waveform")).to_be_visible()
    word = note.evaluate(
        """() => {
            const range = document.createRange();
            const text = document.querySelectorAll(".text")[1].firstChild;
            range.setStart(text, 13);
            range.setEnd(text, 17);
            const { left, top, width, height } = range.getBoundingClientRect();
            return [left + width / 2, top + height / 2];
        }"""
    )
    note.evaluate(KEEP_HEARD)
    note.keyboard.down("Alt")
    note.mouse.click(*word)
    note.keyboard.up("Alt")
    expect(note.get_by_role("button", name="Pause")).to_be_visible()
    note.wait_for_function("() => window.heard.includes('nine.')")
    note.keyboard.press("k")
    expect(note.get_by_role("button", name="Play", exact=True)).to_be_visible()
    heard = note.evaluate("window.heard")
    # What follows is heard where the key comes late.
    heard = heard[: heard.index("nine.") + 1]
    assert heard[0] == "starts"
    # None that comes later, and none twice; one may fall between two frames of a busy machine.
    assert heard == [word for word in SECOND.split() if word in heard]
    assert at(note) > 2.7

    caret_behind(note, "The meeting ")
    note.keyboard.press("Alt+r")
    expect(note.get_by_role("button", name="Repeat the current segment")).to_have_attribute(
        "aria-pressed", "true"
    )
    times, wrapped = note.evaluate(WRAP_TWICE)
    assert times == 2
    start, end = (float(segments(note).nth(1).get_attribute(f"data-{name}")) for name in ("start", "end"))
    assert start - 0.1 < wrapped < end
    note.keyboard.press("Alt+k")


def test_picture_of_the_sound_comes_when_the_sound_was_read_later(visit: Visit, product: Product) -> None:
    page = visit()
    page.route("**/peaks/**", lambda route: route.fulfill(status=404))
    with speech_worker_stopped(product):
        with page.expect_response("**/peaks/**"):
            page.get_by_role("button", name="A spoken note").click()
        page.unroute("**/peaks/**")
    await_end(page)
    expect(page.locator(".waveform")).to_be_visible()


def test_moments_are_reached_by_time_and_by_link(note: Page) -> None:
    note.keyboard.press("Alt+t")
    note.get_by_label("Time", exact=True).fill("0:04,5")
    note.keyboard.press("Enter")
    expect(note.get_by_role("region", name="Player")).to_contain_text("0:04")
    assert abs(at(note) - 4.5) < 0.1
    note.context.grant_permissions(["clipboard-read", "clipboard-write"])
    caret_behind(note, "The meeting ")
    note.keyboard.press("Alt+u")
    expect(note.get_by_text("Link copied")).to_be_visible()
    link = note.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\?t=2\.\d$", link)
    note.goto(link)
    expect(segments(note).nth(1)).to_have_attribute("aria-current", "true")
    assert note.evaluate(HEARD) in ("meeting", "starts")


def test_segment_removed_in_another_tab_keeps_what_was_typed(note: Page) -> None:
    cut_live(note)
    mine = other_tab(note)
    mine.route("**/segments/*/", lambda route: route.abort())
    box(mine).click()
    mine.keyboard.press("End")
    mine.keyboard.type(" Mine.")
    box(note).click()
    note.keyboard.press("Alt+Shift+Delete")
    expect(segments(note)).to_have_count(2)
    mine.unroute("**/segments/*/")
    mine.evaluate("dispatchEvent(new Event('online'))")
    lost = mine.get_by_role("group", name="A removed segment")
    expect(lost).to_contain_text("Mine.")
    lost.get_by_role("button", name="Put mine back").click()
    expect(lost).to_have_count(0)
    saved(mine)
    mine.reload()
    expect(box(mine)).to_have_text(f"{SECOND} Mine.")
