"""Blocking work of calls whose own code waits without a thread."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `function`, which may use the database, in one of the process's few threads."""
    run = database_sync_to_async(function, thread_sensitive=False)
    return await run(*args, **kwargs)
