"""Changing a password, and choosing a new one with a link sent by mail."""

import re
import threading
from http import HTTPStatus

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client

from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another horse, another staple"


class SlowBackend(EmailBackend):
    """A mail server that takes until `answered`, at most a minute."""

    answered = threading.Event()
    waited_in_vain = False

    def send_messages(self, messages) -> int:
        SlowBackend.waited_in_vain = not self.answered.wait(60)
        return super().send_messages(messages)


class DeadBackend(EmailBackend):
    def send_messages(self, messages) -> int:
        raise ConnectionRefusedError


def wait_for_mail() -> None:
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(90)


def ask(client: Client, email: str):
    response = client.post("/accounts/password/reset/", {"email": email}, follow=True)
    wait_for_mail()
    return response


def link_in_mail() -> str:
    return re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]


def test_new_password_works_when_chosen_with_the_link(client, alice, sign_in) -> None:
    ask(client, "Alice@example.org")
    assert mail.outbox[0].to == ["alice@example.org"]
    form = client.get(link_in_mail(), follow=True)
    assert "Choose a new password" in form.content.decode()
    done = client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD}, follow=True)
    assert "The new password is saved" in done.content.decode()
    assert sign_in(alice.email, PASSWORD).status_code == HTTPStatus.OK
    assert sign_in(alice.email, NEW_PASSWORD).status_code == HTTPStatus.FOUND


def test_link_works_once(client, alice) -> None:
    ask(client, alice.email)
    form = client.get(link_in_mail(), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD})
    assert "This link no longer works" in Client().get(link_in_mail(), follow=True).content.decode()


def test_account_can_sign_in_again_when_its_owner_reset_the_password(client, alice, sign_in) -> None:
    for _ in range(6):
        sign_in(alice.email, "wrong")
    ask(client, alice.email)
    form = client.get(link_in_mail(), follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD})
    assert sign_in(alice.email, NEW_PASSWORD).status_code == HTTPStatus.FOUND


def test_answer_is_the_same_when_the_address_is_unknown(client, alice) -> None:
    pages = [
        re.sub(r"<meta name=.csrf.*", "", ask(client, email).content.decode())
        for email in (alice.email, "x@y.org")
    ]
    assert pages[0] == pages[1]
    # Both get a message, so that the work is the same as well.
    assert [message.to for message in mail.outbox] == [[alice.email], ["x@y.org"]]
    assert "There is no account with this address" in mail.outbox[1].body
    assert "http" not in mail.outbox[1].body


def test_answer_does_not_wait_for_the_mail_server(client, alice, settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.SlowBackend"
    client.post("/accounts/password/reset/", {"email": alice.email})
    SlowBackend.answered.set()
    wait_for_mail()
    assert not SlowBackend.waited_in_vain
    assert len(mail.outbox) == 1


def test_answer_is_the_same_when_no_mail_can_be_sent(client, alice, settings, caplog) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.DeadBackend"
    assert "Look into your mail" in ask(client, alice.email).content.decode()
    assert "A message could not be sent: check EMAIL_URL." in caplog.text
    assert alice.email not in caplog.records[-1].getMessage()


def test_sixth_request_for_an_address_is_refused(client, alice) -> None:
    for _ in range(5):
        assert ask(client, alice.email).status_code == HTTPStatus.OK
    response = ask(client, alice.email)
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "wait a few minutes" in response.content.decode()
    assert len(mail.outbox) == 5


def change(client: Client, current: str, new: str = NEW_PASSWORD):
    data = {"oldpassword": current, "password1": new}
    return client.post("/accounts/password/change/", data, follow=True)


def test_other_sessions_end_when_the_password_is_changed(alice, alice_client) -> None:
    other = Client()
    other.force_login(alice)
    page = change(alice_client, PASSWORD)
    assert page.request["PATH_INFO"] == "/accounts/"
    assert "The new password is saved." in page.content.decode()
    assert other.get("/accounts/").status_code == HTTPStatus.FOUND


def test_password_stays_when_the_current_one_is_wrong(alice, alice_client) -> None:
    assert "This is not your current password" in change(alice_client, "wrong").content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/password/change/"])
def test_settings_lead_to_signing_in_when_nobody_is(client, path) -> None:
    assert client.get(path).url == f"/accounts/login/?next={path}"


@pytest.mark.parametrize(
    "path", ["email/", "confirm-email/", "password/set/", "login/code/confirm/", "3rdparty/"]
)
def test_what_is_not_used_is_not_there(alice_client, path) -> None:
    assert alice_client.get(f"/accounts/{path}").status_code == HTTPStatus.NOT_FOUND
