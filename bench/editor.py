"""What the page of a transcript of three hours costs: 26,000 words in 776 segments, in real Chromium.

.venv/bin/python -m bench.editor
"""

import gzip
import os
import shutil
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.stop_to_text import sign_up
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.product import start_product

LOADS = 5
KEYS = 200
SEEKS = 20
THROTTLE = 4
# Otherwise each frame waits for a clock of 60 Hz, and every key for up to 16.7 ms.
ARGUMENTS = [*CHROMIUM_ARGUMENTS, "--disable-frame-rate-limit", "--disable-gpu-vsync"]
ARGUMENTS += ["--autoplay-policy=no-user-gesture-required"]

LOAD_TIMES = """async () => {
    while (!performance.getEntriesByName("editor-ready").length) await new Promise(requestAnimationFrame);
    const [ready] = performance.getEntriesByName("editor-ready");
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    const { responseEnd } = performance.getEntriesByType("navigation")[0];
    return { response: responseEnd, frame: paint.startTime, ready: ready.startTime };
}"""
# From the key's own time to after the frame that shows it.
WATCH_KEYS = """() => {
    window.keys = [];
    addEventListener("keydown", ({ timeStamp }) => requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => window.keys.push(performance.now() - timeStamp);
        after.port2.postMessage(null);
    }), { capture: true });
}"""
HIGHLIGHT = """async () => {
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    const { WordHighlight } = await import(loaded.find((name) => /js\\/highlight\\b/.test(name)));
    const highlight = new WordHighlight(document.getElementById("segments"), new EventTarget());
    const costs = [];
    for (let i = 0; i < 2000; i++) {
        // Playing on for a second, then elsewhere: most words come after another, some are sought.
        const seconds = ((i - (i % 100)) * 7919) % 10700 + (i % 100) * 0.25;
        const before = performance.now();
        highlight.show(seconds);
        costs.push(performance.now() - before);
        if (i % 10 === 0) await new Promise(requestAnimationFrame);
    }
    return costs;
}"""
SEEK = """async (index) => {
    const media = document.querySelector("audio");
    const segment = document.querySelectorAll(".segment")[index];
    const target = Number(segment.dataset.start);
    const began = performance.now();
    segment.querySelector(".at").click();
    while (media.seeking || media.paused || media.currentTime <= target || media.currentTime > target + 5) {
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return performance.now() - began;
}"""


def throttle(page: Page, rate: int) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})


def loads(page: Page) -> list[dict[str, float]]:
    times = []
    for _ in range(LOADS):
        page.reload()
        times.append(page.evaluate(LOAD_TIMES))
    return times


def typed(page: Page) -> list[float]:
    """Return the milliseconds from each of many keys, in the middle of the text, to its frame."""
    page.locator(".text").nth(388).click()
    page.evaluate(WATCH_KEYS)
    for number in range(KEYS):
        page.keyboard.press("abcde fgh"[number % 9])
        page.wait_for_timeout(30)
    page.wait_for_timeout(200)
    return page.evaluate("window.keys")


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]


def told(name: str, values: list[float], digits: int = 0) -> None:
    print(f"{name}: median {median(values):.{digits}f} ms, worst {max(values):.{digits}f} ms")


def measure(page: Page, address: str) -> None:
    page.goto(address)
    html = page.content() and page.context.request.get(address).body()
    size, elements = len(gzip.compress(html, 6)), page.evaluate("document.querySelectorAll('*').length")
    print(f"HTML: {size / 1000:.1f} kB gzipped, {len(html) / 1000:.0f} kB plain, {elements} elements")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    scripts = [name for name in loaded if name.endswith(("js", ".mjs"))]
    bodies = [page.context.request.get(name).body() for name in scripts]
    print(f"JavaScript: {sum(len(gzip.compress(body)) for body in bodies) / 1000:.1f} kB gzipped")
    for rate in (1, THROTTLE):
        throttle(page, rate)
        times: list[dict[str, Any]] = loads(page)
        print(f"CPU at 1/{rate}")
        for name in ("response", "frame", "ready"):
            told(f"  {name}", [time[name] for time in times])
        keys = typed(page)
        print(f"  key to frame: median {median(keys):.1f} ms, p95 {p95(keys):.1f} ms")
        costs = page.evaluate(HIGHLIGHT)
        print(f"  word highlight: p95 {p95(costs):.2f} ms, worst {max(costs):.2f} ms")
        seeks = [page.evaluate(SEEK, (index * 37) % 770) for index in range(1, SEEKS + 1)]
        print(f"  seek to sound: median {median(seeks):.0f} ms, worst {max(seeks):.0f} ms")
        page.keyboard.press("Escape")


def main() -> None:
    product = start_product(Path(os.environ["STT_DATA_DIR"]), DATABASE_URL="")
    try:
        product.wait()
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
        # Playwright runs an event loop in this thread.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        django.setup()
        from bench.long_transcript import make
        from sttweb.accounts.models import User

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
            page = browser.new_page()
            sign_up(page, product.url)
            page.get_by_role("button", name="Record", exact=True).wait_for()
            recording = make(User.objects.latest("pk"))
            measure(page, product.url + recording.get_absolute_url())
            browser.close()
    finally:
        product.stop()


if __name__ == "__main__":
    main()
