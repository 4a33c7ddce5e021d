from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

PASSWORD = "correct horse battery staple"
Post = Callable[..., HttpResponse]


@pytest.fixture
def sign_up(client: Client) -> Post:
    def post(email: str, password: str = PASSWORD, query: str = "") -> HttpResponse:
        return client.post(f"/accounts/signup/{query}", {"email": email, "password1": password})

    return post


@pytest.fixture
def sign_in(client: Client) -> Post:
    def post(email: str, password: str = PASSWORD, **headers: str) -> HttpResponse:
        return client.post("/accounts/login/", {"login": email, "password": password}, headers=headers)

    return post
