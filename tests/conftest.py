"""What all tests share: a queue's server of their own, three people, the running product, Chromium."""

import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
import redis
from django.conf import settings
from django.test import Client

from tests.file_server import FileServer, file_server, folder
from tests.grouping import GroupScheduling
from tests.product import Product, product_database, start_product
from tests.receiver import Receiver, receiver
from tests.settings import PROJECT_DIR

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from sttweb.accounts.models import User

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "product"}
PASSWORD = "correct horse battery staple"

OUTPUT_LINES = 60

# How long an example takes says how busy the machine is, and nothing about what is tested.
hypothesis.settings.register_profile(
    "explore",
    hypothesis.settings(),
    deadline=None,
    suppress_health_check=[*hypothesis.settings().suppress_health_check, hypothesis.HealthCheck.too_slow],
)
# The same examples each time: what fails was broken by a change. --hypothesis-profile explore looks further.
hypothesis.settings.register_profile("same", hypothesis.settings.get_profile("explore"), derandomize=True)
hypothesis.settings.load_profile("same")

# Far more than an idle machine needs.
LAUNCH_MS = 120_000
REDIS_SECONDS = 60.0
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


def pytest_configure(config: pytest.Config) -> None:
    # Once, by whoever starts the workers: the product under test serves the collected static files.
    if not hasattr(config, "workerinput"):
        subprocess.run([PROJECT_DIR / "scripts" / "setup"], check=True)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    return GroupScheduling(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & DATABASE_FIXTURES or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
        if "chromium" in fixtures:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the products under test said belongs to a failure of theirs."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Product):
                last = "\n".join(value.output.splitlines()[-OUTPUT_LINES:])
                report.sections.append((f"Last lines of {name}'s output", last))
    return report


@pytest.fixture(scope="session", autouse=True)
def queue_server() -> Iterator[redis.Redis]:
    """The Valkey that settings.REDIS_URL names, one for each xdist worker."""
    from sttweb import env
    from sttweb.runtime import valkey
    from transcripts import hints

    # After a hint that came to nothing no other is given for a while, and tests look for what they bring.
    hints.ANSWER_SECONDS = REDIS_SECONDS
    folder = env.DATA_DIR / "valkey"
    valkey.make_private(folder)
    with subprocess.Popen(valkey.command(env.VALKEY_SOCKET, folder)) as process:
        assert valkey.wait(lambda: process.poll() is None, env.VALKEY_SOCKET)
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            yield client
        valkey.shut_down(env.VALKEY_SOCKET)


@pytest.fixture(autouse=True)
def _empty_queues(queue_server: redis.Redis) -> Iterator[None]:
    yield
    queue_server.flushall()


def _user(name: str) -> "User":
    from sttweb.accounts.models import User

    return User.objects.create_user(f"{name}@example.org", PASSWORD)


@pytest.fixture
def alice(db: None) -> "User":
    """The owner."""
    return _user("alice")


@pytest.fixture
def bob(db: None) -> "User":
    """Another user."""
    return _user("bob")


@pytest.fixture
def charlie(db: None) -> "User":
    """A stranger."""
    return _user("charlie")


@pytest.fixture
def alice_client(alice: "User") -> Client:
    return _signed_in(alice)


@pytest.fixture
def bob_client(bob: "User") -> Client:
    return _signed_in(bob)


@pytest.fixture
def charlie_client(charlie: "User") -> Client:
    return _signed_in(charlie)


def _signed_in(user: "User") -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture(scope="session")
def samples() -> Iterator[FileServer]:
    """A server with the files of tests/audio, on the only port that the product may fetch from."""
    with file_server(folder(PROJECT_DIR / "tests" / "audio")) as server:
        yield server


@pytest.fixture(scope="session")
def told() -> Iterator[Receiver]:
    """A server on the only port where the product may tell others of what was done."""
    with receiver() as found:
        yield found


@pytest.fixture(scope="session")
def product(samples: FileServer, told: Receiver) -> Iterator[Product]:
    """The real product, running. Its tests make accounts of their own, so that none sees another."""
    running = start_product(
        DATABASE_URL=product_database(),
        STT_IMPORT_ALLOW="127.0.0.1/32",
        STT_IMPORT_PORTS=str(samples.port),
        STT_WEBHOOK_PORTS=str(told.port),
    )
    running.wait()
    yield running
    running.stop()


@pytest.fixture
def chromium() -> "Iterator[Callable[..., Browser]]":
    """Launches Chromium; with `sound`, a WAV file, that is what its microphone hears, once, then silence."""
    # A session of Playwright's leaves an event loop running in this thread, which Django and pytest-asyncio
    # both refuse to work beside: so one for each test.
    from playwright.sync_api import sync_playwright

    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:

        def launch(sound: Path | None = None) -> "Browser":
            heard = [f"--use-file-for-fake-audio-capture={sound}%noloop"] if sound else []
            return playwright.chromium.launch(
                executable_path=executable, args=[*CHROMIUM_ARGUMENTS, *heard], timeout=LAUNCH_MS
            )

        yield launch
