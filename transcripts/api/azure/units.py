"""Times as the vendor gives them: milliseconds, ticks, and durations of ISO 8601."""

import re
from datetime import UTC, datetime, timedelta

# A tick is 100 ns.
TICKS_PER_SECOND = 10_000_000

_DURATION = re.compile(
    r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8}(?:\.\d{1,9})?)S)?)?", re.ASCII
)


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def ticks(seconds: float) -> int:
    # Times are known to the millisecond; more digits would be noise of their binary form.
    return ms(seconds) * (TICKS_PER_SECOND // 1000)


def iso_duration(seconds: float) -> str:
    """Return e.g. "PT1H2M3.04S"."""
    minutes, rest = divmod(ms(seconds), 60_000)
    hours, minutes = divmod(minutes, 60)
    parts = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    if rest or not parts:
        parts += f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "S"
    return f"PT{parts}"


def parse_duration(text: str) -> timedelta | None:
    """Return the duration, or None where it is none that days and shorter units make up."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
