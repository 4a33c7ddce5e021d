"""Swear words: left, masked, tagged or removed, as the vendor's clients ask for.

The vendor masks unless it is told otherwise, so the list holds only what is nothing but a swear word: no word
of anatomy, illness, law, origin or belief, which hospitals, newsrooms and courts must be able to read.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    NONE = "None"
    MASKED = "Masked"
    TAGS = "Tags"
    REMOVED = "Removed"


# Words by language, with their endings.
WORDS = {
    "en": r"(?:mother|cluster)?fuck\w* (?:bull|horse|bat)?shit(?:s|ty|ting|ted|head|show|hole)? ass-?holes?"
    r" (?:dumb|jack)-?ass(?:es)? bitch(?:es|y|ing)? cunts? wank(?:er|ers|ing) twats? arse(?:hole)?s? bollocks"
    r" cock-?suck(?:er|ers|ing) dick-?heads? douche-?bags?",
    "de": r"(?:ver)?fick(?:t|en|e|er|te|ten)? gefickt\w* schei(?:ß|ss)\w* (?:ver|be)schissen\w* wichser\w*"
    r" arschl[oö]ch\w* hurens[oö]hn\w* schlampen? fotzen? missgeburt\w* dreckskerl\w*",
    "fr": r"putains? merd(?:e|es|ique|iques|eux) emmerd\w+ encul\w+ connards? connasses? salopes? salauds?"
    r" niquer? foutre",
    "es": r"mierdas? puta jod(?:er|ido|ida|idos|idas) cabr[oó]n(?:es|a|as)? gilipollas coño pendej[oa]s?"
    r" ching(?:ar|ada|ado|uen)",
    "it": r"cazz(?:o|i|ate|ata) merd(?:a|e|oso|osa) stronz(?:[oaie]|ate|ata) (?:vaf)?fanculo puttan[ae]"
    r" coglion[ei] minchia",
    "pt": r"merdas? puta caralhos? foda(?:-se)? foder fodid[oa]s? porra arrombad[oa]s?",
    "nl": r"kut(?:wijf|wijven|zooi)? klotezak godverdomme neuken hoerenzoon kankerlijers?",
    "pl": r"kurw\w+ chuj\w* (?:[wz]y|za|s|o)?pierd[oa]l\w+ jeban\w+ skurwysyn\w*",
    "ru": r"бля(?:дь|ди|ть)? ху(?:й|я|ю|ем) хуёв\w* пизд\w+ [её]б(?:ан\w*|ать|ал|уч\w*) мудак\w*",
}
# What is said in every language by now.
EVERYWHERE = WORDS["en"]


@dataclass(frozen=True)
class Censor:
    """What happens to the swear words of a language, by one of Whisper's codes."""

    mode: Mode
    language: str

    def __call__(self, text: str) -> str:
        if self.mode is Mode.NONE:
            return text
        found = pattern(self.language).sub(self._instead, text)
        return tidy(found) if self.mode is Mode.REMOVED else found

    def _instead(self, found: re.Match[str]) -> str:
        word = found[0]
        match self.mode:
            case Mode.MASKED:
                return word[0] + "*" * (len(word) - 1)
            case Mode.TAGS:
                return f"<profanity>{word}</profanity>"
            case _:
                return ""


def tidy(text: str) -> str:
    """Take away what stood around words that are gone: spaces, and one of two commas."""
    closed = re.sub(r"\s+(?=[\s,.;:!?]|$)", "", text)
    return re.sub(r"^[\s,.;:!?]+|(?<=[,;:])[,;:]+", "", closed)


def pattern(language: str) -> re.Pattern[str]:
    words = "|".join(f"{WORDS.get(language, '')} {EVERYWHERE}".split())
    # `re` keeps what it has compiled.
    return re.compile(rf"(?<![\w'’-])(?:{words})(?![\w'’-])", re.IGNORECASE)
