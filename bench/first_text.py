"""Time from upload to the first text on the page, for a file of 60 minutes and one of 3 hours.

.venv/bin/python -m bench.first_text
"""

import time

from bench.client import Visitor
from bench.recordings import NOTE, long_recording
from tests.product import start_product


def main() -> None:
    product = start_product()
    try:
        product.wait()
        warm_up(product.url)
        for minutes in (60, 180, 60, 180):
            report(product.url, minutes)
    finally:
        product.stop()


def warm_up(url: str) -> None:
    """Let the worker load its model, as it has in daily use."""
    visitor = Visitor(url)
    visitor.sign_up()
    visitor.watch(visitor.upload(NOTE))


def report(url: str, minutes: int) -> None:
    path = long_recording(minutes)
    visitor = Visitor(url)
    visitor.sign_up()
    began = time.monotonic()
    recording = visitor.upload(path)
    sent = time.monotonic()
    first = visitor.watch(recording, until="text")[-1]
    print(
        f"{minutes} min ({path.stat().st_size / 1e6:.0f} MB): first text {first.at - began:.2f} s after the "
        f"upload began, {first.at - sent:.2f} s after it ended: {first.text[:50]}…"
    )
    token = visitor.cookie("csrftoken")
    visitor.send("POST", f"/recordings/{recording}/delete/", b"", X_CSRFToken=token)
    time.sleep(3)


if __name__ == "__main__":
    main()
