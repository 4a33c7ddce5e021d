"""Who has a recording open at the moment, and where in it. Of no record: Redis forgets it within a minute."""

import json
import time
from typing import Any, cast
from uuid import UUID

from transcripts import events, hints

# Seconds after which somebody who has not been heard of is taken to be gone.
GONE_SECONDS = 12
KEPT_SECONDS = 60


def _key(recording_id: UUID) -> str:
    return f"stt:here:{recording_id}"


def meet(recording_id: UUID, channel: str, who: str, at: int | None) -> list[dict[str, Any]]:
    """Note that `who` is at segment `at`, through `channel`; return the others, as {"who", "at"}."""
    found: list[dict[str, Any]] = []

    def note() -> None:
        redis, key = hints.connection(), _key(recording_id)
        found_here = cast(dict[bytes, bytes], redis.hgetall(key))
        known = {field.decode(): json.loads(value) for field, value in found_here.items()}
        for field in [field for field, (_, _, heard) in known.items() if is_gone(heard)]:
            del known[field]
            redis.hdel(key, field)
        mine = known.pop(channel, None)
        redis.hset(key, channel, json.dumps([who, at, time.time()]))
        redis.expire(key, KEPT_SECONDS)
        found.extend(_others(known, who))
        if mine is None or mine[1] != at:
            events.presence(recording_id)

    hints.give(note, f"Nobody is told who reads recording {recording_id}")
    return found


def leave(recording_id: UUID, channel: str) -> None:
    def forget() -> None:
        hints.connection().hdel(_key(recording_id), channel)
        events.presence(recording_id)

    hints.give(forget, f"Somebody who left recording {recording_id} is shown a while longer")


def is_gone(heard: float) -> bool:
    return heard < time.time() - GONE_SECONDS


def _others(known: dict[str, list[Any]], who: str) -> list[dict[str, Any]]:
    """Return one entry for each person besides `who`: the place of the page that they were active in last."""
    latest: dict[str, tuple[bool, float, int | None]] = {}
    for name, at, heard in known.values():
        if name == who:
            continue
        latest[name] = max(
            latest.get(name, (False, 0.0, None)), (at is not None, heard, at), key=lambda one: one[:2]
        )
    return [{"who": name, "at": at} for name, (_, _, at) in sorted(latest.items())]
