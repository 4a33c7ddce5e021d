"""Who calls: API keys, and what each may be used for."""

from collections.abc import Coroutine
from typing import Any

from django.http import HttpRequest

from sttweb.accounts.models import ApiKey
from transcripts.api.gate import Caller, admit, key_in
from transcripts.api.threads import in_thread


class Call(HttpRequest):
    """A request whose key was accepted."""

    auth: Caller


class ApiKeyAuth:
    """Accepts keys with one scope. Waiting calls ask for it without keeping a thread (`is_async`)."""

    def __init__(self, scope: str, *, is_async: bool = False) -> None:
        self.scope, self.is_async = scope, is_async
        self.openapi_security_schema = {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, made in the settings or by `manage.py apikey create`.",
        }

    def __call__(self, request: HttpRequest) -> Caller | Coroutine[Any, Any, Caller]:
        if self.is_async:
            return in_thread(admit, key_in(request), self.scope)
        return admit(key_in(request), self.scope)


transcribes = ApiKeyAuth(ApiKey.Scope.TRANSCRIBE)
reads = ApiKeyAuth(ApiKey.Scope.READ)
manages = ApiKeyAuth(ApiKey.Scope.MANAGE)
waits = ApiKeyAuth(ApiKey.Scope.READ, is_async=True)
