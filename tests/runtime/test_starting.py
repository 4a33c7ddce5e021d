"""A start that somebody takes back before it is complete."""

import signal
from pathlib import Path

import pytest

from sttweb import env
from sttweb.runtime import programs, valkey
from sttweb.runtime.management.commands.serve import Command
from sttweb.runtime.supervisor import Program, Supervisor


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a queue's server that runs and never answers."""
    monkeypatch.setattr(env, "DATA_DIR", tmp_path)
    monkeypatch.setattr(env, "PORT", 0)
    monkeypatch.setattr(env, "REDIS_URL", "")
    monkeypatch.setattr(env, "VALKEY_SOCKET", tmp_path / "valkey" / "valkey.sock")
    monkeypatch.setattr(programs, "embedded_valkey", lambda: Program("valkey", ["sleep", "600"]))
    # Else a wait that is not ended takes a minute.
    monkeypatch.setattr(valkey, "START_SECONDS", 5)
    return tmp_path / "valkey"


def test_start_that_waits_for_the_queue_ends_when_it_is_told_to(silent: Path) -> None:
    supervisor = Supervisor()
    (silent / valkey.JOURNAL).mkdir(parents=True)
    silent.chmod(0o700)
    supervisor._on_signal(signal.SIGINT, None)
    try:
        Command()._start(supervisor)
        assert [child.program.name for child in supervisor.children] == ["valkey"]
        assert (silent / valkey.JOURNAL).exists()
    finally:
        supervisor.stop(supervisor.children, grace=0.0)
