"""A sender that never gives up: whatever became of a request, it asks for the offset and goes on."""

import base64
import hashlib
import secrets
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import requests

from tests.product import Product

LOST = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
# A server that is away, or a request before that still holds the upload: ask again.
PASSING = {423, 500, 502, 503, 504}
PAUSE_SECONDS = 0.2
# How long one answer may take, and what brings no progress at all: for what hangs.
ANSWER_SECONDS = 60
PATIENCE_SECONDS = 240
TERMINAL = {"done", "failed", "cancelled"}


class Body:
    """The bytes of one request; counts those that left."""

    def __init__(self, data: bytes | memoryview, sender: "Sender") -> None:
        self.data, self.sender, self.read_until = data, sender, 0

    def __len__(self) -> int:
        return len(self.data)

    def read(self, size: int = -1) -> bytes:
        end = len(self.data) if size < 0 else self.read_until + size
        block = bytes(self.data[self.read_until : end])
        self.read_until += len(block)
        self.sender.bytes_sent += len(block)
        return block


@dataclass
class Sender:
    """One user at one server; `url` may be a proxy's."""

    url: str
    session: requests.Session = field(default_factory=requests.Session)
    bytes_sent: int = 0

    def sign_up(self) -> None:
        url = f"{self.url}/accounts/signup/"
        self.session.get(url, timeout=60)
        form = {"email": f"{uuid4().hex}@example.org", "password1": "correct horse battery staple"}
        form["csrfmiddlewaretoken"] = self.session.cookies["csrftoken"]
        self.session.post(url, form, headers={"Referer": url}, timeout=60).raise_for_status()
        self.identify()

    def identify(self) -> None:
        self.session.headers.update(
            {
                "X-CSRFToken": self.session.cookies["csrftoken"],
                "Tus-Resumable": "1.0.0",
                "Content-Type": "application/offset+octet-stream",
            }
        )

    def at(self, url: str) -> "Sender":
        """Return the same user at another address, with a count of its own."""
        other = Sender(url)
        other.session.cookies.update(self.session.cookies)
        other.identify()
        return other

    def ask(self, method: str, path: str, body: bytes | memoryview = b"", **headers: object) -> Any:
        """Send one request; return the answer, or None where it was lost."""
        named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
        data = Body(body, self) if len(body) else None
        try:
            answer = self.session.request(
                method, self.url + path, data=data, headers=named, timeout=ANSWER_SECONDS
            )
        except LOST:
            return None
        return None if answer.status_code in PASSING else answer

    def insist(self, method: str, path: str, **headers: object) -> requests.Response:
        """Send a request that may be repeated until it is answered."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (answer := self.ask(method, path, **headers)) is None:
            assert time.monotonic() < deadline, f"{method} {path} was never answered"
            time.sleep(PAUSE_SECONDS)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def begin(self, size: int | None = None, **metadata: str) -> str:
        """Make an upload; return its path. One whose answer was lost stays empty, and expires."""
        pairs = (f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in metadata.items())
        length = {"Upload_Defer_Length": 1} if size is None else {"Upload_Length": size}
        answer = self.insist("POST", "/uploads/", Upload_Metadata=",".join(pairs), **length)
        return answer.headers["Location"]

    def send(self, path: str, data: bytes | memoryview, end: int, piece: int) -> None:
        """Send up to byte `end`; with the last byte of `data` the upload is complete."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        offset = self.offset(path)
        while True:
            until = min(offset + piece, end)
            length = {"Upload_Length": len(data)} if until == len(data) else {}
            answer = self.ask("PATCH", path, data[offset:until], Upload_Offset=offset, **length)
            if answer is not None and answer.ok:
                offset, deadline = until, time.monotonic() + PATIENCE_SECONDS
                if offset == end and (end < len(data) or "Stt-Recording" in answer.headers):
                    return
                continue
            assert answer is None or answer.status_code == 409, f"{answer.status_code} {answer.text}"
            assert time.monotonic() < deadline, f"{path} does not go on at byte {offset}"
            time.sleep(PAUSE_SECONDS)
            offset = self.offset(path)

    def offset(self, path: str) -> int:
        return int(self.insist("HEAD", path).headers["Upload-Offset"])

    def speak(self, path: str, pieces: list[bytes], seconds: float) -> None:
        """Send the pieces as they are spoken, one in so many seconds; a late one catches up."""
        data, end, began = b"".join(pieces), 0, time.monotonic()
        for number, piece in enumerate(pieces, 1):
            end += len(piece)
            time.sleep(max(0.0, began + number * seconds - time.monotonic()))
            self.send(path, data, end, 1_000_000)


def marked_webm(pieces: list[bytes]) -> list[bytes]:
    """Return a recording like no other: bytes that a user has already are not kept twice."""
    return [*pieces[:-1], pieces[-1] + b"\xec\x90" + secrets.token_bytes(16)]


def marked_mp4(data: bytes) -> bytes:
    return data + struct.pack(">I4s", 24, b"free") + secrets.token_bytes(16)


@dataclass(frozen=True)
class Found:
    """What the product's database and disk say of one recording."""

    state: str
    message: str
    texts: list[str]
    sha256: str

    @property
    def text(self) -> str:
        return " ".join(self.texts)


@dataclass
class Archive:
    """The database and the files of a running product, read from outside."""

    data_dir: Path
    # Where it is not the file in `data_dir`.
    database_url: str = ""

    def rows(self, query: str, *values: object) -> list[tuple]:
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(query.replace("?", "%s"), values).fetchall()
        address = f"file:{self.data_dir / 'db.sqlite3'}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=60)) as database:
            return database.execute(query, values).fetchall()

    def state(self, path: str) -> str:
        name = path.rpartition("/")[2]
        rows = self.rows("SELECT state FROM transcripts_recording WHERE id = ?", name.replace("-", ""))
        return rows[0][0]

    def find(self, path: str) -> Found:
        name = path.rpartition("/")[2]
        key = name.replace("-", "")
        query = "SELECT state, message FROM transcripts_recording WHERE id = ?"
        ((state, message),) = self.rows(query, key)
        query = """SELECT text FROM transcripts_segment WHERE transcript_id =
            (SELECT max(id) FROM transcripts_transcript WHERE recording_id = ?) ORDER BY position"""
        texts = [text for (text,) in self.rows(query, key)]
        source = self.data_dir / "recordings" / name[:2] / name / "source"
        with source.open("rb") as file:
            return Found(state, message, texts, hashlib.file_digest(file, "sha256").hexdigest())

    def wait(self, path: str, seconds: float) -> float:
        """Wait until the recording is finished; return how long that took."""
        began = time.monotonic()
        while self.state(path) not in TERMINAL:
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{path} is {self.state(path)} after {seconds:.0f} s")
            time.sleep(0.1)
        return time.monotonic() - began


def archive_of(product: Product) -> Archive:
    return Archive(product.data_dir, product.environment["DATABASE_URL"])


def blocks(data: bytes, count: int) -> Iterator[bytes]:
    """Divide the bytes evenly."""
    size = -(-len(data) // count)
    return (data[start : start + size] for start in range(0, len(data), size))
