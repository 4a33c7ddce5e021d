"""Links lead out, never in."""

import ipaddress
import os
import socket
import time

import pytest

from tests.file_server import certificate, file_server, redirect, send, whole
from transcripts import outbound
from transcripts.outbound import FetchError, Policy, fetch, is_public

# How long a server of these tests keeps on that does not come to an end.
DRIP_SECONDS = 100
LOOPBACK = (ipaddress.ip_network("127.0.0.1/32"),)
PRIVATE = "The link points into a private network, from which nothing is fetched."


def near(server, **changes) -> Policy:
    """A policy under which the test's own server may be reached."""
    return Policy(**{"allowed": LOOPBACK, "ports": frozenset({server.port}), **changes})


def get(url: str, policy: Policy, **headers: str) -> tuple[int, bytes]:
    with fetch(url, headers, policy) as answer:
        return answer.status, b"".join(answer.body)


def names(*answers: str):
    """Return a look-up that gives these addresses, one after the other, and counts how often it was asked."""
    left = list(answers)

    def look_up(host: str, port: int) -> list:
        look_up.asked.append(host)
        return [ipaddress.ip_address(a) for a in (left.pop(0) if len(left) > 1 else left[0]).split()]

    look_up.asked = []
    return look_up


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "192.0.2.1",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::1",
        "2001:db8::1",
        "fc00::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
        "5f00::1",
    ],
)
def test_address_that_is_not_public_is_refused(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.1", "2606:4700::1", "2a00:1450::1"])
def test_public_address_is_permitted(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "0x7f000001",
        "2130706433",
        "[::1]",
        "[::ffff:7f00:1]",
        "0",
        "1.0.0.127.in",
    ],
)
def test_no_spelling_of_this_machine_is_reached(host):
    with file_server(whole(b"secret")) as server:
        policy = Policy(ports=frozenset({server.port}))
        if host.endswith(".in"):
            policy = Policy(ports=policy.ports, look_up=names("127.0.0.1"))
        with pytest.raises(FetchError):
            get(server.url(host=host), policy)
        assert server.asked == []


def test_host_with_one_private_address_among_public_ones_is_refused():
    with pytest.raises(FetchError, match=PRIVATE):
        get("http://example.org/", Policy(look_up=names("8.8.8.8 10.0.0.1")))


def test_allowed_network_is_reached_with_the_hosts_own_name():
    with file_server(whole(b"sound")) as server:
        policy = near(server, look_up=names("127.0.0.1"))
        assert get(server.url(host="archive.example"), policy) == (200, b"sound")
        assert server.asked[0][1]["Host"] == f"archive.example:{server.port}"
        assert policy.look_up.asked == ["archive.example"]


def test_name_that_changes_its_address_is_asked_once_for_each_connection():
    """The checked address is the one connected to: a second look-up would lead to a closed port."""
    with file_server(whole(b"sound")) as server:
        policy = near(server, look_up=names("127.0.0.1", "10.0.0.1"))
        assert get(server.url(host="rebinding.example"), policy) == (200, b"sound")
        with pytest.raises(FetchError, match=PRIVATE):
            get(server.url(host="rebinding.example"), policy)
        assert len(policy.look_up.asked) == 2


@pytest.mark.parametrize(
    "target",
    ["http://169.254.169.254/latest/meta-data/", "http://localhost/", "http://[::1]/", "http://192.168.0.1/"],
)
def test_redirect_into_a_private_network_is_refused(target):
    with file_server(redirect(target)) as server:
        policy = near(server, ports=frozenset({80, server.port}))
        if "localhost" in target:
            policy = Policy(LOOPBACK, policy.ports, names("127.0.0.1", "::1"))
        with pytest.raises(FetchError, match=PRIVATE):
            get(server.url(), policy)


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "gopher://x/", "ftp://127.0.0.1/x", "http://u:p@x/"]
)
def test_redirect_to_something_else_than_the_web_is_refused(target):
    with file_server(redirect(target)) as server, pytest.raises(FetchError):
        get(server.url(), near(server))
    assert len(server.asked) == 1


def test_redirect_to_another_port_is_refused():
    with file_server(redirect("http://127.0.0.1:22/")) as server, pytest.raises(FetchError, match="port 22"):
        get(server.url(), near(server))


def test_redirects_are_followed_five_times_and_no_further():
    def count_down(handler):
        left = int(handler.path[1:])
        redirect(f"/{left - 1}")(handler) if left else send(handler, 200, b"sound")

    with file_server(count_down) as server:
        assert get(server.url("/5"), near(server)) == (200, b"sound")
        with pytest.raises(FetchError, match="again and again"):
            get(server.url("/6"), near(server))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "begin with http"),
        ("note.wav", "begin with http"),
        ("file:///etc/passwd", "begin with http"),
        ("ftp://example.org/x", "begin with http"),
        ("http://", "begin with http"),
        ("http://[::1/", "begin with http"),
        ("http://user:secret@example.org/", "password"),
        ("http://example.org@10.0.0.1/", "password"),
        ("http://example.org:22/", "port 22"),
        ("https://example.org:8443/", "port 8443"),
        ("http://example.org/" + "x" * 3000, "longer than 2000"),
    ],
)
def test_link_that_may_not_be_fetched_is_refused_in_a_sentence(url, sentence):
    with pytest.raises(FetchError, match=sentence):
        outbound.parse(url, Policy())


def test_line_break_in_a_link_adds_no_header():
    with file_server(whole(b"sound")) as server:
        try:
            get(server.url("/x\r\nX-Injected: 1"), near(server))
        except FetchError:
            assert server.asked == []
        else:
            assert "X-Injected" not in server.asked[0][1]


def test_proxy_variables_are_not_followed(monkeypatch):
    with file_server(whole(b"proxied")) as proxy, file_server(whole(b"sound")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setitem(os.environ, name, proxy.url(""))
        assert get(server.url(), near(server)) == (200, b"sound")
        assert proxy.asked == []


def test_server_is_verified_under_its_name_although_its_address_is_connected_to(tmp_path):
    ours, theirs = certificate(tmp_path, "archive.example")
    with file_server(whole(b"sound"), ours) as server:
        policy = near(server, look_up=names("127.0.0.1"), ssl_context=theirs)
        assert get(server.url(host="archive.example"), policy) == (200, b"sound")
        with pytest.raises(FetchError, match="does not prove who it is"):
            get(server.url(host="other.example"), policy)
        with pytest.raises(FetchError, match="does not prove who it is"):
            get(server.url(host="archive.example"), near(server, look_up=names("127.0.0.1")))
        assert len(server.asked) == 1


def test_server_without_tls_is_told_from_one_with_a_bad_certificate():
    with file_server(whole(b"sound")) as server, pytest.raises(FetchError, match="no secure connection"):
        get(server.url().replace("http:", "https:"), near(server))


def test_closed_port_is_said_to_accept_no_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(FetchError, match="accepts no connection") as error:
            get(f"http://127.0.0.1:{port}/", Policy(LOOPBACK, frozenset({port})))
    assert error.value.is_passing


def test_unknown_name_is_said_to_be_unknown():
    with pytest.raises(FetchError, match=r"no server named nothing\.invalid"):
        get("http://nothing.invalid/", Policy())


def test_headers_that_drip_in_end_at_the_deadline(monkeypatch):
    monkeypatch.setattr(outbound, "ANSWER_SECONDS", 0.5)

    def drip(handler):
        for _ in range(1000):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.1)

    with file_server(drip) as server:
        began = time.monotonic()
        with pytest.raises(FetchError, match="does not answer"):
            get(server.url(), near(server))
        assert time.monotonic() - began < DRIP_SECONDS / 2


def test_body_that_stalls_ends_at_the_deadline(monkeypatch):
    monkeypatch.setattr(outbound, "STALL_SECONDS", 0.5)

    def stall(handler):
        send(handler, 200, b"sound", Content_Length="100")
        time.sleep(DRIP_SECONDS)

    with file_server(stall) as server:
        with pytest.raises(FetchError, match="stopped sending") as error:
            get(server.url(), near(server))
        assert error.value.is_passing


def test_chunk_header_that_drips_in_ends_at_the_deadline(monkeypatch):
    monkeypatch.setattr(outbound, "STALL_SECONDS", 0.5)

    def drip(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5;")
        for _ in range(1000):
            handler.wfile.write(b"x")
            time.sleep(0.1)

    with file_server(drip) as server:
        began = time.monotonic()
        with pytest.raises(FetchError, match="stopped sending"):
            get(server.url(), near(server))
        assert time.monotonic() - began < DRIP_SECONDS / 2


def test_answer_that_is_not_http_is_said_to_be_broken_off():
    with (
        file_server(lambda handler: handler.wfile.write(b"SSH-2.0-secret\r\n")) as server,
        pytest.raises(FetchError, match="broke off") as error,
    ):
        get(server.url(), near(server))
    assert "secret" not in str(error.value)
