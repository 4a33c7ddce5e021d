"""How times and icons are shown."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from transcripts import clocks

register = template.Library()

SPRITE = "vendor/lucide-static-1.62.0/sprite.svg"


@register.filter
def clock(seconds: float | None) -> str:
    """Return seconds as 0:07, 12:31 or 1:02:03; nothing where they are unknown."""
    return "" if seconds is None else clocks.clock(seconds)


@register.filter
def spoken(seconds: float | None) -> str:
    """Return seconds for a screen reader: "1 hour 2 minutes 3 seconds"."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "hour"), (minutes, "minute"), (rest, "second")]
    named = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(named) or "0 seconds"


@register.filter
def about(seconds: float | None) -> str:
    """Return an estimate no finer than it can be: "a few seconds", "about 40 s", "about 6 min"."""
    if seconds is None:
        return ""
    if seconds < 10:
        return "a few seconds"
    if seconds < 55:
        return f"about {round(seconds, -1):.0f} s"
    if seconds < 55 * 60:
        return f"about {max(1, round(seconds / 60))} min"
    hours, minutes = divmod(round(seconds / 60 / 10) * 10, 60)
    return f"about {hours} h {minutes} min" if minutes else f"about {hours} h"


@register.filter
def ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 11th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return str(number) + {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


@register.filter
def coded(text: str) -> SafeString:
    """Return text in which what stands between backticks is code."""
    pieces = enumerate(text.split("`"))
    return format_html_join("", "{}", ((code(piece) if n % 2 else piece,) for n, piece in pieces))


def code(text: str) -> SafeString:
    return format_html("<code>{}</code>", text)


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite; the text beside it, or its button's label, says what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static(SPRITE), name
    )
