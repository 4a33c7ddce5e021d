"""Starts the product's processes, starts them again when they die, and ends them all."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

logger = logging.getLogger(__name__)

FIRST_DELAY_SECONDS = 1.0
# All that is promised to be back within 30 s has to start and find its work in the rest.
LONGEST_DELAY_SECONDS = 8.0
# A process that ran this long was healthy: its next death is not counted with the earlier ones.
HEALTHY_SECONDS = 10.0
GRACE_SECONDS = 10.0
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Program:
    """What to run. One that `may_finish` is not started again once it ends well."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    may_finish: bool = False


class Child:
    """One program: its process now, and when the next may start."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[str] | None = None
        self._delay = FIRST_DELAY_SECONDS
        self._started_at = 0.0
        self._start_at = 0.0

    def start(self) -> None:
        """Start the process. Only the main thread may: the leash is tied to the thread that forks."""
        self._started_at = time.monotonic()
        self.process = process = subprocess.Popen(
            self.program.command,
            # Away from the terminal, so that Ctrl-C reaches the supervisor alone and it decides the order.
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.program.environment},
        )
        threading.Thread(target=_relay, args=(self.program.name, process.stdout), daemon=True).start()

    def tend(self) -> None:
        """Start the process again if it has died and its time has come."""
        if self.process is None:
            if time.monotonic() >= self._start_at:
                self.start()
            return
        code = self.process.poll()
        if code is not None and not (code == 0 and self.program.may_finish):
            _sweep(self.process)
            self.process = None
            self._plan_restart(code)

    def _plan_restart(self, code: int) -> None:
        if time.monotonic() - self._started_at >= HEALTHY_SECONDS:
            self._delay = FIRST_DELAY_SECONDS
        name = self.program.name
        logger.warning("%s ended (%s), starting it again in %.0f s", name, _ending(code), self._delay)
        self._start_at = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY_SECONDS)

    def terminate(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        if self.process is not None:
            _sweep(self.process)
            self.process.wait()


class Supervisor:
    """Keeps children running until it is told to stop, which SIGINT and SIGTERM do."""

    def __init__(self) -> None:
        self.children: list[Child] = []
        self._stop = threading.Event()
        self._is_hurried = False

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        # Whoever asks twice does not want to wait.
        self._is_hurried = self._stop.is_set()
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        return self._stop.is_set()

    def add(self, program: Program) -> Child:
        child = Child(program)
        self.children.append(child)
        child.start()
        return child

    def tend(self) -> None:
        for child in self.children:
            child.tend()

    def pause(self, seconds: float = POLL_SECONDS) -> None:
        """Wait, but no longer than until a stop is asked for."""
        self._stop.wait(seconds)

    def stop(self, children: list[Child], grace: float = GRACE_SECONDS) -> None:
        """End the children together: politely, and after the grace by force."""
        for child in children:
            child.terminate()
        deadline = time.monotonic() + grace
        while any(child.is_running() for child in children):
            if time.monotonic() > deadline or self._is_hurried:
                break
            time.sleep(0.02)
        for child in children:
            child.kill()


def _sweep(process: "subprocess.Popen[str]") -> None:
    """Kill the process, and whatever it started and left in its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


def _relay(name: str, output: IO[str]) -> None:
    with suppress(ValueError):  # closed while being read
        for line in output:
            # A terminal that has gone away must not stop the reading: the writer would block.
            with suppress(OSError):
                sys.stdout.write(f"{name:<10} | {line.rstrip()}\n")
                sys.stdout.flush()
