"""What people choose about a file, as forms and addresses say it."""

import re
from collections.abc import Mapping
from typing import Any

from transcripts.exports import PRESETS, Options, Profile
from transcripts.exports.profiles import NETFLIX_LIKE
from transcripts.models import SubtitleProfile
from transcripts.refusals import Refused

_TIME = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,7}(?:[.,]\d{1,3})?)")


def options_of(params: Mapping[str, str], user: Any) -> Options:
    """Read the choices of a form; what it leaves out is as in the defaults.

    Raises: Refused: a time or a profile makes no sense.
    """
    start, end = (seconds_of(params.get(name, "")) for name in ("start", "end"))
    if start is not None and end is not None and start >= end:
        raise Refused("The selection ends before it begins: swap its two times.", 400)
    return Options(
        speakers=params.get("speakers", "1") == "1",
        times=params.get("times") == "1",
        merge_turns=params.get("turns") == "1",
        paragraphs=params.get("paragraphs") == "1",
        start=start,
        end=end,
        profile=profile_of(params.get("profile", ""), user),
        word_cues=params.get("words") == "1",
        embed_sound=params.get("sound") == "1",
    )


def seconds_of(text: str) -> float | None:
    """Return seconds for “90”, “1:30”, “1:02:03.5”; None for an empty text.

    Raises: Refused: it is no time.
    """
    text = text.strip()
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise Refused("Write the times of the selection like 1:30 or 1:02:03.", 400)
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds.replace(",", "."))


def profile_of(key: str, user: Any) -> Profile:
    """Return a preset by its key, or one of the user's own by its number; the default for an empty key.

    Raises: Refused: there is none.
    """
    if not key:
        return NETFLIX_LIKE
    if key in PRESETS:
        return PRESETS[key]
    if key.isascii() and key.isdigit() and len(key) < 18 and user.is_authenticated:
        own = SubtitleProfile.objects.filter(owner=user, pk=int(key)).first()
        if own is not None:
            return as_profile(own)
    raise Refused("This subtitle profile is not there any more: choose another one.", 400)


def as_profile(own: SubtitleProfile) -> Profile:
    return Profile(
        name=own.name,
        line_length=own.line_length,
        lines=own.lines,
        reading_speed=own.reading_speed,
        shortest=own.shortest,
        longest=own.longest,
        gap=own.gap,
    )


def profiles_of(user: Any) -> list[tuple[str, str]]:
    """Return the key and the name of each profile that the user can choose."""
    presets = [(key, profile.name) for key, profile in PRESETS.items()]
    own = SubtitleProfile.objects.filter(owner=user) if user.is_authenticated else []
    return presets + [(str(profile.pk), profile.name) for profile in own]
