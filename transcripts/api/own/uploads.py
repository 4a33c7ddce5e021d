"""Uploads that can be resumed, by tus 1.0.0: the pages' own, for programs with a key."""

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from sttweb.accounts.models import ApiKey, User
from transcripts import ingest, quotas
from transcripts.api import service
from transcripts.api.catalogue import CONFIGURED
from transcripts.api.errors import of
from transcripts.api.gate import Caller, admit, key_in
from transcripts.api.own.documents import headers_of, refusals
from transcripts.api.own.problems import as_problem, problem
from transcripts.ingest import Refused
from transcripts.models import ApiRequest, Recording
from transcripts.views import uploads
from transcripts.wishes import Wishes

PREFIX = "api/v1/uploads"


class ByKey(uploads.Tus):
    """Sent by whom an API key belongs to."""

    route = "own_upload"
    caller: Caller

    def sender(self, request: HttpRequest) -> User:
        self.caller = admit(key_in(request), ApiKey.Scope.TRANSCRIBE)
        return self.caller.user

    def answer(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not hasattr(self, str(request.method).lower()):
            return self.http_method_not_allowed(request, *args, **kwargs)
        return super().answer(request, *args, **kwargs)

    def refuse(self, refused: Refused) -> HttpResponse:
        return uploads.with_protocol(problem(of(refused)), refused)

    def page_of(self, recording: Recording) -> str:
        return f"/api/v1/recordings/{recording.pk}"

    def begin(self, wishes: Wishes, size: int | None) -> Recording:
        asked = service.Asked(ApiRequest.Vendor.OWN, "", aliases=CONFIGURED | {""}, task=wishes.task)
        with quotas.reserving(), transaction.atomic():
            _, given = service.accept(self.caller, asked)
            wishes = replace(
                wishes,
                source=given.source,
                api_request=given.api_request,
                is_listed=given.is_listed,
                delete_after=given.delete_after,
            )
            return ingest.begin(self.owner, wishes, size)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return as_problem(super().http_method_not_allowed(request, *args, **kwargs))


class Uploads(ByKey, uploads.Uploads):
    pass


class Upload(ByKey, uploads.Upload):
    pass


urlpatterns = [
    path(PREFIX, csrf_exempt(Uploads.as_view()), name="own_uploads"),
    path(f"{PREFIX}/<uuid:pk>", csrf_exempt(Upload.as_view()), name="own_upload"),
]

SECURITY = [{"ApiKeyAuth": [ApiKey.Scope.TRANSCRIBE.value]}]
NOTHING: dict[str, Any] = {"description": "Done."}
BODY = {
    "required": False,
    "content": {
        uploads.CONTENT_TYPE: {"schema": {"type": "string", "contentMediaType": uploads.CONTENT_TYPE}}
    },
}


ONE = {"in": "path", "name": "upload_id", "required": True, "schema": {"type": "string", "format": "uuid"}}


def _operation(name: str, summary: str, done: int, *statuses: int, **headers: str) -> dict[str, Any]:
    responses = {done: NOTHING, **refusals(*statuses)["responses"]}
    parameters = headers_of(Tus_Resumable="1.0.0", **headers)["parameters"]
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["Uploads"],
        "security": SECURITY,
        "parameters": [*([ONE] if name != "create_upload" else []), *parameters],
        "responses": {str(status): response for status, response in sorted(responses.items())},
    }


PATHS: dict[str, Any] = {
    f"/{PREFIX}": {
        "post": {
            **_operation(
                "create_upload",
                "Begin an upload",
                201,
                *(400, 401, 403, 412, 413, 415, 429, 460, 507),
                Upload_Length="Bytes of the whole file.",
                Upload_Defer_Length="1 where that is not known yet.",
                Upload_Metadata=f"{', '.join(uploads.METADATA)}: each name with its value in Base64."
                " Begun again with the same id, it is the same upload.",
            ),
            "description": "By tus 1.0.0: `Location` is where pieces of at most 8 MB are sent.",
            "requestBody": BODY,
        }
    },
    f"/{PREFIX}/{{upload_id}}": {
        "head": _operation("get_upload", "How far it is", 200, 401, 403, 404, 412, 429),
        "patch": {
            **_operation(
                "append_to_upload",
                "Send the next piece",
                204,
                *(400, 401, 403, 404, 409, 412, 413, 415, 429, 460, 507),
                Upload_Offset="Where the piece begins.",
                Upload_Checksum="`sha256` or `sha1`, and the piece's checksum in Base64.",
            ),
            "requestBody": BODY,
        },
        "delete": _operation("delete_upload", "Give it up", 204, 401, 403, 404, 409, 412, 429),
    },
}
