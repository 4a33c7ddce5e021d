"""Webhooks as fal sends them: what they say, and the signature by which receivers know the sender."""

import base64
import hashlib
import json
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from sttweb.env import write_once
from transcripts.api.errors import ApiError
from transcripts.api.fal import progress
from transcripts.api.fal.errors import body_of
from transcripts.api.fal.outputs import answer
from transcripts.models import ApiRequest, Delivery

# Seconds for which a receiver may keep the public key.
KEPT_SECONDS = 24 * 3600


def body(request: ApiRequest) -> str:
    """Return what a finished request's address is told."""
    told: dict[str, Any] = {"request_id": str(request.pk), "gateway_request_id": str(request.pk)}
    try:
        told |= {"status": "OK", "payload": answer(request, progress.of_request(request).heard)}
    except ApiError as error:
        told |= {"status": "ERROR", "error": str(error), "payload": body_of(error)}
    return json.dumps(told, ensure_ascii=False)


def headers(delivery: Delivery, sent: bytes) -> dict[str, str]:
    """Return the headers that sign a body, now."""
    request_id, user_id, timestamp = (
        str(delivery.api_request_id),
        str(delivery.owner_id),
        str(int(time.time())),
    )
    message = "\n".join((request_id, user_id, timestamp, hashlib.sha256(sent).hexdigest()))
    return {
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": user_id,
        "X-Fal-Webhook-Timestamp": timestamp,
        "X-Fal-Webhook-Signature": private_key().sign(message.encode()).hex(),
    }


def private_key() -> Ed25519PrivateKey:
    """Return the installation's key, made when it is first needed."""
    path = settings.DATA_DIR / "webhook_key"
    if not path.exists():
        write_once(path, Ed25519PrivateKey.generate().private_bytes_raw().hex())
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text()))


@require_safe
async def jwks(request: HttpRequest) -> JsonResponse:
    """Answer, to everybody, with the public key that webhooks are checked with (RFC 8037)."""
    raw = private_key().public_key().public_bytes_raw()
    key = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode(),
        "kid": hashlib.sha256(raw).hexdigest()[:16],
        "use": "sig",
        "alg": "EdDSA",
    }
    return JsonResponse({"keys": [key]}, headers={"Cache-Control": f"public, max-age={KEPT_SECONDS}"})
