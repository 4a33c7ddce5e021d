"""`POST /sts/v1.0/issueToken`: what stands for a key during ten minutes, for who must not have it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from sttweb.accounts import keys
from transcripts.api.azure.errors import refusal
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, endpoint, key_in


@endpoint(refusal, "POST")
async def issue(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    if key_in(request).startswith(keys.TOKEN_START):
        raise ApiError("Show the key itself for a new token: a token ends when it says.", 403)
    return HttpResponse(keys.issue_token(caller.key), content_type="text/plain; charset=utf-8")
