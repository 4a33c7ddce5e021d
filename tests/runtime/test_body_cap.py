"""No route, for anybody, takes a body over the cap: it is refused before it is read."""

import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from sttweb.runtime.web import MAX_BODY_BYTES
from tests.product import Product
from transcripts.api.routes import is_api

UUID = "00000000-0000-0000-0000-000000000000"
EXAMPLES = {"uuid": UUID, "uuidstr": UUID, "int": "1", "slug": "x", "str": "x", "path": "x"}


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + example(str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def example(pattern: str) -> str:
    """Return a path that the pattern matches."""
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda match: EXAMPLES[match[1] or "str"], pattern)
    # What is left are regular expressions of libraries.
    return re.sub(r"\(\?P<\w+>[^)]*\)|\(.*?\)", "x", path).lstrip("^").replace("$", "").replace("\\", "")


def status_of(product: Product, method: str, path: str) -> bytes:
    """Announce a body over the cap, send none of it, and return the status."""
    address = urlsplit(product.url)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: {MAX_BODY_BYTES + 1}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=90) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n")
        return connection.recv(100).split(b" ")[1]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE", "GET"])
def test_body_over_the_cap_is_413_on_every_route(product: Product, method: str) -> None:
    paths = [*routes(get_resolver()), "/static/x", "/no/such/page"]
    assert {"/", "/uploads/", "/accounts/login/", "/admin/login/"} <= set(paths)
    answers = {path: status_of(product, method, path) for path in paths}
    refused = {path for path, status in answers.items() if status == b"413" or is_api(path)}
    # Programs may send more, but not before they have shown a key.
    refused -= {path for path, status in answers.items() if is_api(path) and status != b"401"}
    assert set(answers) - refused == set()
