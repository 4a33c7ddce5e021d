"""What comes with a recording, and how much of it is taken."""

import re
from dataclasses import dataclass
from datetime import datetime

from transcripts.engine.languages import LANGUAGES
from transcripts.labels import clean_label
from transcripts.models import ApiRequest, Recording
from transcripts.models.recording import UPLOAD_KEY_LENGTH
from transcripts.refusals import Refused

PROMPT_LENGTH = 1000


@dataclass(frozen=True)
class Wishes:
    """What the sender says of a recording and wants done with it."""

    title: str = ""
    file_name: str = ""
    source: str = Recording.Source.UPLOAD
    language: str = ""
    task: str = Recording.Task.TRANSCRIBE
    prompt: str = ""
    sha256: str = ""
    # The sender's own name for this upload, by which it is known again.
    upload_key: str = ""
    upload_metadata: str = ""
    # Of what programs ask for.
    api_request: ApiRequest | None = None
    model: str = ""
    temperature: float = 0.0
    is_live: bool = False
    is_listed: bool = True
    is_multichannel: bool = False
    is_diarized: bool = False
    delete_after: datetime | None = None

    def check(self) -> None:
        if self.language and self.language not in LANGUAGES:
            raise Refused(f"“{clean_label(self.language, 20)}” is not a language code that Whisper knows.")
        if self.task not in Recording.Task.values:
            raise Refused("The task must be “transcribe” or “translate”.")
        if self.source not in Recording.Source.values:
            raise Refused("The source must be “microphone” or “upload”.")
        if len(self.prompt) > PROMPT_LENGTH:
            raise Refused(f"Names and terms may have at most {PROMPT_LENGTH} characters.")
        if len(self.upload_key) > UPLOAD_KEY_LENGTH or not self.upload_key.isprintable():
            raise Refused(f"An upload's id may have at most {UPLOAD_KEY_LENGTH} printable characters.")
        check_sha256(self.sha256)


def check_sha256(text: str) -> None:
    if text and not re.fullmatch("[0-9a-f]{64}", text):
        raise Refused("The file's SHA-256 must be 64 hexadecimal digits in lower case.")
