"""aimlapi's names for models: those of the vendors that it stands before, with a mark of its own."""

from transcripts.api.catalogue import CONFIGURED
from transcripts.api.deepgram import models as deepgram

MARKS = ("#g1_", "#g2_", "openai/", "deepgram/")
OTHERS = frozenset({"aai/slam-1", "aai/universal", "assembly/slam-1", "assembly/universal"})


def local_name(name: str) -> str:
    """Return what the catalogue is to look for: “” where the name means the configured model."""
    mark = next((mark for mark in MARKS if name.startswith(mark)), "")
    rest = name.removeprefix(mark)
    return "" if name in OTHERS or rest in CONFIGURED else deepgram.local_name(rest)


def aliases_of(name: str) -> frozenset[str]:
    """Return the names that mean the configured model: this one, where it does."""
    return CONFIGURED if local_name(name) else CONFIGURED | {name}
