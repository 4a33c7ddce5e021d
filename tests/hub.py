"""As much of the model hub's protocol as a download needs, over the files of the demonstration model."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from transcripts.engine.models import DEMO_MODEL

COMMIT = "0" * 40


@dataclass
class Hub:
    repositories: tuple[str, ...]
    url: str = ""
    # The names of the files that were asked for.
    downloads: list[str] = field(default_factory=list)
    # Set once the first half of a model is served and the second is kept back.
    holds: Event = field(default_factory=Event)
    _open: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._open.set()

    def hold(self) -> None:
        """Serve of a model's weights only the first half, until told to go on."""
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    def halves(self, body: bytes) -> Iterator[bytes]:
        middle = len(body) // 2
        yield body[:middle]
        if not self._open.is_set():
            self.holds.set()
            self._open.wait()
        yield body[middle:]


class Answers(BaseHTTPRequestHandler):
    def __init__(self, hub: Hub, *args: object) -> None:
        self.hub = hub
        super().__init__(*args)

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        path = self.path.partition("?")[0]
        for repository in self.hub.repositories:
            if path.startswith(f"/api/models/{repository}"):
                return self.send(json.dumps(listing(repository, path)).encode(), "application/json")
            if path.startswith(f"/{repository}/resolve/{COMMIT}/"):
                return self.send_file(path.rpartition("/")[2])
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def send_file(self, name: str) -> None:
        if self.command == "GET":
            self.hub.downloads.append(name)
        self.send((DEMO_MODEL / name).read_bytes(), "application/octet-stream", is_held=name == "model.bin")

    def send(self, body: bytes, kind: str, *, is_held: bool = False) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{len(body)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            for part in self.hub.halves(body) if is_held else [body]:
                self.wfile.write(part)

    def log_message(self, *args: object) -> None:
        pass


def listing(repository: str, path: str) -> object:
    """Return what the hub says of a repository, which has a page for people beside its files."""
    sizes = {path.name: path.stat().st_size for path in DEMO_MODEL.iterdir()} | {"README.md": 9}
    files = [{"rfilename": n, "size": s, "path": n, "type": "file", "oid": n} for n, s in sizes.items()]
    return files if "/tree/" in path else {"id": repository, "sha": COMMIT, "siblings": files}


@contextmanager
def serving_hub(*repositories: str) -> Iterator[Hub]:
    hub = Hub(repositories)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, hub)) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        hub.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield hub
        finally:
            hub.go_on()
            server.shutdown()
            thread.join()
