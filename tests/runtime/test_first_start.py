"""The start that everybody makes first: no model is set, and none is here."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from bench.client import Visitor
from tests.hub import Hub, serving_hub
from tests.product import Product, start_product
from tests.waiting import wait_until

# For what hangs: a busy machine takes many times what an idle one takes.
SECONDS = 240
UNSET = {"STT_MODEL": "", "STT_TRANSLATE_MODEL": "", "HF_HUB_OFFLINE": "0"}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving_hub("Systran/faster-whisper-base", "Systran/faster-whisper-small") as found:
        yield found


@pytest.fixture
def start() -> Iterator[Callable[..., Product]]:
    started: list[Product] = []

    def start_one(endpoint: str, before: Product | None = None) -> Product:
        data_dir = before and before.data_dir
        started.append(start_product(data_dir, **UNSET, HF_ENDPOINT=endpoint, HF_HUB_DOWNLOAD_TIMEOUT="120"))
        started[-1].wait()
        return started[-1]

    yield start_one
    for product in started:
        product.process.kill()
        product.process.wait()


def page(visitor: Visitor, path: str = "/") -> str:
    with visitor.opener.open(visitor.url + path) as answer:
        return " ".join(answer.read().decode().split())


def says(visitor: Visitor, text: str, path: str = "/") -> str:
    """Wait until the page says it; return the page."""
    return wait_until(lambda: re.search(text, whole := page(visitor, path)) and whole, SECONDS, text)


def hear_sample(visitor: Visitor) -> None:
    """Have a sample transcribed."""
    form = urlencode({"csrfmiddlewaretoken": visitor.cookie("csrftoken")}).encode()
    with visitor.opener.open(f"{visitor.url}/samples/note/", form) as answer:
        path = answer.geturl().removeprefix(visitor.url)
    says(visitor, r"The meeting starts at nine\.", path)


def test_the_demonstration_serves_without_a_network_and_the_real_models_take_over(
    start: Callable[..., Product], hub: Hub
) -> None:
    offline = start("http://127.0.0.1:1")
    visitor = Visitor(offline.url)
    visitor.sign_up()
    banner = says(visitor, "It is tried again at")
    assert "This is a demonstration model: it understands only the sample recordings." in banner
    assert "The model “base” could not be downloaded from the hub: check the network and the disk." in banner
    wait_until(lambda: "Tried again in 30 s." in offline.output, SECONDS, "a line in the terminal")
    hear_sample(visitor)
    offline.stop()

    hub.hold()
    online = start(hub.url, offline)
    visitor = Visitor(online.url)
    visitor.sign_up()
    says(visitor, r"The real model <code>base</code> is being downloaded \(\d+ %\)")
    hub.go_on()
    wait_until(lambda: "The speech model small is here." in online.output, SECONDS, "the models")
    assert "Downloading the speech model base: 100 %" in online.output
    assert "demonstration model" not in page(visitor)
    hear_sample(visitor)
    assert online.manage("models", "list").startswith("base ")
