"""Locales as the vendor writes them (BCP 47), and Whisper's codes."""

from collections.abc import Sequence

from transcripts.api.errors import ApiError
from transcripts.api.languages import language_of

# Whisper tells Cantonese from Chinese, where a locale says no more than the place.
SPECIAL = {"zh-hk": "yue", "zh-mo": "yue"}
# What is answered for a language that nobody named a locale of.
USUAL = {
    code: f"{code}-{region}"
    for region, codes in {
        "AF": "ps", "AL": "sq", "AM": "hy", "AZ": "az", "BA": "bs", "BD": "bn", "BG": "bg", "BR": "pt",
        "CN": "zh", "CZ": "cs", "DE": "de", "DK": "da", "EE": "et", "ES": "es ca eu gl", "ET": "am",
        "FI": "fi", "FR": "fr", "GB": "cy", "GE": "ka", "GR": "el", "HR": "hr", "HU": "hu", "ID": "id su",
        "IL": "he", "IN": "as gu hi kn ml mr pa ta te ur", "IR": "fa", "IS": "is", "IT": "it", "JP": "ja",
        "KE": "sw", "KH": "km", "KR": "ko", "KZ": "kk", "LA": "lo", "LK": "si", "LT": "lt", "LV": "lv",
        "MK": "mk", "MM": "my", "MN": "mn", "MT": "mt", "MY": "ms", "NG": "ha yo", "NL": "nl", "NP": "ne",
        "PL": "pl", "RO": "ro", "RS": "sr", "RU": "ru", "SA": "ar", "SE": "sv", "SI": "sl", "SK": "sk",
        "SO": "so", "TH": "th", "TR": "tr", "UA": "uk", "US": "en", "UZ": "uz", "VN": "vi", "ZA": "af",
    }.items()
    for code in codes.split()
} | {"no": "nb-NO", "jw": "jv-ID", "tl": "fil-PH", "yue": "zh-HK"}  # fmt: skip


def code_of(locale: str, target: str) -> str:
    """Return Whisper's code for a locale.

    Raises: ApiError: Whisper does not know its language.
    """
    name = locale.strip().lower().replace("_", "-")
    code = SPECIAL.get(name) or language_of(name, target)
    if not code:
        raise ApiError("Give a locale such as “en-US”.", code="InvalidLocale", param=target)
    return code


def common_code(locales: Sequence[str], target: str) -> str:
    """Return the code that all the candidates mean; empty where there is none, and it is to be detected.

    Raises: ApiError: one of them is of a language that Whisper does not know.
    """
    codes = {code_of(locale, target) for locale in locales}
    return codes.pop() if len(codes) == 1 else ""


def locale_of(code: str, candidates: Sequence[str] = ()) -> str:
    """Return the locale for a language that was heard: as it was asked for, or else the usual one."""
    for candidate in candidates:
        if code_of(candidate, "locale") == code:
            return candidate
    return USUAL.get(code, code)
