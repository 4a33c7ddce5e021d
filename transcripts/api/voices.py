"""Who speaks, for the answers of all vendors: the one place that knows."""


def voice_of(channel: int | None) -> int:
    """Return the number, from 0, of who speaks: each channel is somebody, a mixed recording one person."""
    return channel or 0
