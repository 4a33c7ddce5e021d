"""Text while somebody speaks: on the home page, and wherever else the recording is open."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    AUDIO,
    LONG_PATIENCE_MS,
    NOTE,
    SENTENCES,
    Visit,
    await_clock,
    await_saved,
    check_length_after_stop,
    clock,
    finished_text,
)
from tests.browser.fitting import check
from tests.browser.sounds import wav_of

FIRST, _, LAST = SENTENCES
# Whatever the tail showed, since the page began: on a busy machine it is not shown for long, or left out.
KEEP_TAILS = """
    window.tails = [];
    addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
        const tail = document.querySelector(".tail");
        if (tail && !tail.hidden) window.tails.push(tail.textContent.trim());
    }).observe(document.documentElement, {childList: true, subtree: true, attributes: true}));
"""
# The microphone's sound ends, as where it is unplugged; a script cannot unplug Chromium's fake one.
REMEMBER_TRACKS = """
    window.tracks = [];
    // The empty page that a tab begins with has none.
    const devices = navigator.mediaDevices ?? {};
    const open = devices.getUserMedia;
    devices.getUserMedia = async (wish) => {
        const stream = await open.call(devices, wish);
        window.tracks.push(...stream.getTracks());
        return stream;
    };
"""
UNPLUG = """() => {
    const track = window.tracks.at(-1);
    track.stop();
    track.dispatchEvent(new Event("ended"));
}"""


def transcript(page: Page):
    return page.get_by_role("region", name="Transcript", exact=True)


def log(page: Page):
    return transcript(page).get_by_role("log")


def begin(visit: Visit, sound: Path, script: str = "") -> Page:
    page = visit(sound, script=script)
    page.get_by_role("button", name="Record").click()
    return page


def stop(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/recordings/*/")


def test_settled_text_appears_before_stop_and_is_editable(visit: Visit, spoken: Path) -> None:
    page = begin(visit, spoken)
    expect(log(page)).to_contain_text(FIRST)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    first = transcript(page).get_by_role("textbox").first
    first.click()
    first.press("End")
    first.press_sequentially(" Indeed.")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    expect(log(page)).to_contain_text(LAST)
    stop(page)
    assert finished_text(page) == NOTE.replace(FIRST, f"{FIRST} Indeed.")
    page.reload()
    expect(transcript(page)).to_contain_text(f"{FIRST} Indeed.")


def test_unsettled_tail_is_shown_apart_and_not_to_screen_readers(visit: Visit, tmp_path: Path) -> None:
    page = begin(visit, wav_of(AUDIO / "meeting.flac", tmp_path), KEEP_TAILS)
    page.wait_for_function("() => window.tails.some((tail) => /\\w/.test(tail))")
    tail = transcript(page).locator(".tail")
    expect(tail).to_have_attribute("aria-hidden", "true")
    assert log(page).locator(".tail").count() == 0
    assert log(page).get_attribute("aria-live") == "polite"
    # What is settled is no longer the tail.
    expect(log(page)).to_contain_text("Good morning everyone")
    expect(tail).not_to_contain_text("Good morning everyone")


def test_page_is_accessible_while_text_comes(visit: Visit, spoken: Path) -> None:
    page = begin(visit, spoken)
    expect(log(page)).to_contain_text(FIRST)
    check(page)


def test_recording_page_shows_the_text_of_a_recording_under_way(visit: Visit, tmp_path: Path) -> None:
    page = begin(visit, wav_of(AUDIO / "meeting.flac", tmp_path), KEEP_TAILS)
    await_saved(page)
    other = page.context.new_page()
    other.goto("/")
    other.locator("#rows .row-title").click()
    expect(other.locator("#status")).to_contain_text("Being recorded")
    other.wait_for_function("() => window.tails.some((tail) => /\\w/.test(tail))")
    expect(log(other)).to_contain_text("Good morning everyone")
    stop(page)
    expect(other.locator("#status")).to_contain_text("Done")
    expect(transcript(other).locator(".tail")).to_be_hidden()
    shown = finished_text(other)
    assert finished_text(page) == shown


def test_following_stops_when_the_reader_scrolls(visit: Visit, tmp_path: Path) -> None:
    page = begin(visit, wav_of(AUDIO / "meeting.flac", tmp_path))
    page.set_viewport_size({"width": 1280, "height": 400})
    region = transcript(page)
    jump = page.get_by_role("button", name="Jump to the end")
    expect(region.locator(".segment").nth(6)).to_be_visible(timeout=LONG_PATIENCE_MS)
    expect(jump).to_be_hidden()
    region.hover()
    page.mouse.wheel(0, -2000)
    expect(jump).to_be_visible()
    count = region.locator(".segment").count()
    expect(region.locator(".segment").nth(count)).to_be_attached()
    assert region.evaluate("element => element.scrollTop") == 0
    jump.click()
    expect(jump).to_be_hidden()
    expect(region.locator(".segment").last).to_be_in_viewport()


def test_title_and_language_are_set_while_recording(visit: Visit, tmp_path: Path) -> None:
    page = begin(visit, wav_of(AUDIO / "spanish.flac", tmp_path))
    title = page.get_by_role("textbox", name="Title")
    expect(title).to_have_value(re.compile("^Recording, "))
    await_saved(page)
    # The end of a recording waits for them, but not for long.
    with page.expect_response("**/rename/"):
        title.fill("Reunión")
        title.blur()
    with page.expect_response("**/language/"):
        page.get_by_label("Language").select_option(label="Spanish")
    expect(log(page)).not_to_have_text("")
    stop(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Reunión")
    expect(page.locator("#facts")).to_contain_text("Spanish")


def test_unplugged_microphone_pauses_and_the_recording_goes_on_with_another(
    visit: Visit, spoken: Path
) -> None:
    page = begin(visit, spoken, REMEMBER_TRACKS)
    await_clock(page, 3)
    page.evaluate(UNPLUG)
    expect(page.get_by_text("The microphone is gone, so the recording pauses")).to_be_visible()
    paused_at = clock(page)
    page.get_by_label("Microphone").select_option(index=1)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("The microphone is gone")).to_be_hidden()
    await_clock(page, paused_at + 2)
    check_length_after_stop(page)
    page.goto("/")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_label("Microphone")).to_have_value(re.compile("."))
    assert page.get_by_label("Microphone").evaluate("list => list.selectedIndex") == 1
