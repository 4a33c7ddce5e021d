"""The web process killed at every durable step of an upload; another one goes on at the committed offset."""

import hashlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings
from django.db import connection
from django.test import Client
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from sttweb.runtime.leash import leashed
from tests.pipeline import AUDIO, text_of, work
from tests.product import START_SECONDS, answers, free_port, product_environment
from tests.settings import PROJECT_DIR
from transcripts import storage
from transcripts.models import Recording

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

NOTE = (AUDIO / "note.wav").read_bytes()
PIECE = 50_000
PATIENCE_SECONDS = 180
VERSION = {"Tus-Resumable": "1.0.0"}
UPLOADING = ("ingest.py", "reopening.py", "storage.py")
FAILPOINT = re.compile(r'failpoint\("([a-z-]+)"\)')
LOST = (TusCommunicationError, TusUploadFailed, requests.ConnectionError)


def failpoints() -> list[str]:
    """Return every one on an upload's way, and those of a piece at the last piece as well."""
    sources = [(PROJECT_DIR / "transcripts" / name).read_text() for name in UPLOADING]
    names = [name for source in sources for name in FAILPOINT.findall(source)]
    return names + [f"{name}:5" for name in names if name.startswith(("piece-", "offset-"))]


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return re.sub(r"/postgres\?", f"/{name}?", os.environ["DATABASE_URL"])


@contextmanager
def web(failpoint: str = "") -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run a web process on the tests' own database and folder."""
    port = free_port()
    environment = product_environment(settings.DATA_DIR) | {
        "DATABASE_URL": database_url(),
        "PORT": str(port),
        "STT_FAILPOINT": failpoint,
    }
    command = leashed([sys.executable, str(PROJECT_DIR / "manage.py"), "web"])
    with subprocess.Popen(command, env=environment, cwd=PROJECT_DIR) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(f"{url}/accounts/login/"):
                assert process.poll() is None
                assert time.monotonic() < deadline, "the web process does not answer"
                time.sleep(0.05)
            yield url, process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def survivor(django_db_setup: None, queue_server: object) -> Iterator[str]:
    with web() as (url, _process):
        yield url


@dataclass
class Sender:
    """A program that sends by tuspy, and turns to the next server where one has died."""

    headers: dict[str, str]
    servers: list[str]
    paths: dict[str, str] = field(default_factory=dict)

    def persist(self, act: Callable[[str], object]) -> object:
        try:
            return act(self.servers[0])
        except LOST:
            if len(self.servers) == 1:
                raise
            del self.servers[0]
            return act(self.servers[0])

    def send(self, name: str, stop_at: int | None = None) -> None:
        self.persist(lambda server: self._send(server, name, stop_at))

    def _send(self, server: str, name: str, stop_at: int | None) -> None:
        client = TusClient(f"{server}/uploads/", headers=self.headers)
        known = self.paths.get(name)
        if known and self._is_gone(server + known):
            # It was a repetition, and is removed already.
            return
        uploader = client.uploader(
            file_stream=io.BytesIO(NOTE),
            url=server + known if known else None,
            chunk_size=PIECE,
            metadata={"filename": "note.wav", "sha256": hashlib.sha256(NOTE).hexdigest()},
            upload_checksum=True,
        )
        try:
            uploader.upload(stop_at)
            if stop_at is None:
                # An end whose answer was lost is sent again.
                end = {"Upload-Offset": str(len(NOTE)), "Content-Type": "application/offset+octet-stream"}
                requests.patch(uploader.url, headers=self.headers | VERSION | end, timeout=PATIENCE_SECONDS)
        finally:
            if uploader.url:
                self.paths[name] = urlsplit(uploader.url).path

    def _is_gone(self, url: str) -> bool:
        return requests.head(url, headers=self.headers | VERSION, timeout=PATIENCE_SECONDS).status_code == 404

    def post(self, path: str) -> None:
        self.persist(
            lambda server: requests.post(
                server + path, headers=self.headers, allow_redirects=False, timeout=PATIENCE_SECONDS
            ).raise_for_status()
        )


def sender_for(client: Client, *servers: str) -> Sender:
    cookies = {"sttweb_session": client.cookies["sttweb_session"].value, "csrftoken": "x" * 32}
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return Sender({"Cookie": header, "X-CSRFToken": "x" * 32}, list(servers))


def sources() -> set[Path]:
    """Return every file with bytes, the remains of other tests among them, which may be no files at all."""
    found = set()
    for folder in settings.DATA_DIR.glob("recordings/*/*"):
        with suppress(OSError):
            if (folder / "source").stat().st_size:
                found.add(folder / "source")
    return found


@pytest.mark.parametrize("failpoint", failpoints())
def test_upload_goes_on_where_the_web_process_was_killed(
    failpoint: str, survivor: str, alice_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sources()
    with web(failpoint) as (dying, process):
        sender = sender_for(alice_client, dying, survivor)
        sender.send("first", len(NOTE) // 2)
        sender.post(sender.paths["first"].replace("/uploads/", "/recordings/") + "/finish/")
        # Taken as cut short, it is opened again.
        sender.send("first")
        sender.send("again")
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    monkeypatch.setattr(storage, "DISCARD_SECONDS", -1)
    storage.sweep()
    recording = Recording.objects.get(bytes_received__gt=0)
    assert hashlib.sha256(recording.source_path.read_bytes()).digest() == hashlib.sha256(NOTE).digest()
    assert sources() - before == {recording.source_path}
    assert (recording.state, recording.is_cut_short) == (Recording.State.QUEUED, False)
    assert recording.transcripts.count() == 1
    recording.delete_files()


def test_what_was_sent_over_a_killed_process_is_transcribed(survivor: str, alice_client: Client) -> None:
    with web("piece-synced:3") as (dying, process):
        sender_for(alice_client, dying, survivor).send("note")
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    recording = work(Recording.objects.get())
    assert text_of(recording).startswith("This is a test of the recording.")
    recording.delete_files()


def test_every_failpoint_has_a_name_of_its_own() -> None:
    sources_of_all = (PROJECT_DIR / "transcripts").rglob("*.py")
    names = [name for path in sources_of_all for name in FAILPOINT.findall(path.read_text())]
    assert sorted(names) == sorted(set(names))
