"""The recorder when something is in its way."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import (
    AUDIO,
    NOTE,
    SPOKEN_SECONDS,
    Visit,
    await_clock,
    await_saved,
    check_length_after_stop,
    clock,
    finished_text,
)

REFUSE = 'navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "{}"));'
REFUSALS = {
    REFUSE.format("NotAllowedError"): "allow the microphone, and press Record again",
    REFUSE.format("NotFoundError"): "No microphone was found. Plug one in",
    REFUSE.format("NotReadableError"): "in use by another program",
    REFUSE.format("OverconstrainedError"): "Choose another one in the system's sound settings",
    REFUSE.format("SecurityError"): "Allow it in the browser's settings",
    'Object.defineProperty(navigator, "mediaDevices", {value: undefined});': "Open this page by https://",
    "delete window.MediaRecorder;": "This browser cannot record. Use a current",
}


def test_each_refusal_of_the_microphone_names_its_remedy(visit: Visit) -> None:
    page = visit(AUDIO / "note.wav")
    for script, remedy in REFUSALS.items():
        page.evaluate(f"{script} null")
        page.get_by_role("button", name="Record").click()
        expect(page.get_by_role("alert")).to_contain_text(remedy)
        expect(page.get_by_role("alert")).to_contain_text("upload a file instead")
        page.reload()


@pytest.mark.slow
def test_recording_goes_on_without_a_connection_and_nothing_is_lost(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    page.get_by_role("button", name="Record").click()
    await_saved(page)
    page.context.set_offline(True)
    expect(page.get_by_text("There is no connection to the server. Nothing is lost")).to_be_visible()
    await_clock(page, SPOKEN_SECONDS)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()
    page.context.set_offline(False)
    assert finished_text(page) == NOTE


def test_pause_leaves_out_what_is_said_meanwhile(visit: Visit) -> None:
    page = visit(AUDIO / "note.wav")
    page.get_by_role("button", name="Record").click()
    await_clock(page, 2)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    paused_at = clock(page)
    await_saved(page, paused_at)
    page.wait_for_timeout(4000)
    assert clock(page) == paused_at
    page.get_by_role("button", name="Resume").click()
    await_clock(page, paused_at + 1)
    check_length_after_stop(page)


def test_silence_is_noticed_and_so_is_what_else_is_wrong(visit: Visit) -> None:
    page = visit(AUDIO / "silence.wav")
    page.get_by_role("button", name="Record").click()
    silence = page.get_by_text("Nothing is heard: is this the right microphone")
    expect(silence).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_text("There is no connection to the server.")).to_be_visible()
    expect(silence).to_be_visible()


def test_leaving_while_recording_asks(visit: Visit) -> None:
    page = visit(AUDIO / "note.wav")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    asked: list[str] = []

    def answer(dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    assert asked == ["beforeunload"]
