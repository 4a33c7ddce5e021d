import asyncio
import json
import logging
import os
import subprocess
import sys
from contextvars import Context
from http import HTTPStatus
from io import BytesIO

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path

from sttweb import request_id
from sttweb.urls import handler500  # noqa: F401
from sttweb.urls import urlpatterns as product_urlpatterns


def fail(request: HttpRequest) -> None:
    raise RuntimeError("the secret of the traceback")


urlpatterns = [path("fail/", fail), *product_urlpatterns]

POLICY = {
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/signup/", "/accounts/", "/", "/admin/", "/nothing-here/"]
)
def test_every_answer_carries_the_headers(client, address) -> None:
    headers = client.get(address).headers
    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "microphone=(self)" in headers["Permissions-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]
    assert len(headers["X-Request-Id"]) == 16


@pytest.mark.django_db
def test_request_id_is_new_each_time_and_never_the_clients(client) -> None:
    ids = {
        client.get("/accounts/login/", headers={"X-Request-Id": "forged"}).headers["X-Request-Id"]
        for _ in range(3)
    }
    assert len(ids) == 3
    assert "forged" not in ids


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_failure_shows_its_number_and_nothing_else(alice, caplog) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    response = client.get("/fail/")
    page = response.content.decode()
    assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert response.headers["X-Request-Id"] in page
    assert "This is our fault, not yours" in page
    assert "secret" not in page
    assert alice.email not in page


@pytest.mark.django_db(transaction=True)
@pytest.mark.urls(__name__)
async def test_failure_shows_the_number_of_its_own_request_when_served_asynchronously() -> None:
    client = AsyncClient(raise_request_exception=False)
    answers = await asyncio.gather(*(client.get("/fail/") for _ in range(5)))
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 5
    assert all(answer.headers["X-Request-Id"] in answer.content.decode() for answer in answers)


@pytest.mark.django_db
@pytest.mark.urls(__name__)
def test_failure_is_logged_on_one_line_with_its_number() -> None:
    line = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            line.append(self.format(record))

    form = django_settings.LOGGING["formatters"]["line"]
    handler = Keep()
    handler.setFormatter(request_id.LogFormatter(form["format"], form["datefmt"], form["style"]))
    logger = logging.getLogger("django.request")
    logger.addHandler(handler)
    try:
        response = Client(raise_request_exception=False).get("/fail/")
    finally:
        logger.removeHandler(handler)
    assert len(line) == 1
    assert "\n" not in line[0]
    assert "RuntimeError: the secret of the traceback" in line[0]
    assert f"ERROR django.request {response.headers['X-Request-Id']} " in line[0]


def test_log_line_cannot_be_forged_by_what_it_quotes() -> None:
    record = logging.LogRecord("sttweb", logging.INFO, "", 0, "Named %s", ("x\r\nERROR sttweb forged",), None)
    line = Context().run(request_id.LogFormatter("%(request_id)s %(message)s").format, record)
    assert line == "- Named x\\r\\nERROR sttweb forged"


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in", [False, True])
def test_missing_page_says_so(client, alice_client, signed_in) -> None:
    response = (alice_client if signed_in else client).get("/nothing-here/")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert "There is nothing here" in response.content.decode()


@pytest.mark.django_db
def test_form_without_its_token_is_refused_with_a_remedy() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x", "password": "y"})
    assert response.status_code == HTTPStatus.FORBIDDEN
    assert "Go back, reload the page and send the form again" in response.content.decode()


@pytest.mark.django_db
def test_unknown_host_is_refused(client) -> None:
    response = client.get("/accounts/login/", headers={"Host": "evil.example"})
    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert "The request was not understood" in response.content.decode()


@pytest.mark.parametrize(("size", "is_read"), [(8 * 1024 * 1024, True), (8 * 1024 * 1024 + 1, False)])
def test_raw_body_is_read_up_to_eight_mebibytes(size, is_read) -> None:
    from django.core.exceptions import RequestDataTooBig

    request = RequestFactory().generic("PATCH", "/", BytesIO(bytes(size)).read(), "application/octet-stream")
    if is_read:
        assert len(request.body) == size
    else:
        with pytest.raises(RequestDataTooBig):
            _ = request.body


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a process of its own, under the product's settings and this environment."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "sttweb.settings"} | environment
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


HTTPS = {"STT_HTTPS": "on", "STT_ALLOWED_HOSTS": "example.org"}


def test_deployment_check_passes_behind_https() -> None:
    checked = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **HTTPS)
    assert checked.returncode == 0, checked.stderr


ASK_BEHIND_HTTPS = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
plain = Client().get("/accounts/", headers={"Host": "example.org"})
secure = Client().get("/accounts/", headers={"Host": "example.org", "X-Forwarded-Proto": "https"})
print(json.dumps([
    plain["Location"], secure["Location"], secure["Strict-Transport-Security"],
    settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE,
]))
"""


def test_everything_is_https_when_told_so() -> None:
    asked = run("-c", ASK_BEHIND_HTTPS, **HTTPS)
    assert asked.returncode == 0, asked.stderr
    plain, secure, transport, *cookies = json.loads(asked.stdout)
    assert plain == "https://example.org/accounts/"
    assert secure == "/accounts/login/?next=/accounts/"
    assert transport == "max-age=31536000"
    assert cookies == [True, True]


@pytest.mark.parametrize("url", ["carrier-pigeon://x", "mail.example.org:587"])
def test_mail_setting_that_cannot_be_understood_is_refused(url) -> None:
    asked = run("manage.py", "check", EMAIL_URL=url)
    assert asked.returncode != 0
    assert "it must begin with one of: smtp://, submission://, console://" in asked.stderr
    assert "Traceback" not in asked.stderr
