"""What subtitles must keep to so that people can read them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Times are seconds. Characters are columns: an ideograph counts as two, a combining mark as none."""

    name: str
    line_length: int
    lines: int
    # Characters a second.
    reading_speed: float
    shortest: float
    longest: float
    # Between one subtitle's end and the next one's start.
    gap: float


# Netflix, Timed Text Style Guide: 42 characters, 20 a second for adults, 5/6 s to 7 s, two frames of 1/24 s.
NETFLIX_LIKE = Profile(
    name="Netflix-like",
    line_length=42,
    lines=2,
    reading_speed=20.0,
    shortest=0.833,
    longest=7.0,
    gap=0.084,
)
# BBC Subtitle Guidelines: about 37 characters, 160 to 180 words a minute: 17 characters a second with spaces.
BBC_LIKE = Profile(
    name="BBC-like",
    line_length=37,
    lines=2,
    reading_speed=17.0,
    shortest=1.0,
    longest=7.0,
    gap=0.04,
)
PRESETS = {"netflix": NETFLIX_LIKE, "bbc": BBC_LIKE}
