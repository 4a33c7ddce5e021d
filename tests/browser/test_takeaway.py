"""Taking text away in other formats, checking subtitles, and bringing text back, in Chromium."""

import io
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Visit, boxes, try_sample
from tests.browser.fitting import audit


def test_text_is_taken_away_checked_and_brought_back_by_keyboard(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    try_sample(page)

    page.get_by_role("link", name="More formats").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Take away")
    expect(dialog).to_be_visible()
    audit(page)
    for name in ("PDF", "SRT", "Original file"):
        dialog.get_by_label(name, exact=True).press("Space")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download").press("Enter")
    content = Path(download.value.path()).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [Path(name).suffix for name in archive.namelist()] == [".srt", ".docx", ".pdf", ".wav"]
        assert archive.testzip() is None
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    page.get_by_role("link", name="Subtitle check").click()
    check = page.get_by_role("dialog", name="Subtitle check")
    expect(check.get_by_role("status")).to_contain_text("keep to the profile")
    page.keyboard.press("Escape")
    box = page.get_by_role("region", name="Transcript", exact=True).get_by_role("textbox").first
    box.fill("Unpronounceable incomprehensibilities " * 12)
    box.press("Tab")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_role("link", name="Subtitle check").click()
    expect(check).to_contain_text("characters a second are too fast; 20 are allowed.")
    audit(page)
    check.get_by_label("Profile").select_option("BBC-like")
    check.get_by_role("button", name="Check").click()
    expect(check).to_contain_text("17 are allowed.")
    check.get_by_role("link").first.click()
    expect(box).to_be_focused()
    check.get_by_role("button", name="Close").click()

    corrected = tmp_path / "corrected.srt"
    corrected.write_text("1\n00:00:00,500 --> 00:00:02,000\nCorrected elsewhere.\n")
    page.get_by_role("link", name="More formats").click()
    dialog.get_by_label("SRT, VTT, JSON or TXT").set_input_files(corrected)
    dialog.get_by_role("button", name="Import").click()
    expect(page.get_by_text("The text was imported.")).to_be_visible()
    expect(boxes(page)).to_have_text(["Corrected elsewhere."])


def test_pages_of_text_are_accessible_and_fit_a_phone(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/texts/")
    audit(page)
    talk = tmp_path / "talk.vtt"
    talk.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>Hello and welcome.\n")
    page.get_by_label("SRT, VTT, JSON or TXT").set_input_files(talk)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/recordings/*/")
    expect(page.get_by_text("Hello and welcome.")).to_be_visible()
    expect(page.get_by_role("region", name="Player")).to_be_hidden()
    recording = page.url
    for address, name in (
        (f"{recording}takeaway/", "takeaway-phone"),
        (f"{recording}subtitles/", "subtitles-phone"),
        ("/subtitle-profiles/", "profiles-phone"),
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.emulate_media(color_scheme="dark" if name == "profiles-phone" else "light")
        audit(page)


def test_exported_page_plays_its_sound_and_breaks_no_rule(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    try_sample(page)
    link = page.get_by_role("link", name="TXT", exact=True)
    with page.expect_download() as download:
        link.evaluate("link => { link.href = link.href.replace('txt', 'html') + '?sound=1'; link.click(); }")
    saved = tmp_path / "page.html"
    download.value.save_as(saved)
    page = page.context.new_page()
    page.goto(saved.as_uri())
    audit(page)
    # Slow, so that a busy machine sees the paragraph before it is over.
    page.locator("audio").evaluate("audio => { audio.playbackRate = 0.1; }")
    page.get_by_role("button", name="Play from").last.click()
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0")
    expect(page.locator("p[aria-current]")).to_have_count(1)
