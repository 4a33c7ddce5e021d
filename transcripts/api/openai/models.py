"""`GET /v1/models` and `GET /v1/models/{id}`."""

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from sttweb.accounts.models import ApiKey
from transcripts import speech
from transcripts.api.catalogue import CONFIGURED, public_name
from transcripts.api.errors import ModelUnknown
from transcripts.api.gate import Caller, endpoint
from transcripts.api.openai.errors import refusal
from transcripts.api.threads import in_thread
from transcripts.models import Recording

VENDOR = "openai"
OWNER = "sttweb"

Facts = dict[str, Any]


@endpoint(refusal, "GET", scope=ApiKey.Scope.TRANSCRIBE)
async def models(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    return JsonResponse({"object": "list", "data": await in_thread(known)})


@endpoint(refusal, "GET", scope=ApiKey.Scope.TRANSCRIBE)
async def model(request: HttpRequest, caller: Caller, name: str) -> HttpResponseBase:
    found = next((facts for facts in await in_thread(known) if facts["id"] == name), None)
    if found is None:
        raise ModelUnknown(name)
    return JsonResponse(found)


def known() -> list[Facts]:
    """Return the vendor's names for the configured model, and the names of all that are installed."""
    configured = speech.serving(Recording.Task.TRANSCRIBE)
    names = [_facts(name, configured.path, VENDOR) for name in sorted(CONFIGURED)]
    return names + [_facts(public_name(model), model.path, OWNER) for model in speech.choices()]


def _facts(name: str, path: Path, owner: str) -> Facts:
    created = int((path / "model.bin").stat().st_mtime)
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
