"""How long the acknowledgement of a piece takes while thirty recordings come in at once, paced in real time.

.venv/bin/python -m bench.acknowledge [recordings] [seconds]
"""

import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from urllib.parse import urlsplit

from bench.client import Visitor
from bench.recordings import long_recording
from tests.product import start_product

PIECE_BYTES = 5_000  # about a second of Opus at 32 kbit/s
PACE_SECONDS = 1.0


class Speaker:
    """One recording: sends its next second each second, whatever became of the one before."""

    def __init__(self, url: str, data: bytes) -> None:
        visitor = Visitor(url)
        visitor.sign_up()
        self.data = data
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies)
        self.headers = {
            "Cookie": cookies,
            "X-CSRFToken": visitor.cookie("csrftoken"),
            "Tus-Resumable": "1.0.0",
            "Content-Type": "application/offset+octet-stream",
        }
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        # "source microphone"
        created = self.send("POST", "/uploads/", b"", {"Upload-Metadata": "source bWljcm9waG9uZQ=="})
        self.path = created.headers["Location"]

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> http.client.HTTPResponse:
        if method == "POST":
            headers["Upload-Defer-Length"] = "1"
        self.connection.request(method, path, body, self.headers | headers)
        response = self.connection.getresponse()
        response.read()
        assert response.status < 300, response.status
        return response

    def speak(self, begin: float, seconds: int) -> list[float]:
        """Return the seconds until each piece was acknowledged, counted from when it was due."""
        figures = []
        for second in range(seconds):
            due = begin + second * PACE_SECONDS
            time.sleep(max(0.0, due - time.monotonic()))
            offset = second * PIECE_BYTES
            piece = self.data[offset : offset + PIECE_BYTES]
            self.send("PATCH", self.path, piece, {"Upload-Offset": str(offset)})
            figures.append(time.monotonic() - due)
        return figures


def main() -> None:
    recordings, seconds = (int(value) for value in (*sys.argv[1:], 30, 60)[:2])
    data = long_recording(10, "webm").read_bytes()
    product = start_product()
    try:
        product.wait()
        speakers = [Speaker(product.url, data) for _ in range(recordings)]
        begin = time.monotonic() + 1
        with ThreadPoolExecutor(recordings) as pool:
            # Spread over the second, as people are.
            starts = [begin + number * PACE_SECONDS / recordings for number in range(recordings)]
            runs = pool.map(lambda pair: pair[0].speak(pair[1], seconds), zip(speakers, starts, strict=True))
            figures = sorted(figure for run in runs for figure in run)
    finally:
        product.stop()
    p95, p99 = (figures[int(len(figures) * share)] for share in (0.95, 0.99))
    print(
        f"{recordings} recordings, {len(figures)} pieces: median {median(figures) * 1000:.0f} ms, "
        f"p95 {p95 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, worst {figures[-1] * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
