"""Nothing that a person, a file or a program writes is ever run: not in a page, not in what is taken away."""

import json
import re
from collections.abc import Iterator
from itertools import product as combinations
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, expect

from tests.browser.conftest import Visit
from transcripts.exports import FORMATS

PAYLOADS = [
    "<script>hostile()</script>",
    "<img src=x onerror=hostile()>",
    "<svg onload=hostile()>",
    "<svg><script>hostile()</script></svg>",
    "<body onload=hostile()>",
    "<iframe src=javascript:parent.hostile()></iframe>",
    "<iframe srcdoc='<script>parent.hostile()</script>'></iframe>",
    "<a href=javascript:hostile() autofocus onfocus=hostile()>x</a>",
    "<details open ontoggle=hostile()>",
    "<input autofocus onfocus=hostile()>",
    "<math><mtext></mtext><style><img src=x onerror=hostile()></style></math>",
    "<style>@import 'javascript:hostile()';</style>",
    "<meta http-equiv=refresh content='0;url=javascript:hostile()'>",
    "<object data=javascript:hostile()></object>",
    "<base href=https://example.org/>",
    "<v hostile onmouseover=hostile()>",
    "javascript:hostile()",
    "onmouseover=hostile() style=position:fixed;inset:0",
    "\\u003cscript\\u003ehostile()\\u003c/script\\u003e",
    "&lt;script&gt;hostile()&lt;/script&gt;",
    "{{ hostile() }}{% include 'x' %}${hostile()}",
    '=HYPERLINK("javascript:hostile()")',
    "00:00:01.000 --> 00:00:02.000",
    "\u202egnp.exe\u2066 \x1b[31m\u0000",
    "![x](javascript:hostile()) [x](javascript:hostile())",
]
OPENINGS = ["", '"', "'>", "</textarea>", "</title>", "-->", "]]>", "</script></style>"]
HOSTILE = [opening + payload for opening, payload in combinations(OPENINGS, PAYLOADS)]


@pytest.fixture
def executed(visit: Visit) -> Iterator[tuple[Page, list[str]]]:
    """A page of a new user, and where something hostile was run; nothing must be."""
    page = visit()
    executed: list[str] = []
    page.context.expose_binding("hostile", lambda source: executed.append(source["page"].url))
    page.on("dialog", lambda dialog: executed.append(dialog.message))
    yield page, executed
    assert executed == []


def bring_in(page: Page) -> str:
    """Import a transcript of nothing but attacks, in its title, texts and names; return its address."""
    segments = [
        {
            "start": number * 2.0,
            "end": number * 2.0 + 1.5,
            "text": text,
            "speaker": HOSTILE[-1 - number // 10],
        }
        for number, text in enumerate(HOSTILE)
    ]
    content = json.dumps({"title": HOSTILE[0], "language": "en", "segments": segments}).encode()
    file = {"name": f"{HOSTILE[2]}.json", "mimeType": "application/json", "buffer": content}
    return post(page, "/texts/", multipart={"title": HOSTILE[1], "file": file}).json()["url"]


def post(page: Page, path: str, **body: Any) -> APIResponse:
    """Send what a form or a script of the page would."""
    token = next(c["value"] for c in page.context.cookies() if c["name"] == "csrftoken")
    headers = {"X-CSRFToken": token, "Accept": "application/json", "Referer": page.url}
    answer = page.request.post(path, headers=headers, **body)
    assert answer.status in (200, 201), f"{path}: {answer.text()}"
    return answer


def write_everywhere(page: Page, path: str) -> str:
    """Put attacks into all that somebody writes about a recording; return the address of a link to it."""
    for number, text in enumerate(HOSTILE[::8]):
        post(page, f"{path}notes/", data={"start": number * 2.0, "end": number * 2.0 + 1, "text": text})
    for text in PAYLOADS[:6]:
        post(page, f"{path}tags/", form={"tag": text})
    post(page, "/vocabulary/", form={"terms": "\n".join(text[:60] for text in HOSTILE)})
    choices = {
        "permission": "edit",
        "has_audio": "on",
        "has_speakers": "on",
        "shows_title": "on",
        "can_embed": "on",
    }
    made = post(page, f"{path}shares/", form=choices | {"label": HOSTILE[1], "expires": "30"}).text()
    return re.findall(r'value="(http[^"]+/s/[^"]+)"', made)[0]


def open_panels(page: Page) -> None:
    """Look at what the recording's page fetches only when it is asked for."""
    for name in ("Find", "Check", "Notes"):
        page.get_by_role("button", name=name, exact=True).click()
        expect(
            page.get_by_role("region", name=re.compile(f"^{name}")).get_by_role("button").first
        ).to_be_visible()
    expect(page.locator("[data-note]")).to_have_count(len(HOSTILE[::8]))
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_role("dialog").locator("strong", has_text=HOSTILE[1])).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#segments .speaker").first.click()
    expect(page.get_by_role("dialog", name="Speakers")).to_be_visible()


def read_shared(page: Page, address: str) -> None:
    """Look at it as others do."""
    page.goto(address)
    expect(page.locator(".segment .text").first).to_have_text(HOSTILE[0])
    page.get_by_role("searchbox").fill("<script>")
    expect(page.get_by_text(re.compile("found"))).to_be_visible()
    page.goto(f"{address}embed/")
    expect(page.locator(".segment .text").first).to_have_text(HOSTILE[0])


def test_attack_in_any_text_is_only_text(executed: tuple[Page, list[str]], tmp_path: Path) -> None:
    page, _ = executed
    path = bring_in(page)
    page.goto(path)
    expect(page.locator(".segment")).to_have_count(len(HOSTILE))
    expect(page.locator(".segment .text").first).to_have_text(HOSTILE[0])
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE[1])
    address = write_everywhere(page, path)
    page.reload()
    open_panels(page)
    read_shared(page, address)
    for name in ("history", "takeaway", "subtitles", "review", "original"):
        page.goto(f"{path}{name}/")
    for address in ("/", "/library/?q=hostile", "/library/?q=%22%3E%3Cscript%3E", "/vocabulary/", "/trash/"):
        page.goto(address)
    take_away(page.context, path, tmp_path)


def take_away(context: BrowserContext, path: str, folder: Path) -> None:
    """Open what a browser shows of the exports, from a disk as their owner does."""
    for key, form in FORMATS.items():
        answer = context.request.get(f"{path}export/{key}/")
        assert answer.status == 200, key
        assert answer.headers["content-disposition"].startswith("attachment"), key
        if form.extension in ("html", "txt", "md", "json", "ttml", "xml"):
            file = folder / f"exported.{form.extension}"
            file.write_bytes(answer.body())
            page = context.new_page()
            page.goto(file.as_uri())
            page.close()
