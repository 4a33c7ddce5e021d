"""Seconds as people read them."""


def clock(seconds: float) -> str:
    """Return seconds as 0:07, 12:31 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def precise_clock(seconds: float) -> str:
    """Return seconds to the hundredth: 0:07.25."""
    whole, hundredths = divmod(round(seconds * 100), 100)
    return f"{clock(whole)}.{hundredths:02d}"
