"""A real HTTP or HTTPS server for tests of what fetches from others. Each test says how it answers."""

import datetime
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SLOW_BYTES = 1_000_000
SLOW_SECONDS = 150.0

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class FileServer:
    port: int
    scheme: str = "http"
    answer: Answer = lambda handler: handler.send_error(500)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/note.wav", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def file_server(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[FileServer]:
    server = FileServer(0, "https" if context else "http", answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.asked.append((self.path, dict(self.headers)))
            self.close_connection = True
            with suppress(OSError):  # the other side has heard enough
                server.answer(self)

        def log_message(self, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a handshake that the client broke off

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        if context:
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
        server.port = listening.server_address[1]
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


def whole(data: bytes, **headers: str) -> Answer:
    """Answer with the file, and nothing else than the file."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, 200, data, **headers)

    return answer


def folder(path: Path) -> Answer:
    """Answer with the file of that name in a folder; a huge one says it has 21 GB, a slow one stays."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        file = path / Path(handler.path).name
        if file.stem == "huge":
            send(handler, 200, Content_Length=str(21 * 10**9))
            return
        if file.stem == "slow":
            send(handler, 200, Content_Length=str(SLOW_BYTES))
            drip(handler, bytes(SLOW_BYTES), SLOW_SECONDS)
        elif file.is_file():
            send(handler, 200, file.read_bytes())
        else:
            send(handler, 404)

    return answer


def send(handler: BaseHTTPRequestHandler, status: int, data: bytes = b"", **headers: str) -> None:
    sent = {"Content-Type": "audio/wav", "Content-Length": str(len(data))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    handler.send_response(status)
    for name, value in sent.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


def redirect(location: str) -> Answer:
    return lambda handler: send(handler, 302, Location=location)


def ranges(data: bytes, cuts: list[int], etag: str = '"1"', seconds: float = 0.0) -> Answer:
    """Answer as servers do that can go on, but break off after so many bytes, once for each of `cuts`.

    With `seconds`, that is how long the whole takes.
    """

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        is_same = handler.headers.get("If-Range") == etag
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and is_same else 0
        if start >= len(data):
            send(handler, 416, Content_Range=f"bytes */{len(data)}")
            return
        headers = {"ETag": etag, "Accept_Ranges": "bytes", "Content_Length": str(len(data) - start)}
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        end = start + cuts.pop(0) if cuts else len(data)
        send(handler, 206 if start else 200, data[start:end] if not seconds else b"", **headers)
        if seconds:
            drip(handler, data[start:end], seconds * (end - start) / len(data))

    return answer


def drip(handler: BaseHTTPRequestHandler, data: bytes, seconds: float) -> None:
    step = max(1, len(data) // 100)
    for start in range(0, len(data), step):
        handler.wfile.write(data[start : start + step])
        time.sleep(seconds / 100)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return the context of a server that proves to be `name`, and that of a client that believes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        known_as: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        known_as = x509.DNSName(name)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([known_as]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=made.public_bytes(pem).decode())
    return server, client
