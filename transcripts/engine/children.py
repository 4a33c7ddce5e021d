"""Child processes that read media, each for one file.

On Linux they are forked from a server of this process that has the libraries loaded: to start Python with
PyAV takes longer than to decode a note. Elsewhere, and where there is no server, each is started anew.
"""

import atexit
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = "transcripts.engine"
# Seconds in which the server starts and forks; after so many times without an answer it is given up.
ANSWER_SECONDS = 10.0
MOST_UNANSWERED = 3


class Child:
    """A child of the server's, as far as it is like a `subprocess.Popen`."""

    def __init__(self, pid: int, handle: int, status: int, pipes: tuple[IO[bytes] | None, ...]) -> None:
        self.pid = pid
        self.stdin, self.stdout, self.stderr = pipes
        self.returncode: int | None = None
        self._handle, self._status = handle, status

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status.

        Raises: subprocess.TimeoutExpired: it did not end within so many seconds.
        """
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("child", timeout or 0.0)
            # Nothing is there where the server died: its children die with it.
            self.returncode = int(os.read(self._status, 16) or -signal.SIGKILL)
            os.close(self._status)
            os.close(self._handle)
        return self.returncode

    def kill(self) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)


AnyChild = subprocess.Popen[bytes] | Child


class _Server:
    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._asked = self._unanswered = 0
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(ANSWER_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", f"{PACKAGE}.forkserver", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )

    def start(self, module: str, arguments: tuple[str, ...], *, takes_input: bool) -> Child:
        """Raises: ConnectionError: the server is gone. OSError: it is busy, or there is no room."""
        with ExitStack() as theirs, ExitStack() as ours:
            stdin = _pipe(theirs, ours, is_read_by_child=True) if takes_input else None
            null = os.open(os.devnull, os.O_RDONLY)
            theirs.callback(os.close, null)
            stdout, stderr, status = (_pipe(theirs, ours, is_read_by_child=False) for _ in range(3))
            given = [stdin[0] if stdin else null, stdout[0], stderr[0], status[0]]
            pid, handle = self._ask([module, *arguments], given)
            ours.pop_all()
        files = os.fdopen(stdin[1], "wb", 0) if stdin else None, _reader(stdout[1]), _reader(stderr[1])
        return Child(pid, handle, status[1], files)

    def _ask(self, wanted: list[str], descriptors: list[int]) -> tuple[int, int]:
        with self._lock:
            self._asked += 1
            try:
                socket.send_fds(self._channel, [json.dumps([self._asked, *wanted]).encode()], descriptors)
                child = self._answer()
            except TimeoutError:
                self._unanswered += 1
                if self._unanswered < MOST_UNANSWERED:
                    raise
                raise ConnectionError("The server of child processes does not answer.") from None
            self._unanswered = 0
            return child

    def _answer(self) -> tuple[int, int]:
        while True:
            answer, handles, _, _ = socket.recv_fds(self._channel, 64, 1)
            if not answer:
                raise ConnectionError("The server of child processes has ended.")
            asked, pid = map(int, answer.split())
            if asked == self._asked:
                return pid, handles[0]
            # It comes late: that child was started anew meanwhile.
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(handles[0], signal.SIGKILL)
            os.close(handles[0])

    def close(self) -> None:
        self._channel.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()


def _pipe(theirs: ExitStack, ours: ExitStack, *, is_read_by_child: bool) -> tuple[int, int]:
    """Return the child's end of a pipe, and ours."""
    reader, writer = os.pipe()
    child, own = (reader, writer) if is_read_by_child else (writer, reader)
    theirs.callback(os.close, child)
    ours.callback(os.close, own)
    return child, own


def _reader(descriptor: int) -> IO[bytes]:
    return os.fdopen(descriptor, "rb", 0)


_server: _Server | None = None
_servers_lock = threading.Lock()


def warm_up() -> None:
    """Start the server, so that the first child need not wait for it."""
    if hasattr(os, "pidfd_open"):
        _serving()


def start_child(module: str, *arguments: str, takes_input: bool = False) -> AnyChild:
    """Start a module of this package in a process that reads media."""
    if not hasattr(os, "pidfd_open"):
        return _started(module, arguments, takes_input=takes_input)
    server = _serving()
    try:
        return server.start(module, arguments, takes_input=takes_input)
    except OSError as error:
        log.warning("A child process is started anew: %s", error)
        # One that is only busy has other children, which would die with it.
        if isinstance(error, ConnectionError):
            _stop_serving(server)
        return _started(module, arguments, takes_input=takes_input)


def _serving() -> _Server:
    global _server
    with _servers_lock:
        # A process that was forked from its owner would mix up the answers.
        if _server is None or _server.owner != os.getpid():
            _server = _Server()
        return _server


@atexit.register
def _stop_serving(server: _Server | None = None) -> None:
    """Stop this server, or whichever there is."""
    global _server
    with _servers_lock:
        server = server or _server
        if _server is server:
            _server = None
    if server is not None:
        server.close()


def _started(module: str, arguments: tuple[str, ...], *, takes_input: bool) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"{PACKAGE}.{module}", *arguments],
        stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        bufsize=0,
    )


def _environment() -> dict[str, str]:
    """Return nothing of this process's but what Python needs: secrets are kept there."""
    paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PARENT_PID": str(os.getpid())}


def stop_child(child: AnyChild) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout, child.stderr):
        if pipe is not None:
            pipe.close()
