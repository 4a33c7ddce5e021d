"""What must hold before the product starts. Each refusal is a sentence for the person at the terminal."""

import errno
import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from sttweb.runtime import valkey

EXAMPLE = "`make run PORT=8123`"


class StartError(Exception):
    """The message says what is wrong and what to do."""


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for this process. The lock ends with the process, however that ends."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (data_dir / "lock").open("w")
    except OSError as error:
        raise StartError(f"The data folder {data_dir} cannot be used ({error.strerror}): set STT_DATA_DIR.")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StartError(
                f"Another process already serves the data folder {data_dir}: end that one first, "
                "or set STT_DATA_DIR to another folder."
            )
        yield


def check_port(host: str, port: int) -> None:
    """Raises: StartError: nothing can listen there."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server does: connections of an earlier run that still linger are no hindrance.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError:
        raise StartError(f"Port {port} needs more rights than you have: choose another, as in {EXAMPLE}.")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"Port {port} on {host} is in use: choose another, as in {EXAMPLE}.")
        raise StartError(f"This machine has no address {host}: set HOST to 127.0.0.1, or to 0.0.0.0 for all.")


def check_redis(url: str) -> None:
    """Raises: StartError: no server answers there."""
    if not valkey.answers(url):
        # Without its user and password, which have no business on a terminal.
        place = urlsplit(url).path if url.startswith("unix:") else urlsplit(url).netloc.rpartition("@")[2]
        raise StartError(
            f"The Redis at {place} does not answer: start it, or unset REDIS_URL to use the built-in one."
        )
