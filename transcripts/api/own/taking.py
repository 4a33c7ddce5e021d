"""New recordings: from a link, from a form with a file, or from a file as it is."""

from dataclasses import replace
from typing import Any

import pydantic
from django.http import QueryDict
from ninja.errors import ValidationError
from pydantic import Field

from transcripts.api import service
from transcripts.api.catalogue import CONFIGURED
from transcripts.api.errors import ApiError, ModelUnknown
from transcripts.api.own.auth import Call
from transcripts.api.own.fields import Given, Language, Text
from transcripts.api.own.recording_shapes import Task
from transcripts.models import ApiRequest, Recording
from transcripts.wishes import PROMPT_LENGTH

NO_SOUND = "Send JSON with a “url”, a form with a “file”, or the file itself as the body with its type."
TOO_MUCH = "Give either a file or a “url”, not both."


class Wishes(Given):
    """What is to be done with a recording."""

    title: Text = Field("", max_length=200, description="The file's name where empty.")
    language: Language = ""
    task: Task = "transcribe"
    model: Text = Field("", max_length=200, description="One of `/models`; the configured one where empty.")
    prompt: Text = Field("", max_length=PROMPT_LENGTH, description="Names and terms to expect.")
    temperature: float = Field(0.0, ge=0, le=1)
    is_multichannel: bool = Field(False, description="Each channel is heard for itself, and is a speaker.")


class Link(Wishes):
    url: Text = Field(max_length=2000, description="Where the server fetches the recording from.")


class Form(Wishes):
    """What a form says: all of it is text."""

    model_config = pydantic.ConfigDict(strict=False, extra="forbid", allow_inf_nan=False)

    url: Text = Field("", max_length=2000)


class FileWishes(Wishes):
    """What the address of a body that is a file says."""

    model_config = pydantic.ConfigDict(strict=False, extra="forbid", allow_inf_nan=False)

    file_name: Text = Field("", max_length=255)


def take(request: Call, given: FileWishes) -> Recording:
    """Take in what a call brings, whichever way it brings it.

    Args: given: what the address says; what the body says counts more.
    """
    match request.content_type:
        case "application/json":
            return _from_json(request)
        case "multipart/form-data" | "application/x-www-form-urlencoded":
            return _from_form(request)
    size = _length(request)
    if not size:
        raise ApiError(NO_SOUND, 400)
    return _take_body(request, replace(asked_of(given), file_name=given.file_name), request, size)


def _from_json(request: Call) -> Recording:
    link = _read(Link.model_validate_json, request.body)
    return _take_link(request, asked_of(link), link.url)


def _from_form(request: Call) -> Recording:
    file = request.FILES.get("file")
    form: Form = _read(Form.model_validate, _flat(request.POST))
    if file is None and not form.url:
        raise ApiError(NO_SOUND, 400, param="file")
    if file is not None and form.url:
        raise ApiError(TOO_MUCH, 400, param="url")
    if file is None:
        return _take_link(request, asked_of(form), form.url)
    return _take_body(request, replace(asked_of(form), file_name=file.name or ""), file, file.size or 0)


def asked_of(wishes: Wishes) -> service.Asked:
    return service.Asked(
        ApiRequest.Vendor.OWN,
        wishes.model,
        aliases=CONFIGURED | {""},
        task=wishes.task,
        language=wishes.language,
        prompt=wishes.prompt,
        temperature=wishes.temperature,
        title=wishes.title,
        is_multichannel=wishes.is_multichannel,
    )


def _take_body(request: Call, asked: service.Asked, body: Any, size: int) -> Recording:
    with known_model():
        return service.take_body(request.auth, asked, body, size)


def _take_link(request: Call, asked: service.Asked, url: str) -> Recording:
    with known_model():
        return service.take_link(request.auth, asked, url)


class known_model:
    """Says where this API lists its models."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ModelUnknown):
            sentence = str(error).replace("/v1/models", "/api/v1/models")
            raise ApiError(sentence, 400, code=error.code, param=error.param) from None


def _read(parse: Any, sent: Any) -> Any:
    try:
        return parse(sent)
    except pydantic.ValidationError as error:
        faults = [{"loc": ("body", "body", *fault["loc"]), "msg": fault["msg"]} for fault in error.errors()]
        raise ValidationError(faults) from None


def _flat(form: QueryDict) -> dict[str, str]:
    return {name: str(form[name]) for name in form}


def _length(request: Call) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0
