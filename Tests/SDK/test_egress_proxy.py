"""LATCHKEY_UPSTREAM_PROXY: every connection to an upstream goes through the proxy, or is not made at all."""

import base64
import json
import time
import urllib.parse

import pytest
from conftest import UPSTREAM_KEY
from egress import EgressProxy
from encrypted import Authority, EncryptedUpstream
from latchkey import free_port
from upstream import Upstream, answer

USER = "egress user"
PASSWORD = "canary:p@ss/w?rd#100%"
"""All of what has to be escaped in a URL."""
MODELS = {"object": "list", "data": []}
AT_ONCE = 3.0


@pytest.fixture(scope="module")
def authority(folders):
    return Authority(folders("authority"))


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.context("DNS:api.upstream.test,DNS:localhost,IP:127.0.0.1")


@pytest.fixture(params=["http", "https"])
def far(request, certificate):
    """An upstream without TLS and one with."""
    upstream = Upstream() if request.param == "http" else EncryptedUpstream(certificate)
    upstream.scheme = request.param
    yield upstream
    upstream.close()


@pytest.fixture
def proxy(far):
    proxy = EgressProxy(far.port)
    yield proxy
    proxy.close()


@pytest.fixture
def through(own, authority, far):
    """Starts a server that uses a proxy, with a project whose upstream has this host. Returns it, and a token."""

    def through(url, host="api.upstream.test", **settings):
        server = own(
            LATCHKEY_THREADS="1", LATCHKEY_LOG_LEVEL="trace", LATCHKEY_UPSTREAM_CA_FILE=str(authority.file),
            **({"LATCHKEY_UPSTREAM_PROXY": url} if url else {}), **settings)
        server.secrets += [PASSWORD, urllib.parse.quote(PASSWORD, safe=""), base64.b64encode(
            f"{USER}:{PASSWORD}".encode()).decode()]
        server.start()
        server.create_project("acme", f"{far.scheme}://{host}:{far.port}/v1", UPSTREAM_KEY)
        token = server.issue_token("acme")["token"]
        server.secrets.append(token)
        return server, token

    return through


def login():
    return f"{urllib.parse.quote(USER, safe='')}:{urllib.parse.quote(PASSWORD, safe='')}@"


def ask(server, token, far):
    far.script(answer(200, MODELS))
    return server.ask("GET", "/v1/models", key=token)


def number(server, name):
    """The sum over all labels."""
    lines = server.ask("GET", "/metrics").body.decode().splitlines()
    return sum(float(line.split(" ")[-1]) for line in lines if line.split("{")[0].split(" ")[0] == name)


def assert_password_is_nowhere(server):
    shown = [server.output(), server.ask("GET", "/metrics").body.decode()]
    doctor = server._run(["doctor", "--json"], "", {})
    shown += [doctor.stdout, doctor.stderr]
    for text in shown:
        for secret in (PASSWORD, urllib.parse.quote(PASSWORD, safe=""), "canary"):
            assert secret not in text
    return json.loads(doctor.stdout)


@pytest.mark.parametrize("form, asked", [
    ("http", "CONNECT api.upstream.test"), ("socks5h", "SOCKS name api.upstream.test")])
@pytest.mark.parametrize("has_login", [False, True], ids=["open", "login"])
def test_requests_go_through_the_proxy_which_resolves_the_name(through, proxy, far, form, asked, has_login):
    server, token = through(f"{form}://{login() if has_login else ''}127.0.0.1:{proxy.port}", NO_PROXY="*")

    for _ in range(3):
        assert ask(server, token, far).json() == MODELS

    # One connection serves all three, and only the proxy has heard the proxy's password.
    assert proxy.asked == [(asked, far.port)]
    assert proxy.credentials == [(USER, PASSWORD) if has_login else None]
    assert len(far.requests) == 3
    for request in far.requests:
        assert request.all("authorization") == [f"Bearer {UPSTREAM_KEY}"]
        assert request.all("host") == [f"api.upstream.test:{far.port}"]
        assert b"roxy-" not in request.raw_head and b"canary:" not in request.raw_head
    # The upstream's key is for the upstream.
    assert all(UPSTREAM_KEY.encode() not in head for head in proxy.heads)
    assert_password_is_nowhere(server)


def test_socks5_is_given_the_address(through, proxy, far):
    server, token = through(f"socks5://{login()}127.0.0.1:{proxy.port}", host="127.0.0.1")

    assert ask(server, token, far).json() == MODELS

    assert proxy.asked == [("SOCKS address 127.0.0.1", far.port)]
    assert proxy.credentials == [(USER, PASSWORD)]


def test_a_proxy_behind_tls_carries_both_kinds_of_upstream(through, far, certificate):
    proxy = EgressProxy(far.port, certificate)
    server, token = through(f"https://{login()}localhost:{proxy.port}")

    for _ in range(3):
        assert ask(server, token, far).json() == MODELS

    assert proxy.asked == [("CONNECT api.upstream.test", far.port)]
    assert proxy.credentials == [(USER, PASSWORD)]
    assert_password_is_nowhere(server)
    proxy.close()


@pytest.mark.parametrize("far", ["https"], indirect=True)
@pytest.mark.parametrize("form", ["http", "socks5h"])
def test_the_upstream_proves_its_name_through_the_proxy_too(through, proxy, far, form):
    server, token = through(f"{form}://127.0.0.1:{proxy.port}", host="another.upstream.test")

    told = ask(server, token, far)

    assert (told.status, told.headers["x-latchkey-error"]) == (502, "upstream_tls")
    assert len(proxy.asked) == 1
    assert far.requests == []
    assert number(server, "latchkey_dispatched_total") == 0


HTTP_REFUSALS = ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway", "close", "hang"]
SOCKS_REFUSALS = ["socks", "close", "hang"]


@pytest.mark.parametrize(
    "form, refusals", [("http", HTTP_REFUSALS), ("socks5h", SOCKS_REFUSALS)], ids=["http", "socks"])
def test_what_the_proxy_refuses_is_not_sent_at_all(through, proxy, far, form, refusals):
    server, token = through(
        f"{form}://{login()}127.0.0.1:{proxy.port}", host="localhost", LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="1s")
    for proxy.refuse in refusals:
        began = time.monotonic()
        told = ask(server, token, far)
        assert time.monotonic() - began < 1 + AT_ONCE
        assert (told.status, told.headers["x-latchkey-error"]) == (
            (504, "upstream_connect_timeout") if proxy.refuse == "hang" else (502, "upstream_connect"))
        for part in (told.body.decode(), str(told.headers)):
            assert "canary" not in part and "sorry" not in part and "roxy" not in part
    assert proxy.credentials == [(USER, PASSWORD)] * len(refusals), "it is asked once each time"
    assert far.requests == [], "nothing goes there directly"
    assert number(server, "latchkey_dispatched_total") == 0
    assert number(server, "latchkey_requests_total") == len(refusals)
    assert number(server, "latchkey_upstream_connections") == 0
    assert_password_is_nowhere(server)

    # The server serves on, and the proxy may change its mind.
    proxy.refuse = None
    far.reset()
    assert ask(server, token, far).json() == MODELS


def test_nobody_is_reached_where_there_is_no_proxy(through, far):
    server, token = through(f"http://{login()}127.0.0.1:{free_port()}", host="localhost")

    told = ask(server, token, far)

    assert (told.status, told.headers["x-latchkey-error"]) == (502, "upstream_connect")
    assert far.requests == []
    assert number(server, "latchkey_dispatched_total") == 0


def test_doctor_names_the_proxy_without_its_password(through, proxy):
    server, _ = through(f"http://{login()}127.0.0.1:{proxy.port}")

    checks = assert_password_is_nowhere(server)

    assert f"http://127.0.0.1:{proxy.port}" in json.dumps(checks)
    assert proxy.asked == [] and proxy.credentials == []


def test_proxies_of_the_environment_are_not_used(through, proxy, far):
    names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    server, token = through(
        None, host="localhost", **{name: f"http://127.0.0.1:{proxy.port}" for name in names})

    assert ask(server, token, far).json() == MODELS

    assert len(far.requests) == 1
    assert proxy.asked == []
