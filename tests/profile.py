"""Chromium with a profile of its own, that can be killed as a crash kills it, and started again."""

import os
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect

from tests.conftest import CHROMIUM_ARGUMENTS, LAUNCH_MS, PASSWORD

TIMEOUT_MS = 90_000
DEATH_SECONDS = 60
AUDIO_SECONDS = """audio => audio.duration || new Promise((resolve) => {
    audio.onloadedmetadata = () => resolve(audio.duration);
})"""
# Notes when a recording began: what is missing of it is counted from there.
NOTE_START = """
    const start = MediaRecorder.prototype.start;
    MediaRecorder.prototype.start = function (...args) {
        window.startedAt = performance.now();
        return start.apply(this, args);
    };
"""


def seconds_of(page: Page) -> float:
    """Return the length of the sound that the page of a finished recording plays."""
    page.reload()
    return page.locator("audio").evaluate(AUDIO_SECONDS)


@dataclass
class Profile:
    playwright: Playwright
    folder: Path
    url: str
    sound: Path
    email: str = ""
    context: BrowserContext | None = None

    def open(self) -> Page:
        """Start the browser and return a page of the signed-in user's home."""
        self.context = self.playwright.chromium.launch_persistent_context(
            self.folder,
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
            args=[*CHROMIUM_ARGUMENTS, f"--use-file-for-fake-audio-capture={self.sound}%noloop"],
            base_url=self.url,
            timeout=LAUNCH_MS,
        )
        self.context.set_default_timeout(TIMEOUT_MS)
        self.context.add_init_script(NOTE_START)
        page = self.context.pages[0]
        self.sign_in(page)
        return page

    def sign_in(self, page: Page) -> None:
        """Sign in, if that is needed: a killed browser may have lost the newest cookies."""
        page.goto("/")
        record = page.get_by_role("button", name="Record")
        sign_in = page.get_by_role("link", name="Sign in")
        expect(record.or_(sign_in)).to_be_visible()
        if record.is_visible():
            expect(record).to_be_enabled()
            return
        page.goto("/accounts/login/" if self.email else "/accounts/signup/")
        email = self.email or f"{os.urandom(8).hex()}@example.org"
        page.get_by_label("E-mail").fill(email)
        for field in page.get_by_label("Password").all():
            field.fill(PASSWORD)
        page.get_by_role("button", name="Sign in" if self.email else "Sign up").click()
        expect(record).to_be_enabled()
        self.email = email

    def kill(self, page: Page) -> float:
        """Kill all processes of the browser at once; return for how many seconds the page had recorded."""
        pids = self.pids()
        recorded = page.evaluate("(performance.now() - window.startedAt) / 1000")
        self.kill_now(pids)
        return recorded

    def kill_now(self, pids: list[int] | None = None) -> None:
        for pid in pids or self.pids():
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + DEATH_SECONDS
        while self.pids():
            assert time.monotonic() < deadline, "the killed browser lives on"
            time.sleep(0.01)
        self.close()

    def pids(self) -> list[int]:
        mark = os.fsencode(self.folder)
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"--user-data-dir=" + mark in command:
                found.append(int(folder.name))
        return found

    def close(self) -> None:
        try:
            if self.context:
                self.context.close()
        except Error:
            pass  # it was killed
        self.context = None
