"""The cap on bodies, held against a real server through raw sockets."""

import http.client
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sttweb.runtime.leash import leashed
from sttweb.runtime.web import MAX_BODY_BYTES, MAX_MESSAGE_BYTES, TOO_LARGE
from tests.product import answers, free_port
from tests.runtime.echo_server import LONG_PIECES, PIECE_BYTES
from tests.settings import PROJECT_DIR

MEBIBYTE = 1024 * 1024
# For what hangs: a busy machine takes seconds where an idle one takes none.
PATIENCE_SECONDS = 90
# For how long a server lingers that is to be seen cutting a connection off.
SHORT_LINGER_SECONDS = 1


class Server:
    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid

    def peak_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    def send(self, head: str, *pieces: bytes) -> bytes:
        """Send a request piece by piece and return all that comes back before the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_SECONDS) as connection:
            connection.sendall(head.encode() + b"\r\n\r\n")
            for piece in pieces:
                connection.sendall(piece)
            return _read_all(connection)

    def post(self, body: bytes, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        answer = response.status, response.read()
        connection.close()
        return answer

    def socket(self, path: str = "/") -> ClientConnection:
        # A server with much to read answers no pings meanwhile.
        address, patience = f"ws://127.0.0.1:{self.port}{path}", PATIENCE_SECONDS
        return connect(address, max_size=None, open_timeout=patience, ping_interval=None)


def _drip(connection: socket.socket) -> None:
    """Send for much longer than the server lingers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        connection.sendall(bytes(1000))
        time.sleep(SHORT_LINGER_SECONDS / 20)


def _read_all(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


@contextmanager
def serving(*arguments: str) -> Iterator[Server]:
    port = free_port()
    command = leashed([sys.executable, "-m", "tests.runtime.echo_server", str(port), *arguments])
    with subprocess.Popen(command, cwd=PROJECT_DIR) as process:
        try:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not answers(f"http://127.0.0.1:{port}"):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield Server(port, process.pid)
        finally:
            process.terminate()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def test_413_comes_at_once_without_the_body_for_a_length_over_the_cap(server: Server) -> None:
    # Nothing of the body is ever sent.
    answer = server.send(f"PATCH /anywhere HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_BYTES + 1}")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert TOO_LARGE.encode() in answer


def test_a_client_that_waits_to_be_told_to_continue_is_told_413_and_nothing_else(server: Server) -> None:
    answer = server.send(
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 999999999999999999999"
    )
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_413_reaches_a_client_that_sends_the_whole_body_first(server: Server) -> None:
    status, body = server.post(bytes(25 * MEBIBYTE))
    assert status == 413
    assert TOO_LARGE in body.decode()


def test_413_cuts_a_chunked_body_that_grows_over_the_cap(server: Server) -> None:
    piece = b"100000\r\n" + bytes(MEBIBYTE) + b"\r\n"
    answer = server.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked", *[piece] * 9)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("request_line", "accept"), [("PATCH /uploads/1/", "*/*"), ("POST /x", "application/json")]
)
def test_413_is_json_for_programs(server: Server, request_line: str, accept: str) -> None:
    answer = server.send(
        f"{request_line} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\nContent-Length: 9999999999"
    )
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Type: application/json" in head
    assert json.loads(body) == {"error": TOO_LARGE}


def test_a_refused_client_that_never_stops_sending_is_cut_off() -> None:
    with (
        serving(str(SHORT_LINGER_SECONDS)) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection,
    ):
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            _drip(connection)


@pytest.mark.parametrize("size", [0, 1, MEBIBYTE, 8 * MEBIBYTE, MAX_BODY_BYTES])
def test_a_body_up_to_the_cap_arrives_whole(server: Server, size: int) -> None:
    assert server.post(bytes(size)) == (200, str(size).encode())


def test_a_chunked_body_under_the_cap_arrives_whole(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    connection.request("POST", "/", iter([bytes(MEBIBYTE)] * 7), encode_chunked=True)
    assert connection.getresponse().read() == str(7 * MEBIBYTE).encode()
    connection.close()


def test_the_server_goes_on_after_refusals(server: Server) -> None:
    for _ in range(20):
        server.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999")
    assert server.post(b"abc") == (200, b"3")


def test_memory_stays_small_whatever_is_sent(server: Server) -> None:
    before = server.peak_bytes()
    form = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + bytes(8 * MEBIBYTE)
    for body in [form + b"\r\n--x--\r\n", bytes(8 * MEBIBYTE), bytes(25 * MEBIBYTE)] * 3:
        server.post(body, **{"Content-Type": "multipart/form-data; boundary=x"})
    assert server.peak_bytes() - before < 40 * MEBIBYTE


def test_a_websocket_message_over_the_cap_closes_the_socket(server: Server) -> None:
    with server.socket() as websocket:
        websocket.send("x" * MAX_MESSAGE_BYTES)
        assert websocket.recv(timeout=PATIENCE_SECONDS) == "seen"
        websocket.send("x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed):
            websocket.recv(timeout=PATIENCE_SECONDS)


def test_a_program_sends_larger_messages_than_a_page(server: Server) -> None:
    with server.socket("/v1/anything") as websocket:
        websocket.send("x" * (20 * MEBIBYTE))
        assert websocket.recv(timeout=PATIENCE_SECONDS) == "seen"
        with pytest.raises(ConnectionClosed, match="1009"):
            _announce_and_hear(websocket, 22 * MEBIBYTE)


def _announce_and_hear(websocket: Any, size: int) -> None:
    """Send the head of a frame alone: with bytes behind it, that nobody reads, the answer may be lost."""
    fin_and_text, masked_and_long = 0x81, 0xFF
    websocket.socket.sendall(struct.pack("!BBQI", fin_and_text, masked_and_long, size, 0))
    websocket.recv(timeout=PATIENCE_SECONDS)


def test_a_socket_that_reads_slowly_holds_its_client_back_instead_of_filling_the_memory(
    server: Server,
) -> None:
    before, count, size = server.peak_bytes(), 300, 300_000
    with server.socket("/v1/slow") as websocket:
        sender = threading.Thread(target=lambda: [websocket.send(bytes(size)) for _ in range(count)])
        sender.start()
        for _ in range(count):
            assert websocket.recv(timeout=PATIENCE_SECONDS) == "seen"
        sender.join()
    assert server.peak_bytes() - before < 30 * MEBIBYTE


def test_answer_in_pieces_waits_for_a_slow_client_instead_of_filling_the_memory(server: Server) -> None:
    before = server.peak_bytes()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/long")
    response = connection.getresponse()
    # Others are answered meanwhile, long after all pieces could have been sent.
    for _ in range(50):
        assert server.post(b"seven b")[0] == 200
    received = 0
    while piece := response.read(PIECE_BYTES):
        received += len(piece)
    assert received == LONG_PIECES * PIECE_BYTES + 1
    assert server.peak_bytes() - before < 40 * MEBIBYTE


def test_answer_in_pieces_ends_when_its_client_goes_away(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
    assert server.post(b"seven b") == (200, b"7")
