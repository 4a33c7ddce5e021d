"""The messages of the Speech SDK's sockets, and what a client says in them of how it wants to be heard.

Text is headers, an empty line, and JSON. Sound is two bytes for the headers' length, these, and samples.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transcripts.api.azure.locales import common_code
from transcripts.api.errors import ApiError
from transcripts.ingest import PROMPT_LENGTH
from transcripts.labels import clean_label
from transcripts.vocabulary import TERM_LENGTH, fitting

# Seconds of silence that end a phrase, where the client wishes no other length; and what it may wish.
PHRASE_SILENCE = 0.5
SILENCES = (0.1, 5.0)
# Seconds after which somebody who is to say one phrase has said nothing.
INITIAL_SILENCE = 5.0


@dataclass(frozen=True)
class Message:
    path: str
    request_id: str
    body: bytes


def read(text: str | None, data: bytes | None) -> Message:
    """Raises: ApiError: it is no message of this protocol."""
    if text is not None:
        head, _, body = text.partition("\r\n\r\n")
        return _message(head, body.encode())
    data = data or b""
    length = int.from_bytes(data[:2], "big")
    if len(data) < 2 + length:
        raise ApiError("A message with sound is shorter than its headers say.")
    return _message(data[2 : 2 + length].decode("latin-1"), data[2 + length :])


def _message(head: str, body: bytes) -> Message:
    pairs = (line.partition(":") for line in head.split("\r\n"))
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if "path" not in headers:
        raise ApiError("A message has no “Path” header: this is not what the Speech SDK sends.")
    return Message(headers["path"].lower(), headers.get("x-requestid", ""), body)


def written(path: str, request_id: str, facts: dict[str, Any]) -> str:
    head = f"X-RequestId:{request_id}\r\nPath:{path}\r\nContent-Type:application/json; charset=utf-8"
    return f"{head}\r\n\r\n{json.dumps(facts)}"


@dataclass(frozen=True)
class Context:
    """What a client says before its sound."""

    values: dict[str, Any]

    @classmethod
    def parse(cls, body: bytes) -> "Context":
        try:
            values = json.loads(body)
        except ValueError:
            values = None
        if not isinstance(values, dict):
            raise ApiError("The speech.context must be a JSON object.")
        return cls(values)

    def within(self, *names: str) -> dict[str, Any]:
        found: Any = self.values
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def locales(self) -> list[str]:
        """The languages that it may be: one that is named, or several to choose from."""
        named = self.within("languageId").get("languages")
        one = self.within("phraseDetection").get("language")
        return [str(name) for name in named] if isinstance(named, list) else [str(one)] if one else []

    @property
    def language(self) -> str:
        return common_code(self.locales, "language")

    @property
    def prompt(self) -> str:
        """The phrases that are likely to be said."""
        groups = self.within("dgi").get("Groups") or []
        items = [item for group in groups if isinstance(group, dict) for item in group.get("Items") or []]
        terms = [
            clean_label(str(item.get("Text", "")), TERM_LENGTH) for item in items if isinstance(item, dict)
        ]
        return ", ".join(fitting(filter(None, terms), PROMPT_LENGTH))

    @property
    def has_speakers(self) -> bool:
        return bool(self.within("phraseDetection", "speakerDiarization"))

    @property
    def mode(self) -> str:
        return str(self.within("phraseDetection").get("mode", "")).lower()

    @property
    def silence(self) -> float:
        wished = next(_milliseconds(self.values, "segmentationSilenceTimeoutMs"), PHRASE_SILENCE * 1000)
        return min(max(wished / 1000, SILENCES[0]), SILENCES[1])

    @property
    def initial_silence(self) -> float:
        return next(_milliseconds(self.values, "initialSilenceTimeout"), INITIAL_SILENCE * 1000) / 1000


def _milliseconds(values: Any, name: str) -> Iterator[float]:
    """Yield what is called so, wherever it is: its place differs between the SDK's versions and modes."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if key.lower().startswith(name.lower()) and isinstance(value, int | float) and value > 0:
            yield value
        yield from _milliseconds(value, name)
