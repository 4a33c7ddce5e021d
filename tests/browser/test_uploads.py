"""Files on their way: dropped, broken off and resumed; and a video among them."""

import base64
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import AUDIO, LONG_PATIENCE_MS, Visit, await_end, await_time
from tests.browser.sounds import video_of, wav_of

FIRST = "This is a test of the recording."
DROP = """([name, data]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name, {type: "audio/wav"}));
    const drag = (type) => document.body.dispatchEvent(
        new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
    drag("dragenter");
    window.shown = !document.getElementById("dropcover").hidden;
    drag("dragover");
    drag("drop");
}"""


def test_dropped_file_is_uploaded(visit: Visit) -> None:
    page = visit()
    data = base64.b64encode((AUDIO / "note.wav").read_bytes()).decode()
    # Nobody can drop a file as early as a test: the page's scripts come first.
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    page.evaluate(DROP, ["note.wav", data])
    page.wait_for_url("**/recordings/*/")
    expect(page.get_by_role("region", name="Transcript", exact=True)).to_contain_text(FIRST)


def test_video_is_shown_and_plays(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.get_by_label("Upload audio").set_input_files(video_of(AUDIO / "note.wav", tmp_path))
    page.wait_for_url("**/recordings/*/")
    await_end(page)
    video = page.locator("video")
    expect(video).to_be_visible()
    page.get_by_role("button", name="Play", exact=True).click()
    await_time(page, "[data-says=now]", 1)
    assert video.evaluate("video => video.videoWidth") == 64


def large_file(folder: Path) -> Path:
    """Return three pieces' worth of a WAV file: the note, then noise that no codec and no proxy shrinks."""
    path = folder / "long.wav"
    note = (AUDIO / "note.wav").read_bytes()
    path.write_bytes(note + np.random.default_rng(1).bytes(20_000_000))
    return path


def choose(page: Page, path: Path) -> None:
    page.get_by_label("Upload audio").set_input_files(path)


def test_upload_goes_on_where_it_stopped_after_a_reload(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    path = large_file(tmp_path)
    sent: list[int] = []

    def let_one_through(route) -> None:
        sent.append(int(route.request.headers["upload-offset"]))
        if len(sent) == 1:
            route.continue_()
        else:
            route.abort()

    page.route(
        "**/uploads/*-*",
        lambda route: route.fallback() if route.request.method != "PATCH" else let_one_through(route),
    )
    choose(page, path)
    expect(page.get_by_role("list", name="Uploads")).to_contain_text("No connection, trying again")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute_all()
    offsets: list[int] = []
    page.on(
        "request",
        lambda request: request.method == "PATCH" and offsets.append(int(request.headers["upload-offset"])),
    )
    choose(page, path)
    page.wait_for_url("**/recordings/*/", timeout=LONG_PATIENCE_MS)
    assert sent[0] == 0
    assert offsets[0] == sent[1] > 0


def test_text_of_an_upload_can_be_read_before_it_is_complete(visit: Visit, tmp_path: Path) -> None:
    page = visit()

    def let_the_first_pass(route) -> None:
        is_late = int(route.request.headers.get("upload-offset", 0)) > 6_000_000
        route.abort() if is_late else route.fallback()

    page.route("**/uploads/*-*", let_the_first_pass)
    choose(page, wav_of(AUDIO / "meeting.flac", tmp_path))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Read along").click()
    reader = opened.value
    expect(reader.get_by_role("log")).to_contain_text("Good morning everyone")
    expect(reader.locator("#status")).to_contain_text("Receiving")
    expect(page.get_by_role("list", name="Uploads")).to_contain_text("No connection, trying again")
    page.unroute_all()
    page.wait_for_url("**/recordings/*/", timeout=LONG_PATIENCE_MS)
    expect(reader.locator("#status")).to_contain_text("Done", timeout=LONG_PATIENCE_MS)
