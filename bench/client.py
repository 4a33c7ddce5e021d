"""A person at the running product, as a program: signs up, uploads, reads the page's socket."""

import base64
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from websockets.sync.client import connect

PIECE_BYTES = 8 * 1024 * 1024
TERMINAL = {"done", "failed", "cancelled"}


@dataclass
class Update:
    at: float  # seconds of time.monotonic()
    state: str
    text: str


@dataclass
class Visitor:
    url: str
    cookies: CookieJar = field(default_factory=CookieJar)

    def __post_init__(self) -> None:
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def cookie(self, name: str) -> str:
        return next(cookie.value or "" for cookie in self.cookies if cookie.name == name)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> HTTPMessage:
        request = urllib.request.Request(self.url + path, body, method=method)
        request.add_header("Referer", self.url)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        with self.opener.open(request) as response:
            response.read()
            return response.headers

    def sign_up(self) -> None:
        self.send("GET", "/accounts/signup/")
        form = {"email": f"{uuid4().hex}@example.org", "password1": "correct horse battery staple"}
        form["csrfmiddlewaretoken"] = self.cookie("csrftoken")
        self.send("POST", "/accounts/signup/", urlencode(form).encode())

    def upload(self, path: Path, **wishes: str) -> str:
        """Send a file in pieces; return the id of its recording."""
        size = path.stat().st_size
        values = {"filename": path.name, "filetype": "application/octet-stream"} | wishes
        metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in values.items())
        token = self.cookie("csrftoken")
        headers = self.send(
            "POST",
            "/uploads/",
            b"",
            Tus_Resumable="1.0.0",
            X_CSRFToken=token,
            Upload_Length=str(size),
            Upload_Metadata=metadata,
        )
        location, offset = headers["Location"], 0
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                headers = self.send(
                    "PATCH",
                    location,
                    piece,
                    Tus_Resumable="1.0.0",
                    X_CSRFToken=token,
                    Upload_Offset=str(offset),
                    Content_Type="application/offset+octet-stream",
                )
                offset += len(piece)
        found = re.search(r"/recordings/([0-9a-f-]{36})/", headers["Stt-Recording"])
        assert found
        return found[1]

    def begin_recording(self) -> str:
        """Begin a recording whose length is not known yet; return its id."""
        source = base64.b64encode(b"microphone").decode()
        headers = self.send(
            "POST",
            "/uploads/",
            b"",
            Tus_Resumable="1.0.0",
            X_CSRFToken=self.cookie("csrftoken"),
            Upload_Defer_Length="1",
            Upload_Metadata=f"source {source}",
        )
        return headers["Location"].rpartition("/")[2]

    def append(self, recording: str, offset: int, piece: bytes, *, is_last: bool = False) -> int:
        """Send the next piece of a recording; return the offset after it."""
        end = {"Upload_Length": str(offset + len(piece))} if is_last else {}
        headers = self.send(
            "PATCH",
            f"/uploads/{recording}",
            piece,
            Tus_Resumable="1.0.0",
            X_CSRFToken=self.cookie("csrftoken"),
            Upload_Offset=str(offset),
            Content_Type="application/offset+octet-stream",
            **end,
        )
        return int(headers["Upload-Offset"])

    def messages(self, recording: str) -> Iterator[dict[str, Any]]:
        """Yield what the page's socket says."""
        address = f"{self.url.replace('http', 'ws', 1)}/ws/recordings/{recording}/?since=0"
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)
        headers = {"Cookie": cookies, "Origin": self.url}
        with connect(address, additional_headers=headers, max_size=None) as socket:
            for message in socket:
                yield json.loads(message)

    def watch(self, recording: str, until: str = "end") -> list[Update]:
        """Read the page's socket until the first text, or the end."""
        updates: list[Update] = []
        for message in self.messages(recording):
            # Where more follows at once, none is said yet.
            if not message.get("status"):
                continue
            text = " ".join(strip_tags(s["html"]) for s in message["segments"])
            updates.append(Update(time.monotonic(), message["status"]["state"], text))
            if (until == "text" and text) or updates[-1].state in TERMINAL:
                return updates
        raise ConnectionError("the socket was closed before the end")


def strip_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())
