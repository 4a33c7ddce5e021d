"""The API put together: its addresses, and its OpenAPI document."""

import json
from functools import cache
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Router
from ninja.openapi.schema import get_schema
from ninja.operation import Operation

from transcripts.api.own import (
    account,
    events,
    exports,
    finding,
    notes,
    recordings,
    reruns,
    review,
    segments,
    shares,
    sound,
    speakers,
    subtitles,
    tags,
    texts,
    transcripts,
    trash,
    uploads,
    vocabulary,
    webhooks,
)
from transcripts.api.own.auth import ApiKeyAuth
from transcripts.api.own.documents import complete
from transcripts.api.own.problems import Problem, answer_in_problems, not_found, verbs_as_problems

PREFIX = "api/v1/"
DESCRIPTION = "Everything that the pages do, for programs."
RESOURCES = (
    *(recordings, sound, events, trash, transcripts, segments, speakers, review, finding, notes),
    *(reruns, exports, subtitles, texts, shares, tags, vocabulary, webhooks, account),
)


class OwnApi(NinjaAPI):
    def get_openapi_schema(self, **_: Any) -> Any:
        document = complete(get_schema(self, PREFIX), Problem, self._scopes())
        document["paths"].update(uploads.PATHS)
        return document

    def _scopes(self) -> dict[str, list[str]]:
        """Return which scopes of keys each operation asks for, by the operation's id."""
        views = [view for router in self._get_bound_routers() for view in router.path_operations.values()]
        return {
            self.get_openapi_operation_id(operation): [
                cast(ApiKeyAuth, auth).scope for auth in operation.auth_callbacks
            ]
            for view in views
            for operation in view.operations
        }

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_operation_url_name(self, operation: Operation, router: Router) -> str:
        return f"own_{operation.view_func.__name__}"


api = OwnApi(title="sttweb", version="1", description=DESCRIPTION, docs_url=None, openapi_url=None)
answer_in_problems(api)
for resource in RESOURCES:
    api.add_router("", resource.router)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return json.loads(json.dumps(api.get_openapi_schema()))


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(json.dumps(document()), content_type="application/json")


def _addresses() -> list[URLPattern]:
    return [
        path(PREFIX + str(found.pattern), verbs_as_problems(found.callback), name=found.name)
        for found in api.urls[0]
        if isinstance(found, URLPattern) and found.name != "api-root"
    ]


urlpatterns = [
    path(f"{PREFIX}openapi.json", openapi, name="own_openapi"),
    *_addresses(),
    *uploads.urlpatterns,
    # Whatever else: a path may have line breaks in it.
    re_path(rf"^{PREFIX}[\s\S]*$", csrf_exempt(not_found), name="own_unknown"),
]
