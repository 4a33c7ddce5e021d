"""Words' times as pages carry them: short, since a long transcript has tens of thousands."""

from typing import Any

# Seconds. Units are counted from the recording's start, so no error adds up: all are within half of one.
UNIT = 0.02
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def encoded(words: list[list[Any]], start: float) -> str:
    """Return `[gap+]length` of each word, in units and base 36, separated by spaces.

    The gap is the silence after the word before, or after `start`; the length is the word's own.
    Args: words: [text, start, end, probability] of each, in seconds.
    """
    said, parts = round(start / UNIT), []
    for _, begin, end, _ in words:
        begin, end = max(said, round(begin / UNIT)), max(said, round(end / UNIT))
        gap = f"{base36(begin - said)}+" if begin > said else ""
        parts.append(gap + base36(max(0, end - begin)))
        said = max(begin, end)
    return " ".join(parts)


def lengths(words: list[list[Any]], text: str) -> str:
    """Return the characters of each word where spaces do not tell the words apart; else nothing."""
    said = [str(word[0]).strip() for word in words]
    if said == text.split() or "".join("".join(said).split()) != "".join(text.split()):
        return ""
    return " ".join(str(len(word)) for word in said)


def base36(number: int) -> str:
    digits = DIGITS[number % 36]
    while number := number // 36:
        digits = DIGITS[number % 36] + digits
    return digits
