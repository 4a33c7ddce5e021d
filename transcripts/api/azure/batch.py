"""Batches: `/speechtotext/transcriptions` of 2024-11-15, and `/speechtotext/v3.2/transcriptions`."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from sttweb.accounts.models import ApiKey
from transcripts import access, batches
from transcripts.api.azure import links, results
from transcripts.api.azure.dialects import Dated, Settings
from transcripts.api.azure.errors import refusal
from transcripts.api.azure.fields import page_number
from transcripts.api.azure.submission import change, submit
from transcripts.api.azure.units import stamp
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, admit, endpoint, key_in
from transcripts.api.threads import in_thread
from transcripts.batches import Progress, Stage
from transcripts.models import ApiRequest

PAGE = 100


def by_verb(request: HttpRequest, scope: str) -> Caller:
    """Admit who asks as often as clients do, and who deletes only with a key that may."""
    wanted = ApiKey.Scope.MANAGE if request.method == "DELETE" else scope
    return admit(key_in(request), wanted, is_poll=request.method == "GET")


@endpoint(refusal, "POST")
async def submission(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponseBase:
    return await in_thread(_submitted, request, caller, dialect)


@endpoint(refusal, "GET", "POST", admission=by_verb)
async def collection(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponseBase:
    act = _submitted if request.method == "POST" else _listed
    return await in_thread(act, request, caller, dialect)


@endpoint(refusal, "GET", admission=by_verb)
async def listing(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponseBase:
    return await in_thread(_listed, request, caller, dialect)


@endpoint(refusal, "GET", "PATCH", "DELETE", admission=by_verb)
async def transcription(request: HttpRequest, caller: Caller, pk: UUID, dialect: Dated) -> HttpResponseBase:
    return await in_thread(_one, request, caller, pk, dialect)


@endpoint(refusal, "GET", admission=by_verb)
async def files(request: HttpRequest, caller: Caller, pk: UUID, dialect: Dated) -> HttpResponseBase:
    return await in_thread(_files, request, caller, pk, dialect)


@endpoint(refusal, "GET", admission=by_verb)
async def file(
    request: HttpRequest, caller: Caller, pk: UUID, file_id: UUID, dialect: Dated
) -> HttpResponseBase:
    return await in_thread(_file, request, caller, pk, file_id, dialect)


@endpoint(refusal, "GET", admission=links.by_token)
async def content(request: HttpRequest, caller: Caller, token: str) -> HttpResponseBase:
    return await in_thread(_content, caller, token)


def _submitted(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponse:
    answer = View(request, dialect)
    accepted = submit(request, caller, dialect)
    entity = answer.entity(accepted, batches.progress(accepted))
    return JsonResponse(entity, status=201, headers={"Location": entity["self"]})


def _listed(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponse:
    if request.GET.get("filter"):
        raise ApiError("“filter” is not known here: leave it out.", code="UnsupportedFilter", param="filter")
    answer = View(request, dialect)
    rows = _batches(caller)[answer.skip : answer.skip + answer.top + 1]
    values = [answer.entity(row, batches.progress(row)) for row in rows[: answer.top]]
    return answer.page(values, len(rows) > answer.top, "")


def _one(request: HttpRequest, caller: Caller, pk: UUID, dialect: Dated) -> HttpResponse:
    found = _batch(caller, pk)
    if request.method == "DELETE":
        batches.remove(found)
        return HttpResponse(status=204)
    if request.method == "PATCH":
        change(request, found)
        found.refresh_from_db()
    return JsonResponse(View(request, dialect).entity(found, batches.progress(found)))


def _files(request: HttpRequest, caller: Caller, pk: UUID, dialect: Dated) -> HttpResponse:
    found, answer = _batch(caller, pk), View(request, dialect)
    seconds = links.seconds_of(request, dialect)
    done = batches.progress(found)
    names = results.names(done)[answer.skip : answer.skip + answer.top + 1]
    values = [answer.file(found, done, name, seconds) for name in names[: answer.top]]
    return answer.page(values, len(names) > answer.top, f"/{found.pk}/files")


def _file(request: HttpRequest, caller: Caller, pk: UUID, file_id: UUID, dialect: Dated) -> HttpResponse:
    found, answer = _batch(caller, pk), View(request, dialect)
    done = batches.progress(found)
    for name in results.names(done):
        if results.file_id(found, name) == file_id:
            return JsonResponse(answer.file(found, done, name, links.seconds_of(request, dialect)))
    raise Http404


def _content(caller: Caller, token: str) -> HttpResponse:
    found, name = links.file_of(token)
    done = batches.progress(found)
    if name not in results.names(done):
        raise Http404
    return HttpResponse(_bytes(_result(found, done, name)), content_type="application/json; charset=utf-8")


def _batches(caller: Caller) -> Any:
    own = ApiRequest.objects.filter(owner=caller.user, vendor=ApiRequest.Vendor.AZURE)
    return own.filter(batch_files__number=0)


def _batch(caller: Caller, pk: UUID) -> ApiRequest:
    found = access.api_request_own(caller.user, pk, ApiRequest.Vendor.AZURE)
    if "batch" not in found.options:
        raise Http404
    return found


def _result(request: ApiRequest, files: list[Progress], name: str) -> results.ResultFile:
    ended_at = batches.ended_at(request, files) or request.created_at
    return results.make(name, files, _settings(request), ended_at)


def _settings(request: ApiRequest) -> Settings:
    return Settings(**request.options["batch"])


def _bytes(result: results.ResultFile) -> bytes:
    return json.dumps(result.content, ensure_ascii=False).encode()


class View:
    """How a request wants its answer: in which dialect, with which addresses, and which page of it."""

    def __init__(self, request: HttpRequest, dialect: Dated) -> None:
        self.request = request
        self.dialect = dialect
        self.version = request.GET.get("api-version", "")[:40]
        self.skip = page_number(request, "skip", 0, 0, 10**8)
        self.top = page_number(request, "top", PAGE, 1, 10**8)
        self.top = min(self.top, PAGE)

    def address(self, path: str) -> str:
        return self.request.build_absolute_uri(self.dialect.address(path, self.version))

    def page(self, values: list[dict[str, Any]], has_more: bool, path: str) -> HttpResponse:
        page: dict[str, Any] = {"values": values}
        if has_more:
            address = self.address(path)
            joint = "&" if "?" in address else "?"
            page["@nextLink"] = f"{address}{joint}skip={self.skip + self.top}&top={self.top}"
        return JsonResponse(page)

    def entity(self, request: ApiRequest, files: list[Progress]) -> dict[str, Any]:
        settings = _settings(request)
        ended_at = batches.ended_at(request, files)
        facts = {
            "self": self.address(f"/{request.pk}"),
            "links": {"files": self.address(f"/{request.pk}/files")},
            "displayName": settings.display_name,
            "description": settings.description or None,
            "customProperties": settings.custom or None,
            "locale": settings.locale,
            "model": {"self": self.model(request.model)} if request.model else None,
            "createdDateTime": stamp(request.created_at),
            "lastActionDateTime": stamp(ended_at or request.created_at),
            "status": status_of(files),
            "properties": self.properties(settings, files, ended_at),
        }
        return {name: value for name, value in facts.items() if value is not None}

    def model(self, name: str) -> str:
        return self.request.build_absolute_uri(self.dialect.model_address(name, self.version))

    def properties(
        self, settings: Settings, files: list[Progress], ended_at: datetime | None
    ) -> dict[str, Any]:
        succeeded = [file.recording for file in files if file.stage is Stage.SUCCEEDED and file.recording]
        seconds = sum(recording.duration or 0 for recording in succeeded) if ended_at else None
        facts = {
            "wordLevelTimestampsEnabled": settings.has_words,
            "displayFormWordLevelTimestampsEnabled": settings.has_display_words,
            "channels": settings.channels,
            "punctuationMode": settings.punctuation,
            "profanityFilterMode": settings.profanity,
            "languageIdentification": settings.identification or None,
            "error": error_of(files),
            **self.dialect.own_properties(settings, seconds),
        }
        return {name: value for name, value in facts.items() if value is not None}

    def file(self, request: ApiRequest, files: list[Progress], name: str, seconds: int) -> dict[str, Any]:
        result = _result(request, files, name)
        token = links.token(request.pk, name, seconds)
        return {
            "self": self.address(f"/{request.pk}/files/{results.file_id(request, name)}"),
            "name": name,
            "kind": result.kind,
            "links": {"contentUrl": self.request.build_absolute_uri(f"/speechtotext/contents/{token}")},
            "properties": {"size": len(_bytes(result))},
            "createdDateTime": stamp(result.created_at),
        }


def status_of(files: list[Progress]) -> str:
    stages = {file.stage for file in files}
    if stages == {Stage.WAITING}:
        return "NotStarted"
    if stages & {Stage.WAITING, Stage.RUNNING}:
        return "Running"
    return "Succeeded" if Stage.SUCCEEDED in stages else "Failed"


def error_of(files: list[Progress]) -> dict[str, str] | None:
    if status_of(files) != "Failed":
        return None
    return {"code": "InvalidData", "message": files[0].message}
