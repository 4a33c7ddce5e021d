"""What the pages say where the workers cannot keep up."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import AUDIO, Visit, await_saved, speech_worker_stopped
from tests.browser.sounds import wav_of
from tests.product import Product

BEHIND = re.compile(r"The text is behind by \d+ s: this machine is busy, and no sound is lost")


def test_pages_say_by_how_much_the_text_lags_until_it_has_caught_up(
    visit: Visit, product: Product, tmp_path: Path
) -> None:
    page = visit(wav_of(AUDIO / "meeting.flac", tmp_path))
    other = page.context.new_page()
    with speech_worker_stopped(product):
        page.get_by_role("button", name="Record").click()
        await_saved(page)
        other.goto("/")
        other.locator("#rows .row-title").click()
        expect(page.get_by_text(BEHIND)).to_be_visible()
        expect(other.get_by_text(BEHIND)).to_be_visible()
    for one in (page, other):
        expect(one.get_by_role("log")).to_contain_text("Good morning everyone")
        expect(one.get_by_text(BEHIND)).to_be_hidden()
