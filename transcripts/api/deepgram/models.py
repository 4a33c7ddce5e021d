"""Deepgram's names for models, as those that are here."""

import re

from transcripts import speech
from transcripts.api.catalogue import CONFIGURED, public_name

FAMILIES = (
    r"(?:nova-3|nova-2|nova|enhanced|base|2|flux)(?:-(?:general(?:-en|-multi)?|medical|meeting|phonecall|finance|"
    r"conversationalai|voicemail|video|drivethru|automotive|atc))?"
)
KINDS = r"general|meeting|phonecall|voicemail|finance|conversationalai|video"
KNOWN = re.compile(rf"|{FAMILIES}|{KINDS}")
WHISPER = re.compile(r"whisper(?:-(?:cloud|tiny|base|small|medium|large))?")


def local_name(name: str) -> str:
    """Return what the catalogue is to look for: “” where the vendor's name means the configured model.

    Whisper's sizes are those of installed models, where there is one.
    """
    if WHISPER.fullmatch(name):
        size = name.partition("-")[2]
        names = [public_name(model) for model in speech.choices()]
        return next((found for found in names if size and size in found.split("-")), "")
    return "" if KNOWN.fullmatch(name) else name


def aliases_of(name: str) -> frozenset[str]:
    """Return the names that mean the configured model: this one, where it does."""
    return CONFIGURED if local_name(name) else CONFIGURED | {name}
