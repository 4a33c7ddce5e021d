"""The cache: Redis, and this process's memory while Redis is away, so that one can sign in meanwhile.

What is kept here are the counts of attempts to sign in; they go on being counted, by each process for itself.
"""

import json
import logging
import time
from typing import Any, ClassVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

logger = logging.getLogger(__name__)

# Seconds that Redis may take for an answer, and that pass before it is asked again after it failed.
ANSWER_TIMEOUT = 1.0
PAUSE = 5.0


class JSONSerializer:
    """Unlike pickle, it cannot be made to run code by whoever can write to Redis."""

    def dumps(self, value: Any) -> bytes:
        return json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class RedisOrMemoryCache(BaseCache):
    # Django makes an object for each request; what they know of the server is shared.
    _paused_until: ClassVar[dict[str, float]] = {}

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {
            "serializer": JSONSerializer,
            "socket_timeout": ANSWER_TIMEOUT,
            "socket_connect_timeout": ANSWER_TIMEOUT,
            "retry": Retry(NoBackoff(), 0),
        }
        self._redis = RedisCache(server, params | {"OPTIONS": options | params.get("OPTIONS", {})})
        self._server = server
        self._memory = LocMemCache(f"instead of {server}", {})

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._paused_until.get(self._server, 0.0):
            try:
                return getattr(self._redis, method)(*args, **kwargs)
            except (RedisError, OSError) as error:
                self._paused_until[self._server] = time.monotonic() + PAUSE
                logger.warning("Redis does not answer (%s): memory serves meanwhile", type(error).__name__)
        return getattr(self._memory, method)(*args, **kwargs)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("add", key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._call("get", key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._call("set", key, value, timeout, version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._call("touch", key, timeout, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self._call("incr", key, delta, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._call("delete", key, version))

    def clear(self) -> None:
        self._call("clear")
