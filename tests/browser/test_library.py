"""The library: a ZIP dropped in, found by what is said, played, deleted and taken back."""

import base64
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import AUDIO, LONG_PATIENCE_MS, Visit
from tests.browser.fitting import check
from tests.browser.test_uploads import DROP


def drop_archive(page: Page, folder: Path) -> None:
    path = folder / "talks.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("note.wav", "spanish.flac", "german.flac"):
            archive.write(AUDIO / name, f"talks/{name}")
        archive.writestr("talks/notes.txt", "no sound")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    page.evaluate(DROP, ["talks.zip", base64.b64encode(path.read_bytes()).decode()])


def hear_a_hit(page: Page) -> None:
    """Search as one types, and play from what is found."""
    rows = page.locator("#rows")
    page.get_by_role("searchbox").press_sequentially("viern")
    expect(rows.locator("mark")).to_have_text(["viernes"])
    expect(page).to_have_url(re.compile(r"/library/\?q=viern$"))
    page.reload()
    expect(rows.locator("mark")).to_have_text(["viernes"])
    rows.locator(".hit").click()
    page.wait_for_url(re.compile(r"/recordings/.+\?t="))
    start = float(page.url.partition("t=")[2].partition("&")[0])
    page.wait_for_function("start => document.querySelector('audio').currentTime > start + 0.2", arg=start)


def tag_all(page: Page) -> None:
    page.get_by_role("searchbox").fill("")
    expect(page.locator("#found-count")).to_have_text("4 recordings")
    page.get_by_label("Choose all on this page").check()
    page.get_by_label("Tag", exact=True).fill("Interviews")
    page.get_by_role("button", name="Add tag").click()
    expect(page.locator("#rows").get_by_role("link", name="Interviews")).to_have_count(4)
    page.get_by_text("Filter", exact=True).click()
    check(page)


def take_all_away(page: Page) -> None:
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Take away 4 recordings")
    page.get_by_label("SRT").check()
    check(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as ZIP").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert {Path(name).suffix for name in archive.namelist()} == {".docx", ".srt"}
    page.get_by_role("link", name="Cancel").click()


def delete_and_take_back(page: Page) -> None:
    rows = page.locator("#rows li.row")
    page.get_by_label("Choose note").check()
    page.get_by_label("Choose german").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("2 recordings were deleted")).to_be_visible()
    expect(rows).to_have_count(2)
    check(page)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(4)
    page.get_by_label("Choose note").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("“note” was deleted")).to_be_visible()
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_text("note", exact=True)).to_be_visible()
    check(page)


def test_archive_is_found_played_deleted_and_taken_back(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    drop_archive(page, tmp_path)
    rows = page.locator("#rows")
    expect(rows).to_contain_text("notes.txt (no audio or video)")
    # One after another, where the machine is busy.
    expect(rows.get_by_text("Done")).to_have_count(4, timeout=LONG_PATIENCE_MS)
    page.get_by_role("link", name="Library").click()
    expect(page.locator("#found-count")).to_have_text("4 recordings")
    hear_a_hit(page)
    page.go_back()
    tag_all(page)
    take_all_away(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    delete_and_take_back(page)


def test_what_is_typed_before_the_script_has_come_is_searched(note: Page) -> None:
    held: list[Route] = []
    note.route("**/js/library.*.js", lambda route: held.append(route))
    note.goto("/library/", wait_until="commit")
    note.get_by_role("searchbox").fill("nowhere to be found")
    expect(note.locator("#rows > li")).to_have_count(1)
    while not held:
        note.wait_for_timeout(50)
    held[0].continue_()
    expect(note.get_by_text("Nothing contains")).to_be_visible()
