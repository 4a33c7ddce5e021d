"""What is on its way to the server: whose it is, what stops it, and what becomes of what cannot be sent."""

import json
import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import (
    AUDIO,
    LONG_PATIENCE_MS,
    SENTENCES,
    Visit,
    await_clock,
    await_end,
    await_saved,
    sign_out,
    sign_up,
)
from tests.browser.test_survival import await_kept, kept, unfinished
from tests.browser.test_uploads import choose, large_file
from tests.conftest import PASSWORD

FOUND = 302
# Of a recorder that keeps its pieces, one in its midst is not kept.
LOSE_A_PIECE = """
    const put = IDBObjectStore.prototype.put;
    window.pieces = 0;
    IDBObjectStore.prototype.put = function (value) {
        if (this.name === "pieces" && (window.pieces += 1) === 3) throw new DOMException("", "UnknownError");
        return put.call(this, value);
    };
"""
NO_LOCAL_STORAGE = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("The operation is insecure.", "SecurityError"); },
});"""
# Each byte says where it is; a server that lost some asks for them again.
READ_ALL = """async () => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const { GrowingBlob } = await import(loaded.find((name) => /js\\/growing-blob\\b/.test(name)));
    const part = (from, length) => new Blob([Uint8Array.from({ length }, (_, i) => (from + i) % 251)]);
    const blob = new GrowingBlob(100, part(100, 7));
    const wrong = [];
    const check = async (place, length) => {
        const bytes = new Uint8Array(await blob.slice(place, length, "").arrayBuffer());
        const isWhole = bytes.length === Math.min(length, blob.end - place);
        if (!isWhole || bytes.some((byte, i) => byte !== (place + i) % 251)) wrong.push(place);
    };
    for (let place = 100; blob.end < 3000; place += 6) {
        blob.push(part(blob.end, 11));
        await check(place, 20);
        if (blob.end > 200 && blob.end % 7 === 0) await check(100 + blob.end % 90, 50);
    }
    const whole = new Uint8Array(await blob.whole("audio/webm").arrayBuffer());
    const isWhole = whole.length === blob.end - 100 && whole.every((byte, i) => byte === (100 + i) % 251);
    return { wrong, isWhole };
}"""
# Without a part for each part before it, nothing is copied.
COUNT_PARTS = """async () => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const { GrowingBlob } = await import(loaded.find((name) => /js\\/growing-blob\\b/.test(name)));
    const blob = new GrowingBlob(0, new Blob());
    const counted = [];
    window.Blob = class extends Blob {
        constructor(parts = [], options) { super(parts, options); counted.push(parts.length); }
    };
    for (let sent = 0; sent < 2000; sent += 4) {
        for (let i = 0; i < 4; i++) blob.push(new Blob(["part"]));
        blob.slice(sent * 4, 100, "");
    }
    return Math.max(...counted);
}"""
# Returns how many bytes are sent of three parts, of which the storage has taken two.
SEND_WHAT_IS_KEPT = """async () => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const { GrowingUpload } = await import(loaded.find((name) => /js\\/growing-upload\\b/.test(name)));
    const { uploads: endpoint, user } = document.getElementById("studio").dataset;
    const waiting = [];
    const append = () => new Promise((taken) => waiting.push(taken));
    const journal = { user, append, keep: async () => {}, release: async () => {} };
    const recording = { id: "a", url: null, metadata: { source: "microphone", filetype: "audio/webm" } };
    const upload = new GrowingUpload({ endpoint, limit: 1000, journal, recording });
    const saved = new Promise((tell) => upload.addEventListener("saved", ({ detail }) => tell(detail)));
    const until = async (count) => {
        while (waiting.length < count) await new Promise((next) => setTimeout(next, 10));
    };
    upload.push(new Blob(["first "]), 1);
    await until(1);
    upload.push(new Blob(["second "]), 2);
    waiting[0]();
    await until(2);
    upload.push(new Blob(["third"]), 3);
    waiting[1]();
    const sent = await saved;
    await until(3);
    waiting[2]();
    await upload.abort();
    return sent;
}"""


def list_of_uploads(page: Page) -> Locator:
    return page.get_by_role("list", name="Uploads")


def email_of(page: Page) -> str:
    return page.locator(".site-user").text_content().strip()


def sign_in(page: Page, email: str) -> None:
    """Sign in past the form, and open the home page."""
    forms = page.context.request
    address = forms.get("/accounts/login/").url
    token = next(cookie["value"] for cookie in page.context.cookies(address) if cookie["name"] == "csrftoken")
    form = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = forms.post(address, form=form, headers={"Referer": address}, max_redirects=0)
    assert answer.status == FOUND
    page.goto("/")
    expect(page.get_by_role("button", name="Record")).to_be_enabled()


def end_session(page: Page) -> None:
    # Without the token what is being sent would be answered with another one, amid the next signing in.
    page.context.clear_cookies(name="sttweb_session")


def sign_in_somebody_else(page: Page) -> Page:
    """Return their home page, in the same browser."""
    page.context.clear_cookies()
    other = page.context.new_page()
    sign_up(other, f"{uuid4().hex}@example.org")
    return other


def close_in_mid_recording(page: Page) -> Page:
    """Return the home page after the tab that recorded has gone."""
    other = page.context.new_page()
    # A dead line that is played to a page ends before the page does, which would then send once more.
    page.evaluate("window.fetch = () => new Promise(() => {}); null")
    page.close(run_before_unload=False)
    return other


def cut_off(page: Page) -> None:
    """Let nothing that is sent reach the server, from any page."""
    page.context.route(re.compile("/uploads/"), lambda route: route.abort())


def reconnect(page: Page) -> None:
    page.context.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")


def discard(page: Page) -> None:
    unfinished(page).get_by_role("button", name="Discard").click()
    unfinished(page).get_by_role("button", name="Discard for good").click()


def test_files_never_go_to_another_account(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    email = email_of(page)
    begun, offsets = [], []

    def note(request) -> None:
        if request.method == "POST" and request.url.endswith("/uploads/"):
            begun.append(request.url)
        elif request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    page.context.route(
        "**/uploads/*-*", lambda route: route.abort() if len(offsets) == 3 else route.fallback()
    )
    choose(page, large_file(tmp_path))
    expect(list_of_uploads(page)).to_contain_text("No connection, trying again")
    other = sign_in_somebody_else(page)
    page.context.unroute_all()
    expect(list_of_uploads(page)).to_contain_text("Not signed in")
    expect(list_of_uploads(page)).to_contain_text("sign in")
    other.reload()
    expect(other.locator("#rows > li")).to_have_count(0)
    end_session(other)
    sign_in(other, email)
    page.wait_for_url("**/recordings/*/", timeout=LONG_PATIENCE_MS)
    assert len(begun) == 1
    assert offsets == sorted(offsets)
    assert offsets.count(0) == 1


def test_waiting_files_wait_for_their_account(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    email = email_of(page)
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    other = sign_in_somebody_else(page)
    files = []
    for name in ("one", "two", "three"):
        files.append(tmp_path / f"{name}.wav")
        files[-1].write_bytes((AUDIO / "note.wav").read_bytes() + name.encode())
    page.get_by_label("Upload audio").set_input_files(files)
    expect(list_of_uploads(page).get_by_text("Another account is signed in now")).to_have_count(2)
    expect(list_of_uploads(page).get_by_role("link", name="Sign in again")).to_have_count(2)
    other.reload()
    expect(other.locator("#rows > li")).to_have_count(0)
    end_session(other)
    sign_in(other, email)
    expect(list_of_uploads(page).get_by_role("link", name="Open")).to_have_count(3)
    other.reload()
    expect(other.locator("#rows > li")).to_have_count(3)


def test_file_that_the_server_will_not_take_is_not_sent_for_ever(visit: Visit) -> None:
    page = visit()
    sentence = "This recording is complete; nothing can be added to it."
    answer = json.dumps({"error": sentence})
    page.route(
        "**/uploads/*-*",
        lambda route: route.fulfill(status=409, body=answer, content_type="application/json"),
    )
    choose(page, AUDIO / "note.wav")
    expect(list_of_uploads(page)).to_contain_text(sentence)
    expect(list_of_uploads(page).get_by_role("button", name="Retry")).to_be_visible()


def test_discarded_recording_that_was_never_sent_is_not_sent_afterwards(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    page.context.set_offline(True)
    page.get_by_role("button", name="Record").click()
    await_clock(page, 3)
    await_kept(page, 1)
    page = close_in_mid_recording(page)
    cut_off(page)
    page.context.set_offline(False)
    page.goto("/")
    expect(unfinished(page)).to_contain_text("There is no connection to the server.")
    discard(page)
    expect(unfinished(page)).to_be_hidden()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    reconnect(page)
    page.evaluate("fetch('/')")
    assert not any("/uploads/" in url for url in asked)
    await_kept(page, 0)
    page.reload()
    assert kept(page) == 0
    expect(page.locator("#rows > li")).to_have_count(0)


def test_discarded_recording_is_deleted_on_the_server_once_that_can_be_reached(
    visit: Visit, spoken: Path
) -> None:
    page = visit(spoken)
    page.get_by_role("button", name="Record").click()
    await_saved(page, 2)
    page = close_in_mid_recording(page)
    page.goto("/")
    expect(unfinished(page)).to_contain_text("All that was recorded is saved.")
    cut_off(page)
    discard(page)
    expect(unfinished(page)).to_contain_text("Here it is deleted, and there as soon as it can be.")
    page.reload()
    expect(page.locator("#rows > li")).to_have_count(1)
    expect(unfinished(page)).to_be_hidden()
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        reconnect(page)
    page.reload()
    expect(page.get_by_role("heading", name="Try a sample")).to_be_visible()
    expect(page.locator("#rows > li")).to_have_count(0)


def test_silently_dead_line_is_tried_again(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    page.clock.install()
    page.goto("/")
    held: list[Route] = []
    page.route("**/uploads/*-*", lambda route: route.fallback() if held else held.append(route))
    with page.expect_request("**/uploads/*-*"):
        page.get_by_role("button", name="Record").click()
    page.clock.fast_forward(60_000)
    await_saved(page)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_url("**/recordings/*/")


def test_live_text_goes_on_when_its_owner_is_back(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    email = email_of(page)
    page.get_by_role("button", name="Record").click()
    await_saved(page, 1)
    other = page.context.new_page()
    other.goto("/")
    sign_out(other)
    sign_up(other)
    connection = page.locator("#live [data-says=connection]")
    expect(connection).to_have_text("Sign in as before, in another tab: then the text goes on.")
    sign_out(other)
    sign_in(other, email)
    expect(page.locator("#live")).to_contain_text(SENTENCES[2])
    expect(connection).to_be_empty()


def test_what_comes_after_a_gap_is_never_deleted_silently(visit: Visit, spoken: Path) -> None:
    page = visit(spoken, script=LOSE_A_PIECE)
    page.context.set_offline(True)
    page.get_by_role("button", name="Record").click()
    # They are kept one after another: when the sixth is begun, two after the lost one are there.
    page.wait_for_function("() => window.pieces >= 6", polling=100)
    page = close_in_mid_recording(page)
    page.context.set_offline(False)
    page.goto("/")
    expect(unfinished(page)).to_contain_text("A part in the middle is missing")
    rescue = unfinished(page).get_by_role("link", name="Save it on this device")
    expect(rescue).to_be_visible()
    unfinished(page).get_by_role("button", name="Finish it").click()
    expect(unfinished(page).get_by_role("button", name="Finish it")).to_be_hidden()
    page.reload()
    expect(unfinished(page)).to_contain_text("A part in the middle is missing")
    with page.expect_download() as saved:
        rescue.click()
    assert saved.value.path().stat().st_size > 0
    discard(page)
    expect(unfinished(page)).to_be_hidden()
    assert kept(page) == 0
    expect(page.locator("#rows > li")).to_have_count(1)


def test_server_that_lost_what_this_device_let_go_of_is_sent_nothing_wrong(
    visit: Visit, spoken: Path
) -> None:
    page = visit(spoken)
    page.get_by_role("button", name="Record").click()
    await_saved(page, 3)
    page.context.set_offline(True)
    expect(page.get_by_text("on this device, not yet sent:")).to_be_visible()
    page = close_in_mid_recording(page)
    page.context.set_offline(False)
    offsets: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method != "PATCH":
            return route.fallback()
        offsets.append(int(route.request.headers["upload-offset"]))
        return route.fulfill(status=409, headers={"Upload-Offset": "1"}, body="{}")

    page.route("**/uploads/*-*", lose)
    page.goto("/")
    expect(unfinished(page)).to_contain_text("do not fit together any more")
    expect(unfinished(page).get_by_role("link", name="Save it on this device")).to_be_visible()
    assert len(offsets) == 1
    assert offsets[0] > 1


def test_sound_that_grows_is_read_as_it_was_given(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    assert page.evaluate(READ_ALL) == {"wrong": [], "isWhole": True}
    # A browser keeps an account of each: a long recording is no more work than a short one.
    assert page.evaluate(COUNT_PARTS) < 100


def test_nothing_is_sent_that_this_device_does_not_keep_yet(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("button", name="Record")).to_be_enabled()
    assert page.evaluate(SEND_WHAT_IS_KEPT) == len("first second ")


def test_pages_work_where_the_browser_remembers_nothing(visit: Visit) -> None:
    page = visit(script=NO_LOCAL_STORAGE)
    choose(page, AUDIO / "note.wav")
    page.wait_for_url("**/recordings/*/")
    await_end(page)
    page.get_by_role("button", name="Listen").click()
    page.get_by_role("button", name="Play", exact=True).click()
    page.keyboard.press("Control+f")
    expect(page.locator("#find")).to_be_visible()
