"""The worker as a process, against a Valkey of its own, both of which get killed."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django_rq.queues import get_queue, get_queues
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from sttweb.runtime import valkey
from sttweb.runtime.leash import leashed
from sttweb.runtime.programs import SPEECH_QUEUES
from sttweb.runtime.worker import LEASE_SECONDS, MAINTENANCE_SECONDS, WarmWorker
from tests.settings import PROJECT_DIR, TEST_ROOT

# For what hangs: a busy machine takes many times what an idle one takes.
PATIENCE_SECONDS = 120


class Site:
    """A data folder with a Valkey and workers."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.folder = data_dir / "valkey"
        self.socket = self.folder / "valkey.sock"
        self.notes = data_dir / "notes"
        # Until this is there, jobs that are held last.
        self.mark = data_dir / "go-on"
        self.processes: list[subprocess.Popen[bytes]] = []
        valkey.make_private(self.folder)
        self.start_valkey()

    def start_valkey(self) -> None:
        self.valkey = self._start(valkey.command(self.socket, self.folder))
        assert valkey.wait(lambda: self.valkey.poll() is None, self.socket)

    def start_worker(self, *queues: str) -> "subprocess.Popen[bytes]":
        return self._start(leashed([sys.executable, str(PROJECT_DIR / "manage.py"), "work", *queues]))

    def _start(self, command: list[str]) -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "STT_DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "sttweb.settings",
            "DATABASE_URL": "",
        }
        process = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment)
        self.processes.append(process)
        return process

    def client(self) -> redis.Redis:
        # By default an answer that takes more than 5 s makes it ask again, on another connection.
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2 * PATIENCE_SECONDS)

    def enqueue(self, queue: str, function: str, *arguments: object) -> None:
        with self.client() as connection:
            Queue(queue, connection=connection, serializer=JSONSerializer).enqueue(
                f"tests.runtime.worker_jobs.{function}", str(self.notes), *arguments, retry=Retry(max=2)
            )

    def lines(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def write_through(self) -> None:
        """Wait until the queue's file has all that was queued: it is written through once a second."""
        with self.client() as connection:
            # Only what was written before on the same connection is waited for, with all that came earlier.
            connection.set("written-through", 1)
            assert connection.waitaof(1, 0, PATIENCE_SECONDS * 1000)[0] == 1

    def wait_for(self, count: int) -> list[str]:
        """Wait until the jobs have written that many lines."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.lines()) < count:
            assert time.monotonic() < deadline, self.lines()
            time.sleep(0.05)
        return self.lines()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site(Path(tempfile.mkdtemp(prefix="site-", dir=TEST_ROOT)))
    yield site
    for process in reversed(site.processes):
        process.kill()
        process.wait()


def test_a_killed_workers_job_is_done_by_the_next(site: Site) -> None:
    first = site.start_worker("prepare")
    site.enqueue("prepare", "record", 1)
    site.wait_for(2)
    site.enqueue("prepare", "hold", str(site.mark))
    site.wait_for(3)
    first.kill()
    second = site.start_worker("prepare")
    assert site.wait_for(4)[-1] == f"start {second.pid}"
    site.mark.touch()
    # Within half a minute, where the machine can keep up.
    assert LEASE_SECONDS + MAINTENANCE_SECONDS < 30
    assert site.wait_for(5)[-1] == f"end {second.pid}"


def test_a_job_longer_than_its_lease_runs_once_beside_an_idle_worker(site: Site) -> None:
    site.start_worker("prepare")
    site.start_worker("prepare")
    site.enqueue("prepare", "record", LEASE_SECONDS + 2 * MAINTENANCE_SECONDS)
    lines = site.wait_for(2)
    assert [line.split()[0] for line in lines] == ["start", "end"]


def test_sigterm_lets_the_job_finish_and_takes_no_other(site: Site) -> None:
    worker = site.start_worker("prepare")
    for _ in range(2):
        site.enqueue("prepare", "hold", str(site.mark))
    site.wait_for(1)
    worker.send_signal(signal.SIGTERM)
    site.mark.touch()
    assert worker.wait(timeout=PATIENCE_SECONDS) == 0
    assert site.lines() == [f"start {worker.pid}", f"end {worker.pid}"]


def test_sigterm_ends_an_idle_worker_at_once(site: Site) -> None:
    worker = site.start_worker("prepare")
    site.enqueue("prepare", "record")
    site.wait_for(2)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE_SECONDS) == 0


def test_sigterm_ends_a_worker_whose_valkey_is_gone(site: Site) -> None:
    worker = site.start_worker("prepare")
    site.enqueue("prepare", "record")
    site.wait_for(2)
    valkey.shut_down(site.socket)
    site.valkey.wait()
    # By now it tries to reach it, or waits until it tries again.
    time.sleep(2)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=PATIENCE_SECONDS) == 0


def test_a_worker_outlives_valkey_and_the_queue_its_crash(site: Site) -> None:
    worker = site.start_worker("prepare")
    site.enqueue("prepare", "hold", str(site.mark))
    site.wait_for(1)
    for _ in range(3):
        site.enqueue("prepare", "record")
    site.write_through()
    site.valkey.kill()
    site.valkey.wait()
    # The job at hand ends while there is nobody to tell.
    site.mark.touch()
    site.wait_for(2)
    time.sleep(2)
    site.start_valkey()
    lines = site.wait_for(8)
    assert {line.split()[1] for line in lines} == {str(worker.pid)}


def test_a_worker_waits_for_a_valkey_that_comes_later(site: Site) -> None:
    valkey.shut_down(site.socket)
    site.valkey.wait()
    worker = site.start_worker("prepare")
    time.sleep(2)
    assert worker.poll() is None
    site.start_valkey()
    site.enqueue("prepare", "record")
    assert site.wait_for(2)[0] == f"start {worker.pid}"


@pytest.mark.django_db(transaction=True)
def test_spoken_text_goes_before_its_preview_and_both_before_files(
    queue_server: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They are this process's own.
    monkeypatch.setattr(WarmWorker, "_install_signal_handlers", lambda self: None)
    for queue in ("transcribe", "preview", "transcribe_live", "preview", "transcribe_live"):
        get_queue(queue).enqueue("tests.runtime.worker_jobs.note", str(tmp_path / "notes"), queue)
    WarmWorker(get_queues(*SPEECH_QUEUES), serializer=JSONSerializer).work(burst=True)
    done = (tmp_path / "notes").read_text().split()
    assert done == ["transcribe_live"] * 2 + ["preview"] * 2 + ["transcribe"]


def test_a_failed_job_leaves_the_worker_working(site: Site) -> None:
    worker = site.start_worker("prepare")
    site.enqueue("prepare", "fail")
    site.enqueue("prepare", "record")
    assert f"end {worker.pid}" in site.wait_for(5)


def test_a_worker_loads_no_engine_before_a_job_needs_it(site: Site) -> None:
    site.start_worker("prepare", "finish")
    site.enqueue("finish", "list_modules")
    modules = set(site.wait_for(1)[0].split())
    assert "django" in modules
    assert modules.isdisjoint({"ctranslate2", "faster_whisper", "torch"})
