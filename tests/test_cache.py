import pickle
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from django.conf import settings

from sttweb import cache
from sttweb.cache import RedisOrMemoryCache


@pytest.fixture
def silent_server(tmp_path: Path) -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "silent.sock"))
        server.listen()
        server.setblocking(False)
        yield server


def waiting(server: socket.socket) -> int:
    """Return how many came to a server since it was last asked."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


def test_only_the_first_caller_waits_while_redis_hangs(silent_server: socket.socket, monkeypatch) -> None:
    # However slow this machine is.
    monkeypatch.setattr(cache, "PAUSE", 600)
    location = f"unix://{silent_server.getsockname()}"
    RedisOrMemoryCache(location, {}).set("count", [1.5])
    assert waiting(silent_server) == 1
    # As in the next request, which has an object of its own.
    assert RedisOrMemoryCache(location, {}).get("count") == [1.5]
    assert waiting(silent_server) == 0


def test_redis_is_used_again_when_it_is_back(tmp_path, monkeypatch, queue_server: redis.Redis) -> None:
    monkeypatch.setattr(cache, "PAUSE", 0)
    link = tmp_path / "valkey.sock"
    store = RedisOrMemoryCache(f"unix://{link}", {})
    store.set("count", 1)
    assert queue_server.dbsize() == 0
    link.symlink_to(settings.REDIS_URL.removeprefix("unix://"))
    store.set("count", 2)
    assert store.get("count") == 2
    assert queue_server.dbsize() == 1


def test_redis_holds_nothing_that_is_run_when_read(queue_server: redis.Redis) -> None:
    class Opened:
        def __reduce__(self) -> tuple:
            return pytest.fail, ("code from Redis ran",)

    store = RedisOrMemoryCache(settings.REDIS_URL, {})
    store.set("count", [1.5])
    key = queue_server.keys()[0]
    assert queue_server.get(key) == b"[1.5]"
    queue_server.set(key, pickle.dumps(Opened()))
    with pytest.raises(ValueError, match=r"codec|Expecting"):
        store.get("count")


def test_add_keeps_what_is_there(queue_server: redis.Redis) -> None:
    store = RedisOrMemoryCache(settings.REDIS_URL, {})
    assert store.add("lock", True)
    assert not store.add("lock", True)
    assert store.delete("lock")
    assert store.add("lock", True)
