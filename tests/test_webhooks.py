"""What other systems are told: written with what it tells about, sent until it is taken."""

import ipaddress
import logging
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import django_rq
import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook as Standard
from standardwebhooks import WebhookVerificationError

from tests.file_server import drip
from tests.messages import ended, send_all, send_due, wait_until
from tests.receiver import Receiver, receiver, status
from tests.settings import PROJECT_DIR
from transcripts import delivering, lifecycle, outbox, webhooks
from transcripts.api import callbacks
from transcripts.models import Delivery, Recording, Webhook
from transcripts.reconcile import reconcile
from transcripts.refusals import Refused

# How long a receiver keeps on that is not waited for.
DRIP_SECONDS = 100

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def hook(alice, heard) -> tuple[Webhook, str]:
    return webhooks.create(alice, heard.url)


def test_owner_s_webhook_hears_of_a_recording_that_is_done(alice, bob, hook, heard):
    webhooks.create(bob, heard.url)
    recording = Recording.objects.create(owner=alice, state="finishing")
    lifecycle.move(recording, "done")
    send_due()
    (posted,) = heard.posted
    told = Standard(hook[1]).verify(posted.body, posted.headers)
    assert told["type"] == "recording.done"
    assert told["data"] == {
        "id": str(recording.pk),
        "state": "done",
        "source": "upload",
        "request_id": None,
        "error": None,
    }
    assert posted.headers["content-type"] == "application/json"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries, delivery.answer_status) == ("delivered", 1, 204)
    assert posted.headers["webhook-id"] == str(delivery.pk)


def test_receiver_of_the_readme_understands_the_message(alice, hook, heard):
    readme = (PROJECT_DIR / "README.md").read_text()
    (code,) = re.findall(r"```python\n(from standardwebhooks.*?)```", readme, re.DOTALL)
    known: dict[str, Any] = {}
    exec(code.replace("whsec_…", hook[1]), known)  # noqa: S102
    recording = ended(alice)
    send_due()
    told = known["received"](heard.posted[0].body, heard.posted[0].headers)
    assert (told["type"], told["data"]["id"]) == ("recording.failed", str(recording.pk))


def test_message_is_written_with_what_it_tells_about_or_not_at_all(alice, hook):
    recording = Recording.objects.create(owner=alice, state="transcribing")
    with transaction.atomic():
        lifecycle.fail(recording, "It is broken.")
        assert Delivery.objects.count() == 1
        transaction.set_rollback(True)
    assert Delivery.objects.count() == 0


def test_only_what_was_asked_for_is_told(alice, heard):
    webhooks.create(alice, heard.url, ["recording.cancelled"])
    ended(alice)
    ended(alice, "cancelled")
    assert [d.event for d in Delivery.objects.all()] == ["recording.cancelled"]


def test_message_without_a_job_gets_one(alice, hook):
    ended(alice)
    django_rq.get_connection("deliver").flushdb()
    reconcile()
    (job,) = django_rq.get_queue("deliver").jobs
    assert (job.func_name, job.args) == ("transcripts.jobs.deliver", [str(Delivery.objects.get().pk)])


def test_message_is_tried_ten_times_over_three_days(alice, hook, heard):
    heard.answer = status(500)
    ended(alice)
    pauses = []
    for _ in range(9):
        before = timezone.now()
        send_due()
        pauses.append((Delivery.objects.get().due_at - before).total_seconds())
        Delivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
        send_due()  # too early: nothing happens
        Delivery.objects.update(due_at=timezone.now())
    delivery = send_all()
    assert (delivery.state, delivery.tries, delivery.answer_status) == ("failed", 10, 500)
    assert len(heard.posted) == 10
    assert len(set(heard.ids)) == 1
    assert pauses == sorted(pauses)
    assert pytest.approx(3.1 * 86_400, rel=0.15) == sum(pauses)
    assert Webhook.objects.get().disabled_at is None


def test_message_is_taken_at_a_later_try(alice, hook, heard):
    heard.answer = status(503)
    ended(alice)
    send_due()
    heard.answer = status(202)
    assert (send_all().state, len(set(heard.ids)), len(heard.ids)) == ("delivered", 1, 2)


def test_address_that_is_gone_is_told_nothing_more(alice, hook, heard):
    heard.answer = status(410)
    ended(alice)
    ended(alice)
    send_due()
    assert len(heard.posted) == 1
    webhook = Webhook.objects.get()
    assert "410" in webhook.disabled_because
    assert {d.state for d in Delivery.objects.all()} == {"failed"}
    ended(alice)
    assert Delivery.objects.count() == 2
    webhooks.enable(webhook)
    ended(alice)
    assert Delivery.objects.filter(state="waiting").count() == 1


@pytest.mark.parametrize("code", [301, 302, 307, 308, 404])
def test_only_2xx_is_success_and_no_redirect_is_followed(alice, hook, heard, code):
    with receiver() as elsewhere:
        heard.answer = status(code, Location=elsewhere.url)
        ended(alice)
        send_due()
        assert elsewhere.posted == []
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.answer_status) == ("waiting", code)


def test_receiver_that_hangs_or_drips_keeps_nobody_long(alice, hook, heard, monkeypatch):
    # Enough for one who answers, on a busy machine too.
    monkeypatch.setattr(delivering, "ANSWER_SECONDS", 4.0)
    heard.answer = lambda handler: drip(handler, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100, DRIP_SECONDS)
    ended(alice)
    ended(alice)
    with receiver() as other:
        webhooks.create(alice, other.url)
        ended(alice)
        begun = time.monotonic()
        send_due()
        assert time.monotonic() - begun < DRIP_SECONDS / 2
        assert len(other.posted) == 1
    # Who does not answer is left alone for a while, by all that is for them.
    assert len(heard.posted) == 1
    assert "does not answer" in Delivery.objects.get(tries=1, state="waiting").answer


def test_answer_is_not_read_beyond_its_status(alice, hook, heard):
    heard.answer = lambda handler: (
        handler.wfile.write(b"HTTP/1.1 200 Secret\r\n\r\n" + b"inside " * 1000),
        drip(handler, b"x" * 1000, DRIP_SECONDS),
    )
    ended(alice)
    begun = time.monotonic()
    send_due()
    assert time.monotonic() - begun < DRIP_SECONDS / 2
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.answer) == ("delivered", "OK")


def test_address_without_a_server_is_tried_again(alice, hook, heard):
    Webhook.objects.update(url="http://127.0.0.1:1/")
    ended(alice)
    send_due()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.tries) == ("waiting", 1)
    assert delivery.answer == "127.0.0.1 accepts no connection."


def test_private_addresses_are_told_nothing_unless_they_are_listed(alice, hook, heard, settings):
    settings.STT_WEBHOOK_ALLOW = []
    ended(alice)
    send_due()
    assert heard.posted == []
    assert Delivery.objects.get().answer == delivering.PRIVATE
    settings.STT_WEBHOOK_PORTS = [heard.port]
    Delivery.objects.update(due_at=timezone.now())
    send_due()
    assert heard.posted == []
    assert Delivery.objects.get().answer == delivering.PRIVATE
    settings.STT_WEBHOOK_ALLOW = [ipaddress.ip_network("10.0.0.0/8")]
    Delivery.objects.update(due_at=timezone.now())
    send_due()
    assert heard.posted == []


@pytest.mark.parametrize("host", ["localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_private_address_in_disguise_is_told_nothing(alice, hook, heard, settings, host):
    settings.STT_WEBHOOK_ALLOW = []
    settings.STT_WEBHOOK_PORTS = [heard.port]
    Webhook.objects.update(url=f"http://{host}:{heard.port}/")
    ended(alice)
    send_due()
    assert heard.posted == []
    assert Delivery.objects.get().state == "waiting"


def test_public_address_is_told_nothing_on_a_port_that_is_not_listed(alice, hook):
    """A message must not speak to a mail server."""
    Webhook.objects.update(url="http://8.8.8.8:25/")
    ended(alice)
    send_due()
    assert Delivery.objects.get().answer == "Links to port 25 are not allowed here."


@pytest.mark.django_db(transaction=True)
def test_receiver_that_does_not_answer_keeps_nobody_else_waiting(alice, hook, heard, monkeypatch):
    monkeypatch.setattr(delivering, "ANSWER_SECONDS", DRIP_SECONDS)
    may_answer = Event()
    heard.answer = lambda handler: (may_answer.wait(DRIP_SECONDS), status(204)(handler))
    with receiver() as other:
        webhooks.create(alice, other.url)
        ended(alice)
        for delivery in outbox.due():
            delivering.begin(delivery.pk, callbacks.message)
        wait_until(
            lambda: other.posted and heard.posted and Delivery.objects.filter(state="waiting").count() == 1
        )
        may_answer.set()
        wait_until(lambda: Delivery.objects.filter(state="waiting").count() == 0)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "example.org",
        "https://a:b@example.org/",
        "https://example.org/\r\nX: y",
        "",
    ],
)
def test_address_that_is_none_is_refused(alice, url):
    with pytest.raises(Refused):
        webhooks.create(alice, url)


def test_event_that_does_not_exist_is_refused(alice):
    with pytest.raises(Refused, match="recording\\.sung"):
        webhooks.create(alice, "https://example.org/", ["recording.sung"])


def test_there_is_an_end_to_webhooks(alice, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST", 1)
    webhooks.create(alice, "https://example.org/")
    with pytest.raises(Refused):
        webhooks.create(alice, "https://example.org/")


def test_replaced_secret_signs_beside_its_successor_for_a_while(alice, hook, heard):
    webhook, old = hook
    new = webhooks.rotate(webhook)
    ended(alice)
    send_due()
    for secret in (old, new):
        Standard(secret).verify(heard.posted[0].body, heard.posted[0].headers)
    webhook.refresh_from_db()
    webhook.secrets[1]["until"] = (timezone.now() - timedelta(seconds=1)).isoformat()
    webhook.save()
    ended(alice)
    send_due()
    Standard(new).verify(heard.posted[1].body, heard.posted[1].headers)
    with pytest.raises(WebhookVerificationError):
        Standard(old).verify(heard.posted[1].body, heard.posted[1].headers)


def test_forged_or_old_message_does_not_verify(alice, hook, heard):
    ended(alice)
    send_due()
    posted = heard.posted[0]
    forged = posted.body.replace(b"failed", b"done", 1)
    late = {**posted.headers, "webhook-timestamp": str(int(posted.headers["webhook-timestamp"]) - 301)}
    for body, headers in ((forged, posted.headers), (posted.body, late)):
        with pytest.raises(WebhookVerificationError):
            Standard(hook[1]).verify(body, headers)


def test_replayed_message_has_the_same_id_and_a_new_signature(alice, hook, heard):
    ended(alice)
    send_due()
    assert outbox.replay(Delivery.objects.get())
    assert not outbox.replay(Delivery.objects.get())
    send_due()
    assert len(set(heard.ids)) == 1
    Standard(hook[1]).verify(heard.posted[1].body, heard.posted[1].headers)


def test_message_is_sent_by_one_worker_at_a_time(alice, hook, heard):
    ended(alice)
    delivery = Delivery.objects.get()
    assert outbox.waiting(timezone.now()).claim() == 1
    send_due()
    delivering.deliver(delivery.pk, callbacks.message)
    assert heard.posted == []
    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    send_due()
    assert len(heard.posted) == 1


def test_message_that_kills_its_workers_is_given_up(alice, hook, heard):
    ended(alice)
    Delivery.objects.update(attempt=3)
    send_due()
    assert heard.posted == []
    assert Delivery.objects.get().answer == delivering.GAVE_UP


def test_secret_and_text_are_not_logged(alice, hook, heard, caplog):
    caplog.set_level(logging.DEBUG)
    heard.answer = status(500)
    webhooks.rotate(hook[0])
    ended(alice)
    send_due()
    assert "whsec_" not in caplog.text
    assert hook[1].removeprefix("whsec_") not in caplog.text
    assert "Private" not in caplog.text + Delivery.objects.get().body


def test_log_is_kept_for_a_month(alice, hook):
    ended(alice)
    send_due()
    reconcile()
    assert Delivery.objects.count() == 1
    Delivery.objects.update(ended_at=timezone.now() - timedelta(days=31))
    reconcile()
    assert Delivery.objects.count() == 0
