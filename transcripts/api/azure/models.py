"""`/speechtotext/models/base`: the speech models that a request may name by their address."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from transcripts import speech
from transcripts.api.azure.dialects import Dated
from transcripts.api.azure.errors import refusal
from transcripts.api.azure.locales import locale_of
from transcripts.api.azure.units import stamp
from transcripts.api.catalogue import public_name
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, endpoint
from transcripts.api.threads import in_thread
from transcripts.engine.languages import LANGUAGES


@endpoint(refusal, "GET")
async def models(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponseBase:
    return JsonResponse({"values": await in_thread(known, request, dialect)})


@endpoint(refusal, "GET")
async def model(request: HttpRequest, caller: Caller, name: str, dialect: Dated) -> HttpResponseBase:
    found = [facts for facts in await in_thread(known, request, dialect) if facts["displayName"] == name]
    if not found:
        raise ApiError("There is no model at this address: list them to see which there are.", 404)
    return JsonResponse(found[0])


@endpoint(refusal, "GET")
async def locales(request: HttpRequest, caller: Caller, dialect: Dated) -> HttpResponseBase:
    names = sorted(locale_of(code) for code in LANGUAGES)
    return JsonResponse(dialect.locales(names), safe=False)


def known(request: HttpRequest, dialect: Dated) -> list[dict[str, Any]]:
    version = request.GET.get("api-version", "")[:40]
    return [facts_of(request, dialect, version, serving) for serving in speech.choices()]


def facts_of(request: HttpRequest, dialect: Dated, version: str, serving: speech.Serving) -> dict[str, Any]:
    name = public_name(serving)
    made_at = stamp(datetime.fromtimestamp((serving.path / "model.bin").stat().st_mtime, UTC))
    return {
        "self": request.build_absolute_uri(dialect.model_address(name, version)),
        "displayName": name,
        "description": "Understands every locale that is listed." if not serving.is_demo else serving.label,
        "createdDateTime": made_at,
        "lastActionDateTime": made_at,
        "status": "Succeeded",
    }
