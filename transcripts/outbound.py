"""Reads from other people's servers, and posts to them, without letting an address reach into this network.

Every address of a host is checked when a connection is made, and the connection goes to exactly that one: a
second look-up, which might answer otherwise, never takes place. Each redirect is a connection like the first.
Proxy variables are not read.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import httpcore2
import httpx2

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], list[Address]]

URL_LENGTH = 2000
MAX_REDIRECTS = 5
# Seconds. The headers of one answer, with all before them; then each piece of the body.
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
STALL_SECONDS = 30.0
USER_AGENT = "sttweb"

# All of IPv6 that is in public use. Outside are mapped and compatible forms, NAT64, site-local addresses.
PUBLIC_V6 = ipaddress.ip_network("2000::/3")
# Inside, 6to4 and Teredo stand for other addresses, which may be anything; the last is for documentation.
REFUSED_V6 = [ipaddress.ip_network(n) for n in ("2002::/16", "2001::/32", "3fff::/20")]

REDIRECTS = {301, 302, 303, 307, 308}


class FetchError(Exception):
    """One sentence for who gave the link. `is_passing`: the same request may well succeed later."""

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing


class NotOfTheWeb(FetchError):
    def __init__(self) -> None:
        super().__init__("That is not a link to a file: it must begin with http:// or https://.")


class PrivateAddress(FetchError):
    def __init__(self) -> None:
        super().__init__("The link points into a private network, from which nothing is fetched.")


class PortRefused(FetchError):
    def __init__(self, port: int) -> None:
        super().__init__(f"Links to port {port} are not allowed here.")


def look_up(host: str, port: int) -> list[Address]:
    """Raises: OSError: there is no such host."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # An address with a zone ("fe80::1%eth0") is kept with it, and refused as not global.
    return [ipaddress.ip_address(entry[4][0]) for entry in dict.fromkeys(found)]


@dataclass(frozen=True)
class Policy:
    """Where connections may go.

    `allowed`: networks that are let through although they are not public; with `on_every_port` they are on
    each port, and all others only on `ports`.
    """

    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({80, 443})
    look_up: Resolve = look_up
    ssl_context: ssl.SSLContext | None = field(default=None, compare=False)
    on_every_port: bool = False

    def permits(self, address: Address) -> bool:
        return self.allows(address) or is_public(address)

    def allows(self, address: Address) -> bool:
        return any(address in network for network in self.allowed)


def is_public(address: Address) -> bool:
    """Whether the address is one of the internet's, and not another one in disguise."""
    is_disguised = address.version == 6 and (
        address not in PUBLIC_V6 or any(address in network for network in REFUSED_V6)
    )
    return address.is_global and not address.is_multicast and not is_disguised


def parse(text: str, policy: Policy) -> httpx2.URL:
    """Return the link as a URL that may be fetched.

    Raises: FetchError: it may not be, whatever its host's addresses are.
    """
    try:
        url = httpx2.URL(text.strip())
        is_web = url.scheme in ("http", "https") and bool(url.raw_host)
    except (httpx2.InvalidURL, UnicodeError):
        is_web = False
    if not is_web:
        raise NotOfTheWeb
    if len(text) > URL_LENGTH:
        raise FetchError(f"The link is longer than {URL_LENGTH} characters.")
    if url.userinfo:
        raise FetchError("The link holds a user name or password: leave them out.")
    if port_of(url) not in policy.ports and not policy.on_every_port:
        raise PortRefused(port_of(url))
    return url


def port_of(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


class Deadline:
    """The moment by which the bytes that are waited for must be here, however slowly they drip."""

    def __init__(self, seconds: float) -> None:
        self.extend(seconds)

    def extend(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    def left(self) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left


class DeadlineStream(httpcore2.NetworkStream):
    """A stream on which no wait outlasts the deadline, however many reads it is made of."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        stream = self.stream.start_tls(ssl_context, server_hostname, self.deadline.left())
        return DeadlineStream(stream, self.deadline)

    def get_extra_info(self, info: str) -> object:
        return self.stream.get_extra_info(info)


class CheckedBackend(httpcore2.SyncBackend):
    """Looks hosts up by itself, and connects to no address that the policy does not permit."""

    def __init__(self, policy: Policy, deadline: Deadline) -> None:
        self.policy = policy
        self.deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = httpcore2.ConnectError()
        for address in self._addresses(host, port):
            try:
                stream = super().connect_tcp(str(address), port, min(CONNECT_SECONDS, self.deadline.left()))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return DeadlineStream(stream, self.deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            addresses = self.policy.look_up(host, port)
        except (OSError, UnicodeError):
            raise FetchError(f"There is no server named {host}: check the link.", is_passing=True) from None
        # One that is refused condemns the others: an honest host has none.
        if not all(self.policy.permits(address) for address in addresses):
            raise PrivateAddress
        if port not in self.policy.ports and not all(self.policy.allows(address) for address in addresses):
            raise PortRefused(port)
        return addresses


@dataclass(frozen=True)
class Answer:
    """A server's answer to the last request of the redirects: headers now, the body as it comes."""

    url: httpx2.URL
    status: int
    headers: httpx2.Headers
    body: Iterator[bytes]


@contextmanager
def fetch(url: str, headers: dict[str, str], policy: Policy) -> Iterator[Answer]:
    """Ask for the URL, following redirects. Errors, also those while reading the body, are `FetchError`.

    Raises: FetchError: with one sentence; the server's own words are never part of it.
    """
    target = parse(url, policy)
    for _ in range(MAX_REDIRECTS + 1):
        with said_plainly(target.host), _request(target, headers, policy) as answer:
            if answer.status not in REDIRECTS or "Location" not in answer.headers:
                yield answer
                return
            target = redirected(target, answer.headers["Location"], policy)
    raise FetchError("The link is redirected again and again: open it in a browser and copy where it ends.")


def post(url: str, headers: dict[str, str], body: bytes, policy: Policy, seconds: float) -> int:
    """Post the body; return the status of the answer, of which nothing else is read. No redirect is followed.

    Args: seconds: that all of it may take.
    Raises: FetchError: with one sentence.
    """
    target = parse(url, policy)
    with said_plainly(target.host), _request(target, headers, policy, "POST", body, seconds) as answer:
        return answer.status


def redirected(url: httpx2.URL, location: str, policy: Policy) -> httpx2.URL:
    try:
        return parse(str(url.join(location)), policy)
    except (httpx2.InvalidURL, UnicodeError):
        raise FetchError("The link is redirected to something that is no link.") from None


@contextmanager
def _request(
    url: httpx2.URL,
    headers: dict[str, str],
    policy: Policy,
    verb: str = "GET",
    content: bytes | None = None,
    seconds: float | None = None,
) -> Iterator[Answer]:
    deadline = Deadline(seconds or ANSWER_SECONDS)
    sent = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        # Ranges count the bytes of what is sent: compressed, they would not be those of the file.
        "Accept-Encoding": "identity",
        **({} if content is None else {"Content-Length": str(len(content))}),
        **headers,
    }
    target = httpcore2.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path or b"/"
    )
    with (
        httpcore2.ConnectionPool(
            ssl_context=policy.ssl_context or default_ssl_context(),
            network_backend=CheckedBackend(policy, deadline),
        ) as pool,
        pool.stream(verb, target, headers=list(sent.items()), content=content) as response,
    ):
        body = _pieces(response.iter_stream(), deadline)
        yield Answer(url, response.status, httpx2.Headers(response.headers), body)


@lru_cache
def default_ssl_context() -> ssl.SSLContext:
    return httpcore2.default_ssl_context()


def _pieces(body: Iterator[bytes], deadline: Deadline) -> Iterator[bytes]:
    deadline.extend(STALL_SECONDS)
    for piece in body:
        yield piece
        deadline.extend(STALL_SECONDS)


@contextmanager
def said_plainly(host: str) -> Iterator[None]:
    """Turn what the network's libraries raise into a sentence."""
    try:
        yield
    except httpcore2.TimeoutException:
        raise FetchError(f"{host} does not answer, or stopped sending.", is_passing=True) from None
    except httpcore2.ConnectError as error:
        # The library keeps the reason as its argument alone.
        reason = error.args[0] if error.args else None
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise FetchError(f"{host} does not prove who it is: its certificate is not valid.") from None
        if isinstance(reason, ssl.SSLError):
            raise FetchError(f"{host} offers no secure connection that works.") from None
        raise FetchError(f"{host} accepts no connection.", is_passing=True) from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError):
        raise FetchError(f"{host} broke off the transfer.", is_passing=True) from None


def check_status(status: int) -> None:
    """Raises: FetchError: the status is not of the 2xx."""
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise FetchError(f"There is no file at this link ({status}): check it.")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise FetchError(f"This link is not open to everybody ({status}): download the file and upload it.")
    if status >= 500 or status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT):
        raise FetchError(f"The link's server has a problem ({status}): try again later.", is_passing=True)
    if not 200 <= status < 300:
        raise FetchError(f"The link's server does not give the file ({status}).")
