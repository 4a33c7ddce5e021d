"""Keys as attackers meet them: guessed, old, overused, in the wrong place."""

import logging
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey
from tests.pipeline import AUDIO
from transcripts.api import gate
from transcripts.api.errors import RateLimited

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = "/v1/models"
SPEECH = "/v1/audio/transcriptions"


def ask(**headers: str):
    return Client(headers=headers).get(MODELS)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def send(text: str, **fields):
    with (AUDIO / "note.wav").open("rb") as file:
        return Client(headers=bearer(text)).post(SPEECH, {"file": file, "model": "whisper-1", **fields})


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """The clock of the rates, which stands 10 s before a new minute."""
    clock = SimpleNamespace(now=60 * 10**6 + 50.0)
    monkeypatch.setattr(gate, "time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Authorization", "Bearer {}"),
        ("Authorization", "Key {}"),
        ("Authorization", "Token {}"),
        ("Authorization", "bearer  {} "),
        ("Ocp-Apim-Subscription-Key", "{}"),
        ("X-API-Key", "{}"),
    ],
)
def test_key_is_understood_in_every_vendor_s_header(alice, header, form):
    _, text = keys.issue(alice, "Script")
    assert ask(**{header: form.format(text)}).status_code == 200


def test_unknown_old_and_revoked_keys_are_answered_alike(alice):
    _, expired = keys.issue(alice, "Old", expires_at=timezone.now())
    revoked, revoked_text = keys.issue(alice, "Revoked")
    keys.revoke(revoked)
    shown = ["stt_" + "A" * 43, "x", "stt_", expired, revoked_text, revoked.digest]
    answers = {(a.status_code, a.content) for a in (ask(**bearer(text)) for text in shown)}
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert ApiKey.objects.filter(last_used_at=None).count() == 2


def test_key_of_a_deactivated_account_lets_nobody_in(alice):
    _, text = keys.issue(alice, "Script")
    alice.is_active = False
    alice.save()
    assert ask(**bearer(text)).status_code == 401


def test_key_in_an_address_is_not_taken(alice):
    _, text = keys.issue(alice, "Script")
    for name in ("key", "api_key", "token", "access_token"):
        assert Client().get(MODELS, {name: text}).status_code == 401


def test_cookie_of_a_page_means_nothing_to_the_api(alice_client):
    assert alice_client.get(MODELS).status_code == 401


def test_key_is_looked_up_by_its_hash_alone(alice):
    """The database compares hashes, which tell nothing of how much of a guess is right."""
    _, text = keys.issue(alice, "Script")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert keys.find(text)
        assert keys.find(text[:-1] + "!") is None
    said = "".join(query["sql"] for query in asked)
    assert keys.digest_of(text) in said
    assert text[4:] not in said
    assert len(text) >= len("stt_") + 43  # 256 bits


def test_key_is_not_logged(alice, caplog):
    caplog.set_level(logging.DEBUG)
    _, text = keys.issue(alice, "Script", ["read"])
    ask(**bearer(text))
    send(text)
    ask(**bearer(text + "x"))
    assert text[4:] not in caplog.text


def test_key_without_the_scope_is_refused(alice):
    _, text = keys.issue(alice, "Reader", ["read"])
    answer = send(text)
    assert answer.status_code == 403
    assert "lacks the scope “transcribe”" in answer.json()["error"]["message"]


def test_key_used_too_often_is_refused_in_the_vendor_s_shape(alice, settings, clock):
    settings.STT_API_RATE = 3
    _, text = keys.issue(alice, "Script")
    _, slow = keys.issue(alice, "Slow", requests_per_minute=1)
    assert [ask(**bearer(text)).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert [ask(**bearer(slow)).status_code for _ in range(2)] == [200, 429]
    refused = ask(**bearer(text)).json()["error"]
    assert refused["message"].startswith("Too many requests with this API key: try again in ")
    assert refused["code"] == "rate_limit_exceeded"


def test_key_used_too_often_may_be_used_in_the_next_minute(alice, settings, clock):
    settings.STT_API_RATE = 1
    key, _ = keys.issue(alice, "Script")
    gate.check_rate(key)
    with pytest.raises(RateLimited) as refused:
        gate.check_rate(key)
    assert refused.value.retry_after == 11
    clock.now += 10
    gate.check_rate(key)


def test_full_account_is_told_what_to_do_in_the_vendor_s_shape(alice, settings):
    _, text = keys.issue(alice, "Script")
    settings.STT_QUOTA_BYTES = 10
    answer = send(text)
    assert answer.status_code == 413
    assert answer.json()["error"]["message"].startswith("Your account is full: delete recordings")
    assert "Retry-After" not in answer.headers
    settings.STT_QUOTA_BYTES = 10**9
    settings.STT_QUOTA_SECONDS = 0
    assert send(text).json()["error"]["message"].startswith("Your hours are used up: ")
