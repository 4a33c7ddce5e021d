"""The real product as a process of its own, for tests that drive it from outside."""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg

from sttweb.runtime.leash import leashed
from tests.settings import PRODUCT_ENVIRONMENT, PROJECT_DIR, TEST_ROOT

# Far more than an idle machine needs: only what hangs is told from what works.
START_SECONDS = 600
STOP_SECONDS = 90
COMMAND_SECONDS = 120
# Below those that the system gives out, which begin at 32,768 or higher.
OWN_PORTS = range(15_000, 32_000)


@dataclass
class Product:
    url: str
    data_dir: Path
    process: "subprocess.Popen[bytes]"
    output_path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """Run manage.py beside it; return what was printed."""
        done = subprocess.run(
            [sys.executable, str(PROJECT_DIR / "manage.py"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=COMMAND_SECONDS,
        )
        return done.stdout

    @property
    def output(self) -> str:
        return self.output_path.read_text(errors="replace")

    def wait(self) -> None:
        """Wait until the page answers."""
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.url):
            assert self.process.poll() is None, f"the product ended:\n{self.output}"
            assert time.monotonic() < deadline, f"the product does not answer:\n{self.output}"
            time.sleep(0.05)

    def stop(self) -> int:
        """End it as Ctrl-C does; return its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=STOP_SECONDS)


def start_product(data_dir: Path | None = None, **environment: str) -> Product:
    """Start `manage.py serve` on a free port and return at once."""
    data_dir = data_dir or Path(tempfile.mkdtemp(prefix="product-", dir=TEST_ROOT))
    output_path = TEST_ROOT / f"output-{uuid4().hex}"
    port = environment.setdefault("PORT", str(free_port()))
    environment = {**product_environment(data_dir), **environment}
    if not environment["DATABASE_URL"] and data_dir.is_dir():
        give_tables(data_dir / "db.sqlite3")
    with output_path.open("wb") as output:
        process = subprocess.Popen(
            leashed([sys.executable, str(PROJECT_DIR / "manage.py"), "serve"]),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=PROJECT_DIR,
            env=environment,
        )
    return Product(f"http://127.0.0.1:{port}", data_dir, process, output_path, environment)


def give_tables(database: Path) -> None:
    """Make a database with all tables and nothing in them, as a start of the product would in seconds."""
    template = TEST_ROOT / "empty.sqlite3"
    with (TEST_ROOT / "empty.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            folder = Path(tempfile.mkdtemp(prefix="empty-", dir=TEST_ROOT))
            command = [sys.executable, str(PROJECT_DIR / "manage.py"), "migrate", "--verbosity", "0"]
            subprocess.run(command, env=product_environment(folder), check=True)
            with closing(sqlite3.connect(folder / "db.sqlite3")) as made:
                made.execute("VACUUM INTO ?", [str(template)])
    if not database.exists():
        shutil.copyfile(template, database)


def product_environment(data_dir: Path) -> dict[str, str]:
    return {
        **os.environ,
        **PRODUCT_ENVIRONMENT,
        "DJANGO_SETTINGS_MODULE": "sttweb.settings",
        "STT_DATA_DIR": str(data_dir),
        "DATABASE_URL": "",
    }


def product_database() -> str:
    """Return the DATABASE_URL of a new database for one product, on the server the tests use."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return ""
    name = f"product_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.replace("/postgres?", f"/{name}?")


def free_port() -> int:
    """Return a port that is free, and that nobody is given meanwhile who asks the system for any."""
    while True:
        port = secrets.choice(OWN_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20) as response:  # noqa: S310
            return response.status == 200
    except OSError:
        return False


def processes(data_dir: Path) -> dict[int, str]:
    """Return the command lines, by process id, of all that runs for a data folder."""
    mark = b"STT_DATA_DIR=" + os.fsencode(data_dir) + b"\0"
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                # A process that has died and is not yet waited for has no command line.
                if command:
                    found[int(folder.name)] = command.strip()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
