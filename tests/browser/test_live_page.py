"""The page while its recording is transcribed, and its player."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG_PATIENCE_MS, Visit, await_end, speech_worker_stopped, texts
from tests.product import Product

# Each connection ends, but not before its first message: so the text comes however slow the machine is.
CUT_AFTER_A_MESSAGE = """
    window.opened = window.cuts = 0;
    const Socket = WebSocket;
    window.WebSocket = class extends Socket {
        constructor(...args) {
            super(...args);
            this.addEventListener("open", () => { window.opened += 1; });
            this.addEventListener("message", () => {
                window.cuts += 1;
                this.close();
            }, {once: true});
        }
    };
"""


def test_dropped_connections_lose_no_text(visit: Visit, product: Product) -> None:
    page = visit(script=CUT_AFTER_A_MESSAGE)
    # The text does not come before the page that it is pushed to.
    with speech_worker_stopped(product):
        page.get_by_role("button", name="A meeting").click()
        page.wait_for_url("**/recordings/*/")
        page.wait_for_function("() => window.opened > 0")
    await_end(page)
    assert page.evaluate("window.cuts") > 1
    live = texts(page)
    page.reload()
    assert len(live) > 40
    assert texts(page) == live


def test_lost_connection_is_said_and_withdrawn(note: Page) -> None:
    is_cut = True
    note.route_web_socket(
        "**/ws/recordings/**", lambda route: route.close() if is_cut else route.connect_to_server()
    )
    note.reload()
    expect(note.get_by_text("Reconnecting…")).to_be_visible()
    is_cut = False
    expect(note.get_by_text("Reconnecting…")).to_be_hidden()


def test_sound_leads_the_text(note: Page) -> None:
    # Slow sound does not end before a busy machine has looked.
    note.locator("audio").evaluate("audio => { audio.playbackRate = 0.0625; }")
    third = note.get_by_role("region", name="Transcript").locator(".segment").nth(2)
    third.get_by_role("button", name=re.compile("0:0")).click()
    expect(third).to_have_attribute("aria-current", "true")
    expect(note.get_by_role("button", name="Pause")).to_be_visible()
    note.keyboard.press("k")
    expect(note.get_by_role("button", name="Play", exact=True)).to_be_visible()
    for _ in range(2):
        note.keyboard.press("j")
    expect(note.get_by_role("region", name="Player")).to_contain_text("0:00")
    expect(third).not_to_have_attribute("aria-current", "true")


def test_single_keys_do_nothing_in_text_and_can_be_switched_off(note: Page) -> None:
    box = note.get_by_role("textbox").first
    box.click()
    box.press("End")
    box.press_sequentially(" k j l?")
    expect(box).to_contain_text("k j l?")
    expect(note.get_by_role("button", name="Play", exact=True)).to_be_visible()
    box.blur()
    note.keyboard.press("?")
    note.get_by_label("Single keys").uncheck()
    note.get_by_role("button", name="Close").click()
    note.keyboard.press("?")
    expect(note.get_by_role("dialog")).to_have_count(0)


def test_saved_is_not_said_of_what_is_typed_afterwards(note: Page) -> None:
    box = note.get_by_role("textbox").first
    box.press_sequentially("So ")
    expect(note.locator("#save-state")).to_have_text("Saved")
    # Looked at before anything else can happen.
    type_on = """box => {
        box.textContent += " Indeed.";
        box.dispatchEvent(new InputEvent("input", {bubbles: true}));
        return document.getElementById("save-state").textContent;
    }"""
    assert box.evaluate(type_on) == ""
    expect(note.locator("#save-state")).to_have_text("Saved")


def test_status_that_changes_can_be_clicked_all_the_while(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="A meeting").click()
    page.wait_for_url("**/recordings/*/")
    status = page.locator("#status")
    status.get_by_role("button", name="Cancel").hover()
    page.mouse.down()
    # With text come other words of the status, and so much of it that the page would follow it.
    page.locator(".segment").nth(15).wait_for()
    with page.expect_request("**/cancel/"):
        page.mouse.up()


def test_rows_refresh_by_themselves(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="A meeting").click()
    page.wait_for_url("**/recordings/*/")
    page.goto("/")
    expect(page.locator("#rows .state.done")).to_be_visible(timeout=LONG_PATIENCE_MS)
    expect(page.get_by_role("heading", name="Try a sample")).to_have_count(0)


def test_row_that_is_asked_for_again_can_be_clicked_all_the_while(visit: Visit, product: Product) -> None:
    page = visit()
    with speech_worker_stopped(product):
        page.get_by_role("button", name="A meeting").click()
        page.wait_for_url("**/recordings/*/")
        page.goto("/")
        page.locator("#rows .row-title").hover()
        page.mouse.down()
        # When the second is asked for, the first has been shown.
        for _ in range(2):
            with page.expect_response("**/rows/?*"):
                pass
        page.mouse.up()
        page.wait_for_url("**/recordings/*/")
