"""What others see of a recording: through a link, in another site's page, and as members at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PATIENCE_MS, await_time
from tests.browser.fitting import check
from tests.browser.test_editing import box
from tests.product import Product
from transcripts.consumers import SHARE_LOOK_SECONDS

SENTENCE = "The meeting starts at nine."


def make_link(page: Page, *, label: str = "The board", ticks: tuple[str, ...] = (), **choices: str) -> str:
    """Make a link in the dialog, which stays open, and return its address."""
    if not page.locator("#sharing").is_visible():
        page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog")
    new = dialog.locator("details")
    if new.get_attribute("open") is None:
        new.locator("summary").click()
    dialog.get_by_label("For whom").fill(label)
    for tick in ticks:
        dialog.get_by_label(tick).check()
    for name, value in choices.items():
        dialog.get_by_label(name).fill(value)
    dialog.get_by_role("button", name="Make a link").click()
    expect(dialog.get_by_role("button", name=f"Revoke {label}")).to_be_visible()
    return dialog.get_by_label("Link", exact=True).input_value()


def outsider(page: Page, product: Product) -> BrowserContext:
    """Return another person's windows, who has no account."""
    context = page.context.browser.new_context(base_url=product.url)
    context.set_default_timeout(PATIENCE_MS)
    return context


def test_link_is_read_played_searched_and_ends_when_it_is_revoked(note: Page, product: Product) -> None:
    note.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = make_link(note)
    check(note)
    note.get_by_role("dialog").get_by_role("button", name="Copy").click()
    expect(note.get_by_role("dialog").get_by_role("status")).to_have_text("Copied")
    assert note.evaluate("navigator.clipboard.readText()") == address

    context = outsider(note, product)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(f"{address}?t=2")
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    assert page.get_by_role("textbox").count() == 0
    page.get_by_role("searchbox", name="Find in the text").fill("meeting")
    expect(page.get_by_text("1 found")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 1")).to_be_visible()
    await_time(page, "[data-says=now]", 2)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".segment[aria-current]")).to_be_visible()
    check(page)
    assert all(url.startswith((product.url, "data:", "blob:")) for url in asked)

    # What the owner corrects is seen here.
    note.get_by_role("button", name="Close").click()
    box(note).click()
    box(note).press("End")
    box(note).press_sequentially(" Sharp.")
    expect(page.get_by_text("at nine. Sharp.")).to_be_visible()

    note.get_by_role("button", name="Share", exact=True).click()
    note.get_by_role("button", name="Revoke The board").click()
    expect(note.get_by_role("dialog").get_by_role("status")).to_contain_text("The link is revoked")
    # Looking that often, it ends within two seconds where the machine can keep up.
    assert SHARE_LOOK_SECONDS <= 1.5
    expect(page.get_by_role("alert")).to_contain_text("This is not shared any more")
    assert page.locator("audio").count() == 0
    assert page.request.get(f"{address}audio/").status == 404
    assert page.reload().status == 404
    check(page)
    context.close()


def test_password_is_asked_for_once(note: Page, product: Product) -> None:
    address = make_link(note, **{"Password (optional)": "correct horse"})
    context = outsider(note, product)
    page = context.new_page()
    page.goto(address)
    check(page)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not the password")
    check(page)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    # The socket is told of changes, so it was let in too.
    note.get_by_role("button", name="Close").click()
    box(note).click()
    box(note).press_sequentially("Really: ")
    expect(page.get_by_text("Really: ")).to_be_visible()
    context.close()


def test_player_plays_in_another_site_s_page_where_the_owner_allows_it(note: Page, product: Product) -> None:
    allowed = make_link(note, ticks=("Allow it on other sites' pages",))
    refused = make_link(note, label="Not there")
    context = outsider(note, product)
    frames = "".join(f'<iframe src="{address}embed/"></iframe>' for address in (allowed, refused))
    page = context.new_page()
    with news(f"<!doctype html><title>News</title>{frames}<iframe src='{allowed}'></iframe>") as address:
        page.goto(address)
        watch_frames(page)
    page.goto(f"{allowed}embed/")
    check(page)
    context.close()


@contextmanager
def news(body: str) -> Iterator[str]:
    """Serve a page on a site of its own."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments: object) -> None:
            """Not of interest."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def watch_frames(page: Page) -> None:
    player, other, whole = (page.frame_locator("iframe").nth(n) for n in range(3))
    expect(player.get_by_text(SENTENCE)).to_be_visible()
    # It is still playing when a busy machine looks.
    player.locator("audio").evaluate("audio => { audio.playbackRate = 0.0625; }")
    player.get_by_role("button", name="Play", exact=True).click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    expect(other.get_by_text(SENTENCE)).to_have_count(0)
    expect(whole.get_by_text(SENTENCE)).to_have_count(0)
