"""The protocol as two clients speak it that others wrote, against the running product."""

import base64
import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from tests.browser.conftest import sign_up as visit
from tests.clients.conftest import sign_up
from tests.pipeline import AUDIO
from tests.product import Product

NOTE = AUDIO / "note.wav"
SHA256 = hashlib.sha256(NOTE.read_bytes()).hexdigest()
PIECE = 20_000
CUT = 100_000

# Sends the note with tus-js-client as the page loads it; returns the upload's path, and what the server said.
SEND = """async ({data, piece, cut, url, checksum}) => {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return await new Promise((resolve, reject) => {
        const upload = new tus.Upload(new Blob([bytes]), {
            endpoint: "/uploads/",
            uploadUrl: url,
            chunkSize: piece,
            retryDelays: [0, 200, 500],
            metadata: {filename: "note.wav", source: "upload"},
            uploadDataDuringCreation: !url,
            headers: {"X-CSRFToken": document.querySelector("meta[name=csrf-token]").content},
            onChunkComplete: (_, sent) => {
                if (cut && sent >= cut) upload.abort().then(() => resolve({url: upload.url}));
            },
            onSuccess: ({lastResponse}) =>
                resolve({url: upload.url, recording: lastResponse.getHeader("Stt-Recording")}),
            onError: (error) => reject(error.message),
        });
        upload.start();
    });
}"""


def source_of(product: Product, url: str) -> Path:
    name = urlsplit(url).path.strip("/").split("/")[-1]
    return product.data_dir / "recordings" / name[:2] / name / "source"


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def headers(product: Product) -> dict[str, str]:
    """What identifies a new user to the server."""
    session, _ = sign_up(product)
    cookies = "; ".join(f"{name}={value}" for name, value in session.cookies.items())
    return {"Cookie": cookies, "X-CSRFToken": session.cookies["csrftoken"]}


def uploader(product: Product, headers: dict[str, str], url: str | None = None, data: bytes | None = None):
    return TusClient(f"{product.url}/uploads/", headers=headers).uploader(
        file_stream=io.BytesIO(data or NOTE.read_bytes()),
        url=url,
        chunk_size=PIECE,
        metadata={"filename": "note.wav", "sha256": SHA256},
        upload_checksum=True,
    )


def test_tuspy_resumes_what_was_cut_off(product: Product, headers: dict[str, str]) -> None:
    first = uploader(product, headers)
    first.upload(stop_at=CUT)
    assert source_of(product, first.url).stat().st_size == CUT
    second = uploader(product, headers, first.url)
    assert second.offset == CUT
    second.upload()
    assert sha256_of(source_of(product, first.url)) == SHA256


def test_tuspy_is_told_of_a_file_that_is_not_what_its_hash_says(
    product: Product, headers: dict[str, str]
) -> None:
    damaged = uploader(product, headers, data=b"x" + NOTE.read_bytes()[1:])
    with pytest.raises(TusUploadFailed) as failed:
        damaged.upload()
    assert failed.value.status_code == 460
    assert damaged.get_offset() == 0


@pytest.fixture
def page(product: Product, chromium: Callable[..., Browser]) -> Page:
    page = chromium().new_page(base_url=product.url)
    visit(page)
    page.add_script_tag(url=page.locator("[data-tus]").first.get_attribute("data-tus"))
    return page


def test_tus_js_client_resumes_what_was_cut_off(product: Product, page: Page) -> None:
    data = base64.b64encode(NOTE.read_bytes()).decode()
    sent = {"data": data, "piece": PIECE, "cut": CUT, "url": None}
    first = page.evaluate(SEND, sent)
    assert CUT <= source_of(product, first["url"]).stat().st_size < NOTE.stat().st_size
    second = page.evaluate(SEND, sent | {"cut": None, "url": first["url"]})
    assert second["url"] == first["url"]
    assert second["recording"].startswith("/recordings/")
    assert sha256_of(source_of(product, first["url"])) == SHA256
