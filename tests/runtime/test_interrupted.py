"""An upload whose connection breaks keeps what came."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from bench.client import Visitor
from tests.pipeline import AUDIO
from tests.product import Product

PATIENCE_SECONDS = 90
NOTE = (AUDIO / "note.wav").read_bytes()


def begin(visitor: Visitor) -> str:
    headers = visitor.send(
        "POST",
        "/uploads/",
        b"",
        Tus_Resumable="1.0.0",
        X_CSRFToken=visitor.cookie("csrftoken"),
        Upload_Length=str(len(NOTE)),
        Upload_Metadata="filename bm90ZS53YXY=",
    )
    return headers["Location"]


def cut(visitor: Visitor, path: str, body: bytes, **headers: str) -> None:
    """Send the head of a request and half its body, and hang up."""
    place = urlsplit(visitor.url)
    lines = [
        f"PATCH {path} HTTP/1.1",
        f"Host: {place.netloc}",
        "Cookie: " + "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies),
        f"Content-Length: {2 * len(body)}",
        "Content-Type: application/offset+octet-stream",
        "Tus-Resumable: 1.0.0",
        "Upload-Offset: 0",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    with socket.create_connection((place.hostname or "", place.port or 80)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        # The server reads what came before it learns that no more will.
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)


def offset(visitor: Visitor, path: str) -> int:
    return int(visitor.send("HEAD", path, Tus_Resumable="1.0.0")["Upload-Offset"])


def offset_soon(visitor: Visitor, path: str, expected: int) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := offset(visitor, path)) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@contextmanager
def refused(product: Product, status: int) -> Iterator[None]:
    """Wait until one more cut request than before was answered by this status, which only the log tells."""
    said = f"bytes of a cut request were handed on: {status}"
    before = product.output.count(said)
    yield
    deadline = time.monotonic() + PATIENCE_SECONDS
    while product.output.count(said) == before:
        assert time.monotonic() < deadline, "the cut request was not answered so"
        time.sleep(0.05)


def test_what_came_before_the_cut_is_kept(product):
    visitor = Visitor(product.url)
    visitor.sign_up()
    path = begin(visitor)
    cut(visitor, path, NOTE[:100_000], X_CSRFToken=visitor.cookie("csrftoken"))
    assert offset_soon(visitor, path, 100_000) == 100_000


def test_cut_request_needs_the_same_token_as_a_whole_one(product):
    visitor = Visitor(product.url)
    visitor.sign_up()
    path = begin(visitor)
    with refused(product, 403):
        cut(visitor, path, NOTE[:100_000])
    assert offset(visitor, path) == 0


def test_cut_bytes_that_should_match_a_checksum_are_not_kept(product):
    visitor = Visitor(product.url)
    visitor.sign_up()
    path = begin(visitor)
    headers = {"X_CSRFToken": visitor.cookie("csrftoken"), "Upload_Checksum": "sha1 " + "A" * 27 + "="}
    with refused(product, 460):
        cut(visitor, path, NOTE[:100_000], **headers)
    assert offset(visitor, path) == 0
