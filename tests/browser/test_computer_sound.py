"""The computer's own sound, recorded together with the microphone.

Headless Chromium has no screen to share, so what its dialog would hand out is made in the page.
"""

from playwright.sync_api import Page, expect

from tests.browser.conftest import AUDIO, Visit, await_clock

SHARE = """
    // The empty page that a tab begins with has no devices.
    (navigator.mediaDevices ?? {}).getDisplayMedia = async () => {
        const context = new AudioContext();
        const output = context.createMediaStreamDestination();
        const tone = context.createOscillator();
        tone.connect(output);
        tone.start();
        const canvas = document.createElement("canvas");
        canvas.getContext("2d");
        const picture = canvas.captureStream();
        window.shared = output.stream.getAudioTracks()[0];
        window.picture = picture.getTracks()[0];
        return new MediaStream(SOUND ? [window.shared, window.picture] : [window.picture]);
    };
"""
DENY = """
    const refusal = () => Promise.reject(new DOMException("", "NotAllowedError"));
    (navigator.mediaDevices ?? {}).getDisplayMedia = refusal;
"""


def record(page: Page) -> None:
    page.get_by_label("Also record this computer's sound").check()
    page.get_by_role("button", name="Record").click()


def test_sound_of_the_computer_is_heard_although_the_microphone_is_silent(visit: Visit) -> None:
    page = visit(AUDIO / "silence.wav", script=SHARE.replace("SOUND", "true"))
    record(page)
    await_clock(page, 9)
    expect(page.get_by_text("Nothing is heard")).to_be_hidden()
    assert page.evaluate("window.picture.readyState") == "ended"
    page.evaluate("window.shared.stop(); window.shared.dispatchEvent(new Event('ended'))")
    expect(page.get_by_text("This computer's sound is not shared any more")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_share_without_sound_or_refused_says_what_to_do(visit: Visit) -> None:
    for script, sentence in (
        (SHARE.replace("SOUND", "false"), "switch on “Also share tab audio”"),
        (DENY, "choose a tab or a screen in the browser's dialog"),
    ):
        page = visit(AUDIO / "note.wav", script=script)
        record(page)
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        expect(page.get_by_role("button", name="Record")).to_be_enabled()
