"""Where mail is sent, an account is used by whoever reads the mail of its address, and by nobody else."""

import re
import threading
from http import HTTPStatus

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from sttweb.accounts.invitations import invitation_path
from sttweb.accounts.models import User
from tests.accounts.conftest import PASSWORD
from transcripts import sharing
from transcripts.models import Recording

pytestmark = pytest.mark.django_db

CODE_PAGE = "/accounts/signup/code/"


@pytest.fixture(autouse=True)
def _mail_works(settings, django_user_model):
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    # Sending twice at once is throttled, which has a test of its own.
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"confirm_email": None}
    installer = django_user_model.objects.create_user("installer@example.org", PASSWORD)
    django_user_model.objects.promote_first(installer)


def text_of_last_mail() -> str:
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(90)
    return mail.outbox[-1].body


def code_in_mail() -> str:
    return re.search(r"^[A-Z0-9-]{6,}$", text_of_last_mail(), re.MULTILINE)[0]


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == HTTPStatus.OK


def test_account_is_usable_once_the_code_from_the_mail_is_entered(client, sign_up) -> None:
    assert sign_up("dora@example.org").url == CODE_PAGE
    assert not is_signed_in(client)
    page = client.get(CODE_PAGE).content.decode()
    assert "dora@example.org" in page
    assert client.post(CODE_PAGE, {"code": code_in_mail()}).url == "/"
    assert is_signed_in(client)


def test_code_is_asked_for_again_at_the_next_sign_in(client, sign_up, sign_in) -> None:
    sign_up("dora@example.org")
    client.post("/accounts/logout/")
    assert sign_in("dora@example.org").url == CODE_PAGE
    client.post(CODE_PAGE, {"code": code_in_mail()})
    client.post("/accounts/logout/")
    assert sign_in("dora@example.org").url == "/"


def test_wrong_code_is_a_sentence_and_three_of_them_end_it(client, sign_up) -> None:
    sign_up("dora@example.org")
    for _ in range(2):
        answer = client.post(CODE_PAGE, {"code": "WRONG1"})
        assert "This is not the code that was sent last" in answer.content.decode()
    client.post(CODE_PAGE, {"code": "WRONG1"})
    client.post(CODE_PAGE, {"code": code_in_mail()})
    assert not is_signed_in(client)


def test_another_code_can_be_sent_and_the_first_is_void(client, sign_up) -> None:
    sign_up("dora@example.org")
    first = code_in_mail()
    client.post(CODE_PAGE, {"action": "resend"})
    second = code_in_mail()
    assert first != second
    client.post(CODE_PAGE, {"code": first})
    assert not is_signed_in(client)
    client.post(CODE_PAGE, {"code": second})
    assert is_signed_in(client)


def test_what_is_shared_with_an_address_is_not_for_who_only_names_it(client, alice, sign_up) -> None:
    talk = Recording.objects.create(owner=alice, title="Confidential", state="done")
    sharing.invite(talk, "dora@example.org", "viewer")
    sign_up("dora@example.org")
    assert client.get(talk.get_absolute_url()).status_code == HTTPStatus.FOUND
    assert client.get("/library/").url.startswith("/accounts/login/")
    client.post(CODE_PAGE, {"code": code_in_mail()})
    assert client.get(talk.get_absolute_url()).status_code == HTTPStatus.OK


def test_page_does_not_tell_that_an_account_exists_but_its_mail_does(client, alice, sign_up) -> None:
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    assert sign_up(alice.email).url == CODE_PAGE
    known = client.get(CODE_PAGE)
    assert "There is an account with it already" in text_of_last_mail()
    assert client.post(CODE_PAGE, {"code": "WRONG1"}).status_code == HTTPStatus.OK
    other = Client()
    other.post("/accounts/signup/", {"email": "dora@example.org", "password1": PASSWORD})
    unknown = other.get(CODE_PAGE)
    assert _bare(known, alice.email) == _bare(unknown, "dora@example.org")
    assert User.objects.filter(email=alice.email).count() == 1


def _bare(response, email: str) -> str:
    return re.sub(r'(nonce|value|content)="[^"]*"', "", response.content.decode()).replace(email, "")


def test_invited_address_is_known_already(client, sign_up, settings) -> None:
    settings.STT_SIGNUP = "invite"
    query = "?" + invitation_path("dora@example.org").partition("?")[2]
    assert sign_up("dora@example.org", query=query).url == "/"
    assert is_signed_in(client)


def test_installer_gets_in_before_mail_is_known_to_work(client, sign_up) -> None:
    User.objects.all().delete()
    assert sign_up("dora@example.org").url == "/"
    assert User.objects.get().is_superuser


def test_nobody_is_asked_for_a_code_where_no_mail_is_sent(client, sign_up, settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
    assert sign_up("dora@example.org").url == "/"
    assert client.get(CODE_PAGE, follow=True).request["PATH_INFO"] == "/accounts/"
    assert Client().get(CODE_PAGE).url == "/accounts/login/"


def test_codes_are_not_sent_as_fast_as_one_asks(client, sign_up, settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"confirm_email": "1/10s/key"}
    sign_up("dora@example.org")
    assert client.post(CODE_PAGE, {"action": "resend"}).status_code == HTTPStatus.TOO_MANY_REQUESTS
