"""The pages of API keys and webhooks."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey
from transcripts import outbox, webhooks
from transcripts.models import Delivery, Webhook

pytestmark = pytest.mark.django_db

ASKED = {"name": "Script", "scopes": ["read"], "expires": "30", "is_listed": "on"}
HOOK = {"url": "https://example.org/hook", "events": ["recording.done"]}


def make(client, **changes):
    return client.post(reverse("keys"), {**ASKED, **changes})


def test_key_is_shown_once_and_kept_as_a_hash(alice, alice_client):
    answer = make(alice_client, retention_hours="24", requests_per_minute="10", is_listed="")
    assert answer.status_code == 201
    assert "no-store" in answer.headers["Cache-Control"]
    (text,) = re.findall(r"stt_[\w-]{43}", answer.content.decode())
    key = keys.find(text)
    assert (key.owner, key.name, key.scopes) == (alice, "Script", ["read"])
    assert (key.retention_hours, key.requests_per_minute, key.is_listed) == (24, 10, False)
    assert key.expires_at - timezone.now() > timedelta(days=29)
    assert text not in alice_client.get(reverse("keys")).content.decode()
    assert text not in str(ApiKey.objects.values())


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires": "7000"},
        {"retention_hours": "0"},
        {"requests_per_minute": "1000000"},
    ],
)
def test_key_is_not_made_of_a_wrong_form(alice_client, wrong):
    answer = make(alice_client, **wrong)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_there_is_an_end_to_keys(alice, alice_client, monkeypatch):
    monkeypatch.setattr(keys, "MOST", 1)
    make(alice_client)
    assert make(alice_client).status_code == 409
    keys.revoke(ApiKey.objects.get())
    assert make(alice_client).status_code == 201


def test_revoked_key_lets_nobody_in(alice, alice_client):
    key, text = keys.issue(alice, "Script")
    page = alice_client.post(reverse("key_revoke", args=[key.pk]), follow=True).content.decode()
    assert "“Script” was revoked" in page
    assert keys.find(text) is None


def test_name_that_is_markup_is_shown_as_it_is(alice_client):
    answer = make(alice_client, name="<script>alert(1)</script>")
    assert b"<script>alert" not in answer.content


def test_another_s_keys_and_webhooks_are_not_shown(alice, bob_client):
    keys.issue(alice, "Script of Alice")
    webhooks.create(alice, HOOK["url"])
    assert b"Script of Alice" not in bob_client.get(reverse("keys")).content
    assert b"example.org/hook" not in bob_client.get(reverse("webhooks")).content


def test_secret_of_a_webhook_is_shown_when_made_and_when_replaced_only(alice, alice_client):
    answer = alice_client.post(reverse("webhooks"), HOOK)
    assert answer.status_code == 201
    webhook = Webhook.objects.get()
    assert webhook.events == ["recording.done"]
    (first,) = webhooks.usable_secrets(webhook)
    assert first in answer.content.decode()
    page = reverse("webhook", args=[webhook.pk])
    assert "whsec_" not in alice_client.get(page).content.decode()
    answer = alice_client.post(reverse("webhook_rotate", args=[webhook.pk])).content.decode()
    webhook.refresh_from_db()
    new, old = webhooks.usable_secrets(webhook)
    assert old == first
    assert new in answer
    assert old not in answer
    assert "whsec_" not in alice_client.get(page).content.decode()


def test_all_events_means_those_to_come_too(alice_client):
    alice_client.post(reverse("webhooks"), {**HOOK, "events": list(outbox.EVENTS)})
    assert Webhook.objects.get().events == []


@pytest.mark.parametrize(
    "wrong", [{"url": ""}, {"url": "ftp://example.org/"}, {"url": "https://a:b@example.org/"}, {"events": []}]
)
def test_webhook_is_not_made_of_a_wrong_form(alice_client, wrong):
    answer = alice_client.post(reverse("webhooks"), {**HOOK, **wrong})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Webhook.objects.exists()


@pytest.fixture
def hook(alice) -> Webhook:
    return webhooks.create(alice, HOOK["url"])[0]


def test_test_message_is_in_the_log(alice_client, hook):
    alice_client.post(reverse("webhook_test", args=[hook.pk]))
    assert Delivery.objects.get().event == "webhook.test"
    log = alice_client.get(reverse("webhook_log", args=[hook.pk])).content.decode()
    assert "webhook.test" in log
    assert "data-waits" in log


def test_disabled_webhook_is_told_nothing_until_it_is_enabled(alice_client, hook):
    alice_client.post(reverse("webhook_switch", args=[hook.pk]), {"to": "off"})
    hook.refresh_from_db()
    assert hook.disabled_at
    alice_client.post(reverse("webhook_test", args=[hook.pk]))
    assert not Delivery.objects.exists()
    alice_client.post(reverse("webhook_switch", args=[hook.pk]), {"to": "on"})
    hook.refresh_from_db()
    assert hook.disabled_at is None


def test_ended_message_is_sent_again_on_demand(alice_client, hook):
    delivery = webhooks.send_test(hook)
    Delivery.objects.update(state="failed", answer_status=500, answer="Internal Server Error", tries=10)
    page = alice_client.get(reverse("webhook", args=[hook.pk])).content.decode()
    assert "500 Internal Server Error" in page
    alice_client.post(reverse("delivery_replay", args=[delivery.pk]))
    delivery.refresh_from_db()
    assert (delivery.state, delivery.tries) == ("waiting", 0)
    again = alice_client.post(reverse("delivery_replay", args=[delivery.pk]), follow=True)
    assert b"on its way already" in again.content


def test_deleted_webhook_takes_its_log_with_it(alice_client, hook):
    webhooks.send_test(hook)
    alice_client.post(reverse("webhook_delete", args=[hook.pk]))
    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


def test_callbacks_of_calls_have_a_log(alice, alice_client):
    Delivery.objects.create(
        owner=alice, scheme="plain", url="https://example.org/mine", event="recording.done", state="delivered"
    )
    assert b"example.org/mine" in alice_client.get(reverse("callbacks")).content
    assert reverse("callbacks") in alice_client.get(reverse("webhooks")).content.decode()
