"""What callers call a language, as one of Whisper's codes."""

from transcripts.api.errors import ApiError
from transcripts.engine.languages import LANGUAGES
from transcripts.labels import clean_label

AUTOMATIC = ("", "auto")
# Other names that openai/whisper takes, and codes that others use for the same languages.
OTHERS = {
    "castilian": "es",
    "fil": "tl",
    "flemish": "nl",
    "haitian": "ht",
    "iw": "he",
    "jv": "jw",
    "letzeburgesch": "lb",
    "mandarin": "zh",
    "maori": "mi",
    "moldavian": "ro",
    "moldovan": "ro",
    "nb": "no",
    "panjabi": "pa",
    "pushto": "ps",
    "sinhalese": "si",
    "valencian": "ca",
}
CODES = {name.casefold(): code for code, name in LANGUAGES.items()} | {code: code for code in LANGUAGES}


def language_of(text: str, param: str = "language") -> str:
    """Return the code of a language given by its code, locale or English name; empty for automatic.

    Args: param: the field that it was given in.
    Raises: ApiError: Whisper does not know it.
    """
    name = text.strip().casefold().replace("_", "-")
    if name in AUTOMATIC:
        return ""
    known = OTHERS | CODES
    code = known.get(name) or known.get(name.partition("-")[0])
    if code is None:
        raise ApiError(
            f"The language “{clean_label(text, 40)}” is not known here: give a code such as “en” or “de”, or"
            " leave it out to have it detected.",
            param=param,
            code="unsupported_language",
        )
    return code
