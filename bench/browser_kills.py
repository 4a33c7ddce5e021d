"""Kills Chromium at random moments of a recording, starts it again, and counts what is missing.

A recording of the meeting each time, of up to 60 s; the browser is killed with SIGKILL, started with the same
profile, and the recording finished from the banner. What is missing is the time from the recorder's start to
the kill, less the length of the sound on the server; the sentences are those that were over by then, but for
those that the demonstration model does not understand in the undisturbed file either.

    .venv/bin/python -m bench.browser_kills [kills] [seconds]
"""

import json
import random
import sys
import tempfile
import time
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect, sync_playwright

from bench.recordings import MEETING
from tests.browser.sounds import wav_of
from tests.product import Product, start_product
from tests.profile import Profile, seconds_of

# A sentence is there if most of its words are.
ALIKE = 0.6
PATIENCE_MS = 120_000


def main(kills: int = 20, seconds: float = 60.0) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    product = start_product()
    product.wait()
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        sound = wav_of(MEETING, Path(folder))
        known = understood(playwright, product, Path(folder) / "undisturbed", sound)
        for number in range(1, kills + 1):
            moment = random.uniform(1.0, seconds)
            profile_folder = Path(folder) / f"profile-{number}"
            missing, lost, twice = kill_once(playwright, product, profile_folder, sound, moment)
            lost = [sentence for sentence in lost if sentence in known]
            worst = max(worst, missing)
            found = f"missing {missing:5.2f} s  {lost} lost, {twice} twice"
            print(f"{number:3}  killed at {moment:5.1f} s  {found}", flush=True)
    print(f"worst: {worst:.2f} s missing")
    product.stop()


def understood(playwright: Playwright, product: Product, folder: Path, sound: Path) -> list[str]:
    """Return the sentences that the model understands in the file."""
    profile = Profile(playwright, folder, product.url, sound)
    page = profile.open()
    page.get_by_label("Upload audio").set_input_files(MEETING)
    heard, segments = result(page)
    profile.close()
    return [sentence for sentence in spoken_by(heard) if any(alike(sentence, text) for text in segments)]


def kill_once(
    playwright: Playwright, product: Product, folder: Path, sound: Path, moment: float
) -> tuple[float, list[str], list[str]]:
    """Return the seconds that are missing, the sentences that are, and those that came twice."""
    profile = Profile(playwright, folder, product.url, sound)
    page = profile.open()
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    time.sleep(moment)
    recorded = profile.kill(page)
    page = profile.open()
    page.get_by_role("button", name="Finish it").click()
    heard, segments = result(page)
    profile.close()
    spoken = spoken_by(heard)
    lost = [sentence for sentence in spoken if not any(alike(sentence, text) for text in segments)]
    twice = [text for before, text in pairwise(segments) if text == before]
    return recorded - heard, lost, twice


def result(page: Page) -> tuple[float, list[str]]:
    """Return the length of the finished recording in seconds, and its segments."""
    page.wait_for_url("**/recordings/*/")
    expect(page.locator("#status")).to_contain_text("Done")
    return seconds_of(page), page.locator(".segment .text").all_inner_texts()


def spoken_by(end: float) -> list[str]:
    """Return the sentences of the meeting that were over at `end`; the microphone takes a moment to open."""
    turns = json.loads(MEETING.with_suffix(".json").read_text())["turns"]
    return [turn["text"] for turn in turns if turn["end"] < end - 0.5]


def alike(sentence: str, text: str) -> bool:
    return SequenceMatcher(a=sentence.split(), b=text.split(), autojunk=False).ratio() >= ALIKE


if __name__ == "__main__":
    main(*(kind(value) for kind, value in zip((int, float), sys.argv[1:], strict=False)))
