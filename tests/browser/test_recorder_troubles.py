"""What the recorder does where the browser, its storage or the system's sound do not do as they should."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    NOTE,
    SPOKEN_SECONDS,
    Visit,
    await_clock,
    await_saved,
    check_length_after_stop,
    finished_text,
)
from tests.product import Product

# As where a busy machine takes its time to start its sound, and to hand out the last of it.
SLOW_SOUND = """
    const resume = AudioContext.prototype.resume;
    window.AudioContext = class extends AudioContext {
        constructor() { super(); this.suspend(); }
        resume() {
            this.starting ??= new Promise((go) => setTimeout(go, 6000)).then(() => resume.call(this));
            return this.starting;
        }
    };
    const listen = EventTarget.prototype.addEventListener;
    MediaRecorder.prototype.addEventListener = function (name, act) {
        listen.call(this, name, name === "stop" ? (event) => setTimeout(act, 4000, event) : act);
    };
"""
NO_STORAGE = 'IDBFactory.prototype.open = () => { throw new DOMException("", "InvalidStateError"); };'
REMEMBER = """
    window.locks = [];
    // The empty page that a tab begins with has neither.
    const wakeLock = navigator.wakeLock ?? {};
    const request = wakeLock.request;
    wakeLock.request = async (wish) => {
        const lock = await request.call(wakeLock, wish);
        window.locks.push(lock);
        return lock;
    };
    const devices = navigator.mediaDevices ?? {};
    const open = devices.getUserMedia;
    devices.getUserMedia = async (wish) => {
        const stream = await open.call(devices, wish);
        [window.track] = stream.getTracks();
        return stream;
    };
"""

# No script can mute Chromium's fake microphone.
MUTE = """(isMuted) => {
    Object.defineProperty(window.track, "muted", {value: isMuted, configurable: true});
    window.track.dispatchEvent(new Event(isMuted ? "mute" : "unmute"));
}"""


def record(page: Page, seconds: int) -> None:
    page.get_by_role("button", name="Record").click()
    await_clock(page, seconds)


def check_text_is_whole(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    assert finished_text(page) == NOTE


def test_clock_starts_and_ends_with_the_sound_where_that_is_slow(visit: Visit, spoken: Path) -> None:
    page = visit(spoken, script=SLOW_SOUND)
    record(page, 4)
    check_length_after_stop(page)


def test_recording_without_storage_goes_to_the_server_and_says_so(visit: Visit, spoken: Path) -> None:
    page = visit(spoken, script=NO_STORAGE)
    record(page, 1)
    expect(page.get_by_text("This browser keeps no copy of the recording")).to_be_visible()
    await_clock(page, SPOKEN_SECONDS)
    await_saved(page, 3)
    check_text_is_whole(page)


def test_recording_on_a_full_device_goes_to_the_server_and_says_so(
    visit: Visit, product: Product, spoken: Path
) -> None:
    page = visit(spoken)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": product.url, "quotaSize": 1})
    record(page, 1)
    expect(page.get_by_text("This device has no room to keep a copy of the recording")).to_be_visible()
    await_clock(page, SPOKEN_SECONDS)
    check_text_is_whole(page)


def test_screen_stays_on_and_a_muted_microphone_is_said(visit: Visit, spoken: Path) -> None:
    page = visit(spoken, script=REMEMBER)
    record(page, 2)
    page.wait_for_function("() => window.locks.length === 1 && !window.locks[0].released")
    # A browser drops the lock of a page that is hidden; headless ones never hide any.
    page.evaluate("window.locks[0].release()")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("() => window.locks.length === 2 && !window.locks[1].released")
    muted = page.get_by_text("The system has muted the microphone.")
    for is_muted in (True, False):
        page.evaluate(MUTE, is_muted)
        expect(muted).to_be_visible(visible=is_muted)
    # Kept on the page, where the recording leads away from it.
    page.context.set_offline(True)
    page.get_by_role("button", name="Stop").click()
    page.wait_for_function("() => window.locks.every(({released}) => released)")
    page.context.set_offline(False)
    page.wait_for_url("**/recordings/*/")
