"""Programs of a few lines, one for each library that works here: as the pages and the README show them."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ADDRESS, HOST = "http://127.0.0.1:8000", "127.0.0.1:8000"

LABELS = {
    "openai.py": "OpenAI, Python",
    "openai.mjs": "OpenAI, JavaScript",
    "openai_realtime.py": "OpenAI, Realtime",
    "azure_transcription.py": "Azure, fast transcription",
    "azure_batch.py": "Azure, batch",
    "azure_speech.py": "Azure, Speech SDK",
    "deepgram.py": "Deepgram",
    "fal.py": "fal, Python",
    "fal.mjs": "fal, JavaScript",
    "aimlapi.py": "aimlapi",
    "own.py": "This API itself",
}


@dataclass(frozen=True)
class Example:
    name: str
    label: str
    code: str

    @property
    def language(self) -> str:
        return "js" if self.name.endswith(".mjs") else "python"


def examples(address: str = ADDRESS) -> list[Example]:
    """Return all of them, led to the installation at this address."""
    return [Example(name, label, _code(name, address)) for name, label in LABELS.items()]


def _code(name: str, address: str) -> str:
    code = (FOLDER / name).read_text()
    scheme, _, host = address.partition("://")
    if scheme == "https":
        code = code.replace(f"ws://{HOST}", f"wss://{host}")
    return code.replace(ADDRESS, address).replace(HOST, host)
