"""What the two applications take, checked as the vendor does."""

import math
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from pydantic_core import PydanticCustomError

from transcripts.api.bodies import json_in
from transcripts.api.errors import ApiError
from transcripts.api.fal.errors import InputInvalid
from transcripts.engine.languages import LANGUAGES
from transcripts.ingest import PROMPT_LENGTH

# Of a call with the sound in it, which is in memory several times while it is read.
MAX_BODY_BYTES = 48_000_000
START_TIMEOUT = "X-Fal-Request-Timeout"


def _known(language: str) -> str:
    if language not in LANGUAGES:
        message = "“{language}” is not a language code that Whisper knows"
        raise PydanticCustomError("enum", message, {"language": language[:20]})
    return language


Language = Annotated[str, AfterValidator(_known)]


class Input(BaseModel):
    audio_url: str = Field(min_length=1)
    task: Literal["transcribe", "translate"] = "transcribe"
    language: Language | None = None
    chunk_level: Literal["none", "segment", "word"] = "segment"
    version: Literal["3"] = "3"
    prompt: str = Field("", max_length=PROMPT_LENGTH)
    diarize: bool = False


class WhisperInput(Input):
    num_speakers: int | None = Field(None, ge=1)
    # How much is heard at once is the installation's to say.
    batch_size: int = Field(64, ge=1, le=64)


class WizperInput(Input):
    language: Language | None = "en"
    # Seconds.
    max_segment_len: int = Field(29, ge=10, le=29)
    merge_chunks: bool = True


APPLICATIONS: dict[str, type[Input]] = {"fal-ai/whisper": WhisperInput, "fal-ai/wizper": WizperInput}


def check_application(name: str) -> None:
    if name not in APPLICATIONS:
        raise ApiError(f"There is no application “{name[:100]}” here: {' and '.join(APPLICATIONS)} are.", 404)


def read(request: HttpRequest, application: str) -> Input:
    """Return the call's input.

    Raises: ApiError: there is no such application, or something is wrong with the input.
    """
    check_application(application)
    try:
        return APPLICATIONS[application].model_validate(read_json(request))
    except ValidationError as error:
        raise InputInvalid([_problem(found) for found in error.errors()]) from None


def start_timeout(request: HttpRequest) -> float | None:
    """Return how many seconds the call may wait before it is begun; None for as long as it takes.

    Raises: ApiError: it is no number of seconds.
    """
    text = request.headers.get(START_TIMEOUT, "")
    try:
        seconds = float(text) if text else None
    except ValueError:
        seconds = -1.0
    if seconds is not None and not 0 < seconds < math.inf:
        raise ApiError(f"{START_TIMEOUT} must be a number of seconds.")
    return seconds


def read_json(request: HttpRequest) -> Any:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY_BYTES:
        raise ApiError("The file is too large to be part of a call: upload it, and give its address.", 413)
    try:
        # `request.body` would refuse what is larger than a form.
        return json_in(request.read())
    except ValueError:
        problem = {"loc": ["body"], "msg": "The body is not JSON.", "type": "json_invalid"}
        raise InputInvalid([problem]) from None


def _problem(found: Any) -> dict[str, Any]:
    return {"loc": ["body", *found["loc"]], "msg": found["msg"], "type": found["type"]}
