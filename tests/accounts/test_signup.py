from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import StringIO
from threading import Barrier

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from sttweb.accounts.invitations import invitation_path
from sttweb.accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def is_signed_in(client: Client) -> bool:
    return client.get("/accounts/").status_code == HTTPStatus.OK


def test_account_is_made_and_signed_in_when_the_form_is_right(client, sign_up) -> None:
    response = sign_up("Dora@Example.org")
    assert (response.status_code, response.url) == (HTTPStatus.FOUND, "/")
    assert is_signed_in(client)
    assert [user.email for user in User.objects.all()] == ["dora@example.org"]


def test_fields_and_buttons_have_their_names(client) -> None:
    page = client.get("/accounts/signup/").content.decode()
    assert '<label for="id_email">E-mail</label>' in page
    assert '<label for="id_password1">Password</label>' in page
    assert ">Sign up</button>" in page
    assert 'autocomplete="new-password"' in page
    assert page.count('type="password"') == 1


def test_only_the_first_account_may_open_the_admin(client, sign_up) -> None:
    sign_up("first@example.org")
    assert 'href="/admin/"' in client.get("/accounts/").content.decode()
    assert client.get("/admin/").status_code == HTTPStatus.OK
    client.logout()
    sign_up("second@example.org")
    assert 'href="/admin/"' not in client.get("/accounts/").content.decode()
    assert client.get("/admin/", follow=True).status_code == HTTPStatus.FORBIDDEN
    assert list(User.objects.filter(is_superuser=True).values_list("email", flat=True)) == [
        "first@example.org"
    ]


def test_next_account_is_ordinary_when_the_first_was_deleted(sign_up, client) -> None:
    for name in ("first", "second"):
        sign_up(f"{name}@example.org")
        client.logout()
    User.objects.get(email="first@example.org").delete()
    sign_up("third@example.org")
    assert not User.objects.filter(is_superuser=True).exists()


def together(count: int, post) -> list:
    """Call `post(number)` in as many threads at one moment."""
    barrier = Barrier(count)

    def run(number: int):
        barrier.wait()
        try:
            return post(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_exactly_one_account_administers_when_many_are_first_at_one_moment() -> None:
    def post(number: int) -> int:
        data = {"email": f"user{number}@example.org", "password1": PASSWORD}
        return Client().post("/accounts/signup/", data).status_code

    assert together(6, post) == [HTTPStatus.FOUND] * 6
    assert User.objects.filter(is_superuser=True, is_staff=True, is_first=True).count() == 1
    assert User.objects.filter(is_superuser=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_account_is_made_when_an_address_signs_up_twice_at_one_moment() -> None:
    def post(number: int) -> tuple[int, str]:
        response = Client().post("/accounts/signup/", {"email": "twin@example.org", "password1": PASSWORD})
        return response.status_code, response.content.decode()

    answers = sorted(together(4, post))
    assert [status for status, _ in answers] == [HTTPStatus.OK] * 3 + [HTTPStatus.FOUND]
    assert all("There is an account with this e-mail already" in page for _, page in answers[:3])
    assert User.objects.count() == 1


def test_address_is_refused_when_it_differs_only_in_case(client, sign_up) -> None:
    sign_up("dora@example.org")
    client.logout()
    response = sign_up("DORA@example.ORG")
    assert "There is an account with this e-mail already" in response.content.decode()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("password", "sentence"),
    [("short", "at least 8 characters"), ("password1234", "too common"), ("", "This field is required.")],
)
def test_password_is_refused_with_a_reason_tied_to_its_field(sign_up, password, sentence) -> None:
    page = sign_up("dora@example.org", password).content.decode()
    assert sentence in page
    assert 'aria-describedby="id_password1_helptext id_password1_error"' in page
    assert 'id="id_password1_error"' in page
    assert 'role="alert"' in page
    assert not User.objects.exists()


def test_sign_up_says_that_it_is_closed(client, sign_up, settings) -> None:
    settings.STT_SIGNUP = "closed"
    for response in (client.get("/accounts/signup/"), sign_up("dora@example.org")):
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert "New accounts here are made by whoever runs this installation" in response.content.decode()
    assert not User.objects.exists()


def test_invitation_does_not_open_what_is_closed(sign_up, settings) -> None:
    settings.STT_SIGNUP = "closed"
    path = invitation_path("dora@example.org")
    assert sign_up("dora@example.org", query=path.removeprefix("/accounts/signup/")).status_code == 403


class TestByInvitation:
    @pytest.fixture(autouse=True)
    def _by_invitation(self, settings) -> None:
        settings.STT_SIGNUP = "invite"

    @pytest.fixture
    def query(self) -> str:
        return invitation_path("dora@example.org").removeprefix("/accounts/signup/")

    def test_sign_up_is_refused_without_one(self, client, sign_up) -> None:
        for response in (client.get("/accounts/signup/"), sign_up("dora@example.org")):
            assert response.status_code == HTTPStatus.FORBIDDEN
            assert "New accounts here need an invitation" in response.content.decode()
        assert not User.objects.exists()

    def test_account_is_made_with_one(self, client, sign_up, query) -> None:
        assert 'value="dora@example.org"' in client.get(f"/accounts/signup/{query}").content.decode()
        assert sign_up("Dora@example.org", query=query).status_code == HTTPStatus.FOUND
        assert is_signed_in(client)

    def test_another_address_is_refused(self, sign_up, query) -> None:
        page = sign_up("eve@example.org", query=query).content.decode()
        assert "This invitation is for dora@example.org" in page
        assert not User.objects.exists()

    def test_second_use_is_refused(self, client, sign_up, query) -> None:
        sign_up("dora@example.org", query=query)
        client.logout()
        assert "There is an account" in sign_up("dora@example.org", query=query).content.decode()

    @pytest.mark.parametrize("days", [6.9, 7.1])
    def test_link_works_for_seven_days(self, client, query, days, monkeypatch) -> None:
        import time

        now = time.time()
        monkeypatch.setattr("django.core.signing.time.time", lambda: now + days * 24 * 3600)
        response = client.get(f"/accounts/signup/{query}")
        assert response.status_code == (HTTPStatus.OK if days < 7 else HTTPStatus.FORBIDDEN)
        assert ("more than seven days old" in response.content.decode()) == (days > 7)

    def test_altered_link_is_refused(self, client, query) -> None:
        assert client.get(f"/accounts/signup/{query[:-1]}").status_code == HTTPStatus.FORBIDDEN

    def test_command_prints_a_link_that_works(self, client) -> None:
        printed = StringIO()
        call_command("invite", "Dora@example.org", stdout=printed, stderr=StringIO())
        link = printed.getvalue().strip()
        assert link.startswith("http://localhost:8000/accounts/signup/?invitation=")
        response = client.get(link.removeprefix("http://localhost:8000"))
        assert 'value="dora@example.org"' in response.content.decode()

    @pytest.mark.parametrize(
        ("email", "sentence"), [("dora", "is not an e-mail address"), ("alice@example.org", "already")]
    )
    def test_command_refuses_what_cannot_be_invited(self, alice, email, sentence) -> None:
        with pytest.raises(CommandError, match=sentence):
            call_command("invite", email)
