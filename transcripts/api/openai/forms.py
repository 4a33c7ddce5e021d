"""The form of a transcription or translation, checked field by field."""

from dataclasses import asdict, dataclass

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError

from transcripts.api.errors import ApiError
from transcripts.api.languages import language_of
from transcripts.api.service import Asked
from transcripts.ingest import PROMPT_LENGTH
from transcripts.models import ApiRequest, Recording

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
DIARIZED = "diarized_json"
# The vendor ignores `stream` for it.
UNSTREAMED = "whisper-1"
MAX_KNOWN_SPEAKERS = 4
TRUE = ("true", "True", "1")
FALSE = ("false", "False", "0")

NO_FORM = "The form could not be read: send multipart/form-data with the audio as its field “file”."
LONG_FIELDS = "The form's fields are too large: the audio must be a file, and known speakers' samples short."
NO_FILE = "Send the audio as a file in the form's field “file”."
NO_MODEL = "Give a model in the form's field “model”, for example “whisper-1”."


@dataclass(frozen=True)
class Shape:
    """What the answer is to look like."""

    task: str
    response_format: str = "json"
    has_words: bool = False
    has_segments: bool = True
    has_logprobs: bool = False
    has_languages: bool = False
    is_streamed: bool = False

    @property
    def is_diarized(self) -> bool:
        return self.response_format == DIARIZED


@dataclass(frozen=True)
class Form:
    file: UploadedFile
    shape: Shape
    asked: Asked


def form_of(request: HttpRequest, task: str) -> Form:
    """Raises: ApiError: a field is missing or cannot be met; `param` names it."""
    fields, file = _posted(request)
    model = fields.get("model", "").strip()
    if not model:
        raise ApiError(NO_MODEL, param="model")
    shape = _shape(fields, model, task)
    _check_chunking(fields)
    _check_speakers(fields)
    asked = Asked(
        ApiRequest.Vendor.OPENAI,
        model,
        task=task,
        language=_language(fields) if task == Recording.Task.TRANSCRIBE else "",
        prompt=_prompt(fields),
        temperature=_number(fields, "temperature", 0.0, 1.0, 0.0),
        file_name=file.name or "",
        is_diarized=shape.is_diarized,
    )
    return Form(file, shape, _with_options(asked, shape))


def _posted(request: HttpRequest) -> tuple[QueryDict, UploadedFile]:
    try:
        fields, files = request.POST, request.FILES
    except RequestDataTooBig:
        raise ApiError(LONG_FIELDS, 413) from None
    except (MultiPartParserError, UnreadablePostError, SuspiciousOperation):
        raise ApiError(NO_FORM) from None
    file = files.get("file")
    if not isinstance(file, UploadedFile):
        raise ApiError(NO_FILE, param="file")
    return fields, file


def _with_options(asked: Asked, shape: Shape) -> Asked:
    """Keep all that was asked for, so that the same call is known again."""
    said = {"language": asked.language, "prompt": asked.prompt, "temperature": asked.temperature}
    asked.options.update(asdict(shape) | said)
    return asked


def _shape(fields: QueryDict, model: str, task: str) -> Shape:
    is_translation = task == Recording.Task.TRANSLATE
    form = _choice(fields, "response_format", FORMATS if is_translation else (*FORMATS, DIARIZED), "json")
    granularities = _choices(fields, "timestamp_granularities", ("word", "segment"))
    if granularities and form != "verbose_json":
        message = "Timestamp granularities need the response format “verbose_json”."
        raise ApiError(message, param="timestamp_granularities")
    has_logprobs = bool(_choices(fields, "include", ("logprobs",)))
    if has_logprobs and form != "json":
        raise ApiError("Log probabilities need the response format “json”.", param="include")
    return Shape(
        task=task,
        response_format=form,
        has_words="word" in granularities,
        has_segments=not granularities or "segment" in granularities,
        has_logprobs=has_logprobs,
        has_languages=model == "gpt-transcribe",
        is_streamed=not is_translation and model != UNSTREAMED and _is_true(fields, "stream"),
    )


def _language(fields: QueryDict) -> str:
    """Return the one language that is given: of several it is detected."""
    language = language_of(fields.get("language", ""))
    possible = {language_of(text, "languages") for text in _list(fields, "languages")} - {""}
    if language or len(possible) != 1:
        return language
    return possible.pop()


def _prompt(fields: QueryDict) -> str:
    """Return the terms, then the prompt, of which the end counts."""
    terms = ", ".join(text.strip() for text in _list(fields, "keywords") if text.strip())
    prompt = " ".join(part for part in (terms and f"{terms}.", fields.get("prompt", "").strip()) if part)
    return prompt[-PROMPT_LENGTH:]


def _check_chunking(fields: QueryDict) -> None:
    """Recordings are always cut at silences, so a strategy changes nothing; a mistake in it is told."""
    allowed = ("", "auto", "server_vad")
    _choice(fields, "chunking_strategy", allowed, "")
    _choice(fields, "chunking_strategy[type]", allowed, "")
    _number(fields, "chunking_strategy[threshold]", 0.0, 1.0, 0.5)
    for name in ("prefix_padding_ms", "silence_duration_ms"):
        _number(fields, f"chunking_strategy[{name}]", 0.0, 60_000.0, 0.0)


def _check_speakers(fields: QueryDict) -> None:
    names = _list(fields, "known_speaker_names")
    samples = _list(fields, "known_speaker_references")
    if len(names) > MAX_KNOWN_SPEAKERS:
        message = f"At most {MAX_KNOWN_SPEAKERS} speakers can be known beforehand."
        raise ApiError(message, param="known_speaker_names")
    if len(names) != len(samples):
        message = "Give as many known speakers' references as names."
        raise ApiError(message, param="known_speaker_references")
    if not all(sample.startswith("data:") for sample in samples):
        message = "A known speaker's reference must be a data: URL with a few seconds of sound."
        raise ApiError(message, param="known_speaker_references")


def _list(fields: QueryDict, name: str) -> list[str]:
    return fields.getlist(f"{name}[]") or fields.getlist(name)


def _choices(fields: QueryDict, name: str, allowed: tuple[str, ...]) -> list[str]:
    return [_one_of(text, name, allowed) for text in _list(fields, name)]


def _choice(fields: QueryDict, name: str, allowed: tuple[str, ...], default: str) -> str:
    return _one_of(fields.get(name, "") or default, name, allowed)


def _one_of(text: str, name: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        known = ", ".join(filter(None, allowed))
        raise ApiError(f"“{text[:40]}” is not possible as {name}: choose one of {known}.", param=name)
    return text


def _number(fields: QueryDict, name: str, low: float, high: float, default: float) -> float:
    text = fields.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ApiError(f"The field {name} must be a number from {low:g} to {high:g}.", param=name)
    return value


def _is_true(fields: QueryDict, name: str) -> bool:
    return _choice(fields, name, (*TRUE, *FALSE), FALSE[0]) in TRUE
