"""Redis as far as one can do without it: whoever gives a hint waits a second for it at most.

A server that is away refuses at once; one that hangs would hold up every page and upload. After it hung,
nothing waits for it for a while. What it missed `reconcile` gives again, and readers look by themselves.
"""

import logging
import time
from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 1.0
PAUSE_SECONDS = 5.0

_paused_until = 0.0


@cache
def connection() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def give(hint: Callable[[], object], failure: str) -> None:
    """Call `hint`; where Redis does not take it, only the log says so, in the words of `failure`."""
    global _paused_until
    if time.monotonic() < _paused_until:
        return
    try:
        hint()
    except (redis.RedisError, OSError) as error:
        if isinstance(error, redis.TimeoutError | TimeoutError):
            _paused_until = time.monotonic() + PAUSE_SECONDS
        logger.warning("%s: %s", failure, error)
