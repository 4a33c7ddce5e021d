import re
from http import HTTPStatus

import pytest
from django.test import Client

from sttweb.accounts.models import User
from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin@example.org", PASSWORD))
    return client


def new_user(email: str) -> dict[str, str]:
    return {"email": email, "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}


def test_admin_is_entered_by_the_one_way_in(client) -> None:
    assert client.get("/admin/", follow=True).request["PATH_INFO"] == "/accounts/login/"
    response = client.post("/admin/login/", {"username": "x", "password": "y"})
    assert response.url.startswith("/accounts/login/")


def test_admin_is_forbidden_to_others(alice_client) -> None:
    response = alice_client.get("/admin/", follow=True)
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "This is not yours to open" in response.content.decode()


def test_user_made_in_the_admin_can_sign_in(admin, sign_in) -> None:
    assert (
        admin.post("/admin/accounts/user/add/", new_user("Dora@Example.org")).status_code == HTTPStatus.FOUND
    )
    assert sign_in("dora@example.org").status_code == HTTPStatus.FOUND


def test_second_user_with_an_address_is_refused(admin, alice) -> None:
    page = admin.post("/admin/accounts/user/add/", new_user("ALICE@example.org")).content.decode()
    assert "already exists" in page
    assert User.objects.filter(email="alice@example.org").count() == 1


def test_former_address_is_forgotten_when_it_is_changed(admin, client, sign_up, sign_in) -> None:
    sign_up("old@example.org")
    client.logout()
    user = User.objects.get(email="old@example.org")
    data = {
        "email": "new@example.org",
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "10:00",
    }
    assert admin.post(f"/admin/accounts/user/{user.pk}/change/", data).status_code == HTTPStatus.FOUND
    assert sign_in("old@example.org").status_code == HTTPStatus.OK
    assert sign_in("new@example.org").status_code == HTTPStatus.FOUND


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/"])
def test_admin_needs_nothing_that_the_policy_forbids(admin, path) -> None:
    response = admin.get(path)
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    page = response.content.decode()
    assert not re.search(r"<script(?![^>]*(\bsrc=|application/json))", page)
    assert not re.search(r"<style|\sstyle=|\son(click|load|change|submit)=", page)
