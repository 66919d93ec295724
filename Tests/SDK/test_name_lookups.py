"""A name that the resolver does not answer holds up who asked for it, and nobody else.

The look-up hangs in the C library itself: see hanging_names.c.
"""

import os
import shutil
import subprocess
import threading
import time

import pytest
from conftest import UPSTREAM_KEY
from latchkey import Latchkey, free_port, until
from upstream import answer
from user import give

MODELS = {"object": "list", "data": []}
AT_ONCE = 3.0
"""Seconds: far less than a look-up that hangs takes, for that never ends by itself."""


class Names:
    """What hangs: an environment for programs, what they asked for, and the end of it."""

    def __init__(self, library, folder):
        self.fifo = folder / "names"
        self.settings = {"LD_PRELOAD": str(library), "HANGING_NAMES": str(self.fifo)}
        os.mkfifo(self.fifo)
        give(self.fifo)

    def asked(self):
        file = self.fifo.with_name("names.asked")
        return file.read_text().splitlines() if file.exists() else []

    def answer(self):
        """From now on the names are answered. Returns what keeps it so."""
        return os.open(self.fifo, os.O_RDWR)


@pytest.fixture(scope="module")
def library(folders):
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("there is no C compiler")
    library = folders("names") / "hanging_names.so"
    source = os.path.join(os.path.dirname(__file__), "hanging_names.c")
    subprocess.run([compiler, "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def names(library, tmp_path):
    return Names(library, tmp_path)


@pytest.fixture
def serving(own, names, upstream):
    """A server with one event loop, and the access tokens of a project that hangs and of one that does not."""

    def serving(**settings):
        server = own(LATCHKEY_THREADS="1", **names.settings, **settings)
        server.start()
        server.create_project("stuck", f"http://api.hangs.test:{upstream.port}/v1", UPSTREAM_KEY)
        server.create_project("well", upstream.url, UPSTREAM_KEY)
        tokens = [server.issue_token(name)["token"] for name in ("stuck", "well")]
        server.secrets += tokens
        return server, *tokens

    return serving


class Asking(threading.Thread):
    """One request that goes on beside the test."""

    def __init__(self, server, token, method="GET", path="/v1/models"):
        super().__init__(daemon=True)
        self.call = lambda: server.ask(method, path, key=token)
        self.answer = None
        self.seconds = None
        self.start()

    def run(self):
        began = time.monotonic()
        self.answer = self.call()
        self.seconds = time.monotonic() - began


def serve_meanwhile(server, token, upstream, others):
    """Asks for the project that is well until the others have their answers."""
    while any(other.is_alive() for other in others):
        upstream.script(answer(200, MODELS))
        began = time.monotonic()
        assert server.ask("GET", "/v1/models", key=token).status == 200
        assert time.monotonic() - began < AT_ONCE, "a request waited for another one's look-up"


def test_while_a_name_hangs_others_are_served_and_its_own_wait_ends_in_time(serving, names, upstream):
    server, stuck, well = serving(LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="1s")
    asking = Asking(server, stuck)
    until(names.asked, "the name is looked up")

    serve_meanwhile(server, well, upstream, [asking])

    assert asking.answer.status == 504
    assert asking.answer.json()["error"]["code"] == "upstream_timeout"
    assert asking.seconds < 1 + AT_ONCE
    # The server ends as well, though the look-up does not.
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < AT_ONCE


def test_a_client_that_leaves_and_a_server_that_drains_wait_for_no_name(serving, names, upstream):
    server, stuck, well = serving(LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="60s", LATCHKEY_DRAIN_TIMEOUT="1s")
    connection = server.connect()
    connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {stuck}"})
    until(names.asked, "the name is looked up")
    connection.close()
    until(lambda: server.metric("latchkey_requests_in_flight") == 0, "the request is given up", AT_ONCE)
    upstream.script(answer(200, MODELS))
    assert server.ask("GET", "/v1/models", key=well).status == 200

    connection = server.connect()
    connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {stuck}"})
    until(lambda: len(names.asked()) == 2, "the name is looked up again")
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 1 + AT_ONCE
    connection.close()


def test_look_ups_that_hang_do_not_pile_up_and_end_when_the_name_is_answered(serving, names, upstream):
    server, stuck, well = serving(LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="1s")
    first = [Asking(server, stuck) for _ in range(8)]
    serve_meanwhile(server, well, upstream, first)
    assert [asking.answer.status for asking in first] == [504] * 8
    assert len(names.asked()) == 8

    second = [Asking(server, stuck) for _ in range(12)]
    serve_meanwhile(server, well, upstream, second)
    refused = [asking for asking in second if asking.answer.status == 502]
    assert len(names.asked()) == 9
    assert len(refused) == 11
    assert all(asking.answer.headers["x-latchkey-error"] == "upstream_resolve" for asking in refused)
    assert all(asking.seconds < AT_ONCE for asking in refused)

    gate = names.answer()
    for _ in range(3):
        upstream.script(answer(200, MODELS))
        assert server.ask("GET", "/v1/models", key=stuck).status == 200
    os.close(gate)


def test_the_look_ups_of_clients_that_leave_quickly_do_not_pile_up(serving, names, upstream):
    server, stuck, _ = serving(LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="60s")
    for number in range(1, 31):
        connection = server.connect()
        connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {stuck}"})
        # Eight, and one that tries whether the name is answered by now.
        if number <= 9:
            until(lambda: len(names.asked()) == number, "the name is looked up")
        else:
            assert connection.getresponse().status == 502
        connection.close()
    assert len(names.asked()) == 9

    gate = names.answer()

    def works():
        upstream.script(answer(200, MODELS))
        return server.ask("GET", "/v1/models", key=stuck).status == 200

    until(works, "the answers to what was given up are heard", AT_ONCE)
    assert all(works() for _ in range(3))
    os.close(gate)


def test_clients_that_leave_quickly_shut_nobody_out_of_a_name_that_is_answered(serving, names, upstream):
    server, token, _ = serving(LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="60s")
    gate = names.answer()
    for _ in range(40):
        connection = server.connect()
        connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {token}"})
        connection.close()
    until(lambda: server.metric("latchkey_requests_in_flight") == 0, "all of them have left", AT_ONCE)
    for _ in range(3):
        upstream.script(answer(200, MODELS))
        assert server.ask("GET", "/v1/models", key=token).status == 200
    os.close(gate)


def test_the_check_of_an_upstream_ends_and_holds_up_nobody(serving, names, upstream):
    server, _, well = serving(LATCHKEY_UPSTREAM_CONNECT_TIMEOUT="1s")
    asking = Asking(server, None, "POST", "/manage/projects/stuck/upstream/check")
    until(names.asked, "the name is looked up")

    serve_meanwhile(server, well, upstream, [asking])

    assert asking.answer.status == 200 and not asking.answer.json()["ok"]
    assert asking.answer.json()["reason"] == "upstream_connect_timeout"


def test_an_alarm_whose_receiver_has_no_address_holds_up_nobody(serving, names, upstream, tmp_path):
    secret = tmp_path / "alarm-secret"
    secret.write_text("alarm-secret-Vq3xT9")
    secret.chmod(0o600)
    give(secret)
    server, _, well = serving(LATCHKEY_ALARM_URL="https://alarms.hangs.test/", LATCHKEY_ALARM_SECRET_FILE=str(secret))
    assert server.ask("POST", "/manage/alarms/test").status == 202
    until(names.asked, "the name is looked up")
    upstream.script(answer(200, MODELS))
    assert server.ask("GET", "/v1/models", key=well).status == 200

    # The time that a delivery may take.
    until(lambda: server.ask("GET", "/manage/alarms").json()["items"][0]["attempts"], "it is given up", 10 + AT_ONCE)
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < 2 + AT_ONCE


def test_a_command_whose_server_has_no_address_ends_in_time(binary, names, tmp_path):
    client = Latchkey(binary, tmp_path, **names.settings)
    began = time.monotonic()

    result = client._run(("project", "list"), "", {
        "LATCHKEY_URL": f"http://api.hangs.test:{free_port()}", "LATCHKEY_ADMIN_KEY": client.admin_key})

    assert result.returncode == 3
    assert result.stderr.startswith("latchkey: ") and "hint: " in result.stderr
    assert names.asked() == ["api.hangs.test"]
    assert time.monotonic() - began < 10 + AT_ONCE
