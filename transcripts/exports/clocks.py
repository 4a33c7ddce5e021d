"""Times as files write them."""


def clock(ms: int) -> str:
    """Return hours, minutes and whole seconds; hours have two digits or more."""
    minutes, seconds = divmod(max(ms, 0) // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}"


def precise_clock(ms: int, decimal_mark: str = ".") -> str:
    """Return hours, minutes, seconds and milliseconds."""
    return f"{clock(ms)}{decimal_mark}{max(ms, 0) % 1000:03}"
