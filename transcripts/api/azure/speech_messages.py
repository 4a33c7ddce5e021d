"""The messages of the Speech SDK's sockets, and what a client says in them of how it wants to be heard.

Text is headers, an empty line, and JSON. Sound is two bytes for the headers' length, these, and samples.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transcripts.api.azure.locales import common_code
from transcripts.api.bodies import json_in
from transcripts.api.errors import ApiError
from transcripts.ingest import PROMPT_LENGTH
from transcripts.labels import clean_label
from transcripts.vocabulary import TERM_LENGTH, fitting

# Seconds of silence that end a phrase, where the client wishes no other length; and what it may wish.
PHRASE_SILENCE = 0.5
SILENCES = (0.1, 5.0)
# Seconds after which somebody who is to say one phrase has said nothing.
INITIAL_SILENCE = 5.0
# Milliseconds of silence beyond which nobody means what is said.
LONGEST_SILENCE = 24 * 3600 * 1000


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
            values = json_in(body)
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
        found = named if isinstance(named, list) else [one] if one else []
        if not all(isinstance(name, str) for name in found):
            raise ApiError("The languages in the speech.context must be locales such as “en-US”.")
        return found

    @property
    def language(self) -> str:
        return common_code(self.locales, "language")

    @property
    def prompt(self) -> str:
        """The phrases that are likely to be said."""
        groups = _objects(self.within("dgi"), "Groups")
        items = [item for group in groups for item in _objects(group, "Items")]
        terms = [clean_label(text_of(item.get("Text")), TERM_LENGTH) for item in items]
        return ", ".join(fitting(filter(None, terms), PROMPT_LENGTH))

    @property
    def has_speakers(self) -> bool:
        return bool(self.within("phraseDetection", "speakerDiarization"))

    @property
    def mode(self) -> str:
        return text_of(self.within("phraseDetection").get("mode")).lower()

    @property
    def silence(self) -> float:
        wished = next(_milliseconds(self.values, "segmentationSilenceTimeoutMs"), PHRASE_SILENCE * 1000)
        return min(max(wished / 1000, SILENCES[0]), SILENCES[1])

    @property
    def initial_silence(self) -> float:
        return next(_milliseconds(self.values, "initialSilenceTimeout"), INITIAL_SILENCE * 1000) / 1000


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _objects(values: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = values.get(name) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ApiError(f"“{name}” in the speech.context must be a list of objects.")
    return found


def _milliseconds(values: Any, name: str) -> Iterator[float]:
    """Yield what is called so, wherever it is: its place differs between the SDK's versions and modes."""
    waiting = [values]
    while waiting:
        for key, value in waiting.pop().items():
            if key.lower().startswith(name.lower()) and isinstance(value, int | float):
                yield from [value] if 0 < value <= LONGEST_SILENCE else []
            elif isinstance(value, dict):
                waiting.append(value)
