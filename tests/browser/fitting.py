"""Whether a page fits, from a small phone to a desk, and is accessible, in light and dark."""

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

WIDTHS = [320, 390, 1280]
# Without "preload": else axe copies the waveform's style sheet, without the nonce that the policy asks of it.
AUDIT = {"preload": False, "resultTypes": ["violations"]}
# What else a page is audited for does not depend on its colours.
COLOURS = AUDIT | {"runOnly": ["color-contrast", "link-in-text-block"]}
RUN = "async (options) => ({ violations: (await axe.run(document, options)).violations })"


def check(page: Page) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        # What a script lays out follows with the next frame.
        expect(page.locator(":root"), f"{page.url} at {width} px").to_have_js_property("scrollWidth", width)
        if width != 390:
            audit(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    audit(page, COLOURS)


def audit(page: Page, options: dict[str, object] = AUDIT) -> None:
    """Find nothing that axe knows to keep people from using the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = AxeResults(page.evaluate(RUN, options))
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
