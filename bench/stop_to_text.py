"""Time from pressing Stop to the whole text on the recording's page, for the spoken note in real Chromium.

.venv/bin/python -m bench.stop_to_text
"""

import shutil
import time
from statistics import median
from uuid import uuid4

from playwright.sync_api import Page, sync_playwright

from bench.recordings import NOTE
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.product import start_product

TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
RUNS = 4
# The fake microphone plays the note once, whose last word ends after 6.4 s, and then silence.
RECORD_SECONDS = 7


def sign_up(page: Page, url: str) -> None:
    page.goto(f"{url}/accounts/signup/")
    page.get_by_label("E-mail").fill(f"{uuid4().hex}@example.org")
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_role("button", name="Sign up").click()


def run(page: Page, url: str) -> float:
    page.goto(url)
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(RECORD_SECONDS * 1000)
    began = time.monotonic()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.wait_for_function(
        """text => {
            if (!location.pathname.startsWith("/recordings/")) return false;
            const region = document.querySelector('[aria-label="Transcript"], #transcript');
            return region && region.textContent.replace(/\\s+/g, ' ').includes(text);
        }""",
        arg=TEXT,
    )
    return time.monotonic() - began


def main() -> None:
    product = start_product()
    arguments = [*CHROMIUM_ARGUMENTS, f"--use-file-for-fake-audio-capture={NOTE}%noloop"]
    figures = []
    try:
        product.wait()
        with sync_playwright() as playwright:
            for _ in range(RUNS + 1):
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
                page = browser.new_page()
                sign_up(page, product.url)
                figures.append(run(page, product.url))
                browser.close()
                print(f"{figures[-1]:.2f} s", flush=True)
    finally:
        product.stop()
    print(
        f"first {figures[0]:.2f} s; then median {median(figures[1:]):.2f} s, worst {max(figures[1:]):.2f} s"
    )


if __name__ == "__main__":
    main()
