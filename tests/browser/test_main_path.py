"""Record or upload, read the text as it comes, correct it, take it away."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import AUDIO, NOTE, SPOKEN_SECONDS, Visit, await_clock, await_saved, finished_text

CUE_TIME = r"\d\d:\d\d:\d\d,\d{3}"


def transcript(page: Page):
    return page.get_by_role("region", name="Transcript", exact=True)


def downloaded(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("link", name=name, exact=True).click()
    return Path(download.value.path()).read_text()


def cues(srt: str) -> list[str]:
    """Return the texts of an SRT file, having checked its form."""
    blocks = srt.strip().split("\n\n")
    for number, block in enumerate(blocks, 1):
        assert re.match(rf"{number}\n{CUE_TIME} --> {CUE_TIME}\n\S", block)
    return [" ".join(block.splitlines()[2:]) for block in blocks]


def test_recording_becomes_text_that_is_edited_kept_and_exported(visit: Visit, spoken: Path) -> None:
    page = visit(spoken)
    page.get_by_role("button", name="Record").click()
    await_clock(page, SPOKEN_SECONDS)
    await_saved(page, 5)
    page.get_by_role("button", name="Stop").click()
    assert finished_text(page) == NOTE
    assert page.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate"

    first = transcript(page).get_by_role("textbox").first
    first.click()
    first.press("End")
    first.press_sequentially(" Indeed.")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    page.reload()
    expect(transcript(page)).to_contain_text("This is a test of the recording. Indeed.")
    edited = NOTE.replace("recording.", "recording. Indeed.")
    assert " ".join(cues(downloaded(page, "SRT"))) == edited
    assert " ".join(downloaded(page, "TXT").split()) == edited
    assert downloaded(page, "VTT").startswith("WEBVTT")
    assert '"text"' in downloaded(page, "JSON")


def upload(page: Page, name: str) -> None:
    page.get_by_label("Upload audio").set_input_files(AUDIO / name)
    page.wait_for_url("**/recordings/*/")


def test_one_uploaded_file_leads_to_its_text(visit: Visit) -> None:
    page = visit()
    upload(page, "note.wav")
    assert finished_text(page) == NOTE
    expect(page.locator("#facts")).to_contain_text("English")


def test_spanish_is_detected_and_german_translated(visit: Visit) -> None:
    page = visit()
    upload(page, "spanish.flac")
    for sentence in ["Buenos días, Laura.", "Laura viene el viernes.", "Muchas gracias."]:
        expect(transcript(page)).to_contain_text(sentence)
    expect(page.locator("#facts")).to_contain_text("Spanish")

    page.goto("/")
    page.get_by_label("Translate to English").check()
    upload(page, "german.flac")
    for sentence in ["The meeting is on Monday.", "The number is eight.", "I live in Berlin."]:
        expect(transcript(page)).to_contain_text(sentence)
    expect(page.locator("#facts")).to_contain_text("German, translated to English")


def test_several_files_stay_on_the_page_and_become_rows(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    (tmp_path / "notes.wav").write_text("no sound in here, only words")
    (tmp_path / "empty.wav").touch()
    files = [AUDIO / "spanish.flac", AUDIO / "german.flac", tmp_path / "notes.wav", tmp_path / "empty.wav"]
    page.get_by_label("Upload audio").set_input_files(files)
    uploads = page.get_by_role("list", name="Uploads")
    expect(uploads.get_by_role("link", name="Open spanish.flac")).to_be_visible()
    expect(uploads.get_by_role("link", name="Open german.flac")).to_be_visible()
    expect(uploads).to_contain_text("This file is empty")
    rows = page.locator("#rows")
    expect(rows.get_by_text("Done")).to_have_count(2)
    expect(rows).to_contain_text("Buenos días, Laura.")
    expect(rows).to_contain_text("Die Sitzung ist am Montag.")


def test_file_that_is_no_sound_is_a_sentence_and_has_no_tools(visit: Visit) -> None:
    page = visit()
    broken = {"name": "note.wav", "mimeType": "audio/wav", "buffer": b"no sound " * 1000}
    page.get_by_label("Upload audio").set_input_files(broken)
    page.wait_for_url("**/recordings/*/")
    expect(page.locator("#status")).to_contain_text("This is not an audio or video file")
    for _ in range(2):
        expect(page.get_by_role("button", name="Find")).to_be_hidden()
        expect(page.get_by_role("group", name="Segment")).to_be_hidden()
        expect(page.get_by_role("button", name="Transcribe again")).to_be_visible()
        page.reload()


def test_rows_are_found_by_what_was_said(visit: Visit) -> None:
    page = visit()
    upload(page, "spanish.flac")
    expect(page.locator("#status")).to_contain_text("Done")
    page.goto("/")
    page.get_by_role("searchbox").fill("viernes")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#rows").get_by_role("link", name="spanish")).to_be_visible()
    page.get_by_role("searchbox").fill("nowhere to be found")
    expect(page.get_by_text("Nothing contains")).to_be_visible()


def test_recording_is_renamed_and_deleted(note: Page) -> None:
    note.get_by_role("button", name="Rename").or_(note.locator("#rename summary")).first.click()
    note.get_by_label("Title").fill("Report")
    note.get_by_label("Title").press("Enter")
    expect(note.get_by_role("heading", level=1)).to_have_text("Report")
    expect(note).to_have_title(re.compile("^Report"))
    note.get_by_role("button", name="Delete").click()
    expect(note.get_by_role("dialog")).to_contain_text("It goes to the trash")
    note.get_by_role("button", name="Keep it").click()
    note.get_by_role("button", name="Delete").click()
    note.get_by_role("button", name="Move to the trash").click()
    expect(note.get_by_text("“Report” was deleted")).to_be_visible()
    expect(note.locator("#rows > li")).to_have_count(0)
