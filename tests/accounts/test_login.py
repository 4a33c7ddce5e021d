import socket
import time
from http import HTTPStatus

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


class CountingHasher(MD5PasswordHasher):
    calls = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.calls += 1
        return super().encode(password, salt)


def test_user_is_signed_in_however_the_address_is_written(alice, sign_in) -> None:
    response = sign_in(" Alice@EXAMPLE.org ")
    assert (response.status_code, response.url) == (HTTPStatus.FOUND, "/")


def test_fields_and_buttons_have_their_names(client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert '<label for="id_login">E-mail</label>' in page
    assert '<label for="id_password">Password</label>' in page
    assert ">Sign in</button>" in page
    assert ">Sign up</a>" in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page


def test_session_lasts_two_weeks_and_is_hidden_from_scripts(alice, sign_in) -> None:
    cookie = sign_in(alice.email).cookies["sttweb_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 14 * 24 * 3600


def test_answer_is_the_same_when_the_address_is_unknown(alice, sign_in, settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    alice.set_password(PASSWORD)
    alice.save()
    answers, hashed = [], []
    for email in (alice.email, "nobody@example.org"):
        CountingHasher.calls = 0
        response = sign_in(email, "wrong")
        hashed.append(CountingHasher.calls)
        answers.append((response.status_code, response.context["form"].non_field_errors()))
    assert answers[0] == answers[1]
    assert answers[0][1] == ["The e-mail or the password is wrong: try again, or reset your password."]
    # Hashing is what takes time in signing in.
    assert hashed == [1, 1]


def test_session_ends_only_when_the_button_is_pressed(alice_client) -> None:
    alice_client.get("/accounts/logout/")
    assert alice_client.get("/accounts/").status_code == HTTPStatus.OK
    response = alice_client.post("/accounts/logout/")
    assert (response.status_code, response.url) == (HTTPStatus.FOUND, "/accounts/login/")
    assert alice_client.get("/accounts/").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_user_is_not_sent_elsewhere_after_signing_in(client, alice, target) -> None:
    data = {"login": alice.email, "password": PASSWORD, "next": target}
    response = client.post("/accounts/login/", data)
    assert "evil" not in response.get("Location", "")
    assert "javascript" not in response.get("Location", "")


def test_account_that_is_switched_off_cannot_sign_in(alice, client, sign_in) -> None:
    alice.is_active = False
    alice.save()
    response = sign_in(alice.email)
    assert "switched off" in client.get(response.url).content.decode()
    assert client.get("/accounts/").status_code == HTTPStatus.FOUND


def test_sixth_wrong_password_for_an_account_is_refused_unread(alice, bob, sign_in) -> None:
    for _ in range(5):
        assert sign_in(alice.email, "wrong").status_code == HTTPStatus.OK
    response = sign_in(alice.email, PASSWORD)
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "Too many failed attempts: wait a few minutes" in response.content.decode()
    assert sign_in(bob.email).status_code == HTTPStatus.FOUND


def guess(client: Client, number: int, **headers: str) -> int:
    data = {"login": f"user{number}@example.org", "password": "wrong"}
    return client.post("/accounts/login/", data, headers=headers).status_code


def guesses_until_refused(client: Client, settings, forward: bool) -> int:
    # The other limit, 30 posts a minute, would be met first.
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "1000/m/ip"}
    for number in range(70):
        headers = {"X-Forwarded-For": f"198.51.100.{number}"} if forward else {}
        if guess(client, number, **headers) == HTTPStatus.TOO_MANY_REQUESTS:
            return number
    return 70


def test_an_address_has_sixty_guesses_an_hour(client, settings) -> None:
    assert guesses_until_refused(client, settings, forward=False) == 60


def test_an_address_has_no_more_guesses_when_it_claims_to_be_a_proxy(client, settings) -> None:
    assert guesses_until_refused(client, settings, forward=True) == 60


def test_each_visitor_is_counted_alone_when_a_proxy_is_declared(client, settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert guesses_until_refused(client, settings, forward=True) == 70


def test_flood_of_attempts_gets_a_page_that_says_so(client) -> None:
    response = None
    for number in range(31):
        response = client.post("/accounts/login/", {"login": f"{number}", "password": ""})
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "wait a few minutes, then try again" in response.content.decode()


def cache_at(location: str) -> dict:
    return {"default": {"BACKEND": "sttweb.cache.RedisOrMemoryCache", "LOCATION": location}}


def test_signing_in_works_and_is_counted_while_redis_is_down(alice, sign_in, settings, tmp_path) -> None:
    settings.CACHES = cache_at(f"unix://{tmp_path}/nothing.sock")
    for _ in range(5):
        sign_in(alice.email, "wrong")
    assert sign_in(alice.email).status_code == HTTPStatus.TOO_MANY_REQUESTS


def test_signing_in_waits_not_for_long_while_redis_hangs(alice, sign_in, settings, tmp_path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        settings.CACHES = cache_at(f"unix://{tmp_path}/silent.sock")
        started = time.monotonic()
        assert sign_in(alice.email).status_code == HTTPStatus.FOUND
        assert time.monotonic() - started < 60
