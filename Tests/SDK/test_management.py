"""The management API as whoever must not get in meets it."""

import http.client
import socket
import time

import pytest
from latchkey import free_port, until

WRONG = "wrong-" + "x" * 40


def test_whoever_guesses_keys_has_to_wait_and_a_right_key_gets_in(own):
    server = own()
    server.start()
    refused = [server.ask("GET", "/manage/projects", key=WRONG).status for _ in range(5)]

    assert refused == [401] * 5
    began = time.monotonic()
    assert server.ask("GET", "/manage/projects", key=WRONG).status == 401
    answer = server.ask("GET", "/manage/projects", key=WRONG)
    assert answer.status == 429 and int(answer.headers["retry-after"]) in (1, 2)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["retry_after"] == int(answer.headers["retry-after"])
    # However many guess, the operator gets in from the same address.
    for _ in range(100):
        server.ask("GET", "/metrics", key=WRONG)
    assert [server.ask("GET", "/manage/projects").status for _ in range(5)] == [200] * 5
    assert server.ask("GET", "/metrics").status == 200
    assert server.ask("GET", "/health").status == 200
    assert server.ask("GET", "/me", key=WRONG).status == 401

    # What can be no key is not looked at.
    until(lambda: server.ask("GET", "/manage/projects", key="short").status == 401, "the wait ends", 60)
    assert time.monotonic() - began > 0.9
    assert server.ask("GET", "/manage/projects").status == 200


def test_keys_have_a_role_and_a_project(own):
    server = own()
    server.start()
    for name in ("acme", "other"):
        server.create_project(name, "dummy:")
    made = server.manage("key", "create", "--name", "desk", "--role", "issue", "--project", "acme")
    shown = server.manage("key", "show", made["id"])
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert (shown["role"], shown["revoked_at"]) == ("issue", None)

    desk = {"key": made["key"]}
    assert [project["name"] for project in server.ask("GET", "/manage/projects", **desk).json()["items"]] == ["acme"]
    assert server.ask("GET", "/manage/projects/other", **desk).status == 404
    refused = server.ask("PATCH", "/manage/projects/acme", {"name": "mine"}, **desk)
    assert refused.status == 403 and "role admin" in refused.json()["detail"]
    token = {"project": "acme", "name": "bob", "expires_in": 60}
    assert server.ask("POST", "/manage/tokens", token, **desk).status == 201
    assert server.manage("key", "revoke", made["id"])["revoked_at"]
    assert server.ask("GET", "/manage/projects", **desk).status == 401


def test_operators_may_have_a_listener_of_their_own(own):
    port = free_port()
    server = own(LATCHKEY_ADMIN_LISTEN=f"127.0.0.1:{port}")
    clients = server.origin
    server.start()
    server.origin = f"http://127.0.0.1:{port}"
    server.create_project("acme", "dummy:")
    token = server.issue_token("acme")["token"]

    def status(port, path, key, body=None, method=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            method = method or ("GET" if body is None else "POST")
            return server.ask(method, path, body, key=key, connection=connection).status
        finally:
            connection.close()

    chat = {"model": "dummy", "messages": [{"role": "user", "content": "Hello"}]}
    here, there = server.port, port
    for path, key, at_clients, at_operators in [
        ("/manage/projects", server.admin_key, 404, 200), ("/metrics", server.admin_key, 404, 200),
        ("/manage/nothing", server.admin_key, 404, 404), ("/manage/projects", WRONG, 404, 401),
        ("/me", token, 200, 404), ("/v1/models", token, 200, 404), ("/V1/models", token, 404, 404),
        ("/live", "x", 200, 200), ("/ready", "x", 200, 200), ("/health", "x", 200, 200),
    ]:
        assert (status(here, path, key), status(there, path, key)) == (at_clients, at_operators), path
    assert status(here, "/v1/chat/completions", token, chat) == 200
    assert status(there, "/v1/chat/completions", token, chat) == 404
    assert status(here, "/manage/projects", server.admin_key, {"name": "x"}, "POST") == 404
    assert status(here, "/manage/projects", server.admin_key, method="DELETE") == 404
    for spelling in ("/v1/../manage/projects", "/v1/%2e%2e/manage/projects", "//manage/projects", "/manage%2fprojects"):
        assert status(here, spelling, server.admin_key) in (400, 404), spelling
    assert server.ask("GET", "/v1/models", key=token).status == 200

    said = server.output()
    assert f"127.0.0.1:{port}" in said and clients.removeprefix("http://") in said
    assert server.stop() == 0


def test_the_command_says_which_listener_it_needs(own):
    server = own(LATCHKEY_ADMIN_LISTEN=f"127.0.0.1:{free_port()}")
    server.start()
    with pytest.raises(AssertionError, match="LATCHKEY_ADMIN_LISTEN"):
        server.manage("project", "list")


def test_an_address_that_is_taken_is_named_with_its_setting(own):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = own(LATCHKEY_ADMIN_LISTEN=f"127.0.0.1:{taken.getsockname()[1]}")
        server.run("init", LATCHKEY_ADMIN_KEY=server.admin_key)
        with pytest.raises(AssertionError, match="set LATCHKEY_ADMIN_LISTEN to a free address"):
            server.serve()
    server = own(LATCHKEY_ADMIN_LISTEN="127.0.0.1:8080", LATCHKEY_LISTEN="127.0.0.1:8080")
    with pytest.raises(AssertionError, match="another address than LATCHKEY_LISTEN"):
        server.serve()


def test_trying_it_out_tells_both_addresses(own):
    port = free_port()
    server = own(LATCHKEY_ADMIN_LISTEN=f"127.0.0.1:{port}")
    with open(server.folder / "said", "wb+") as said:
        server.serve("--dev", stdout=said)
        until(lambda: b"management at" in (server.folder / "said").read_bytes(), "it tells where it is")
        server.stop()
    text = (server.folder / "said").read_text()
    assert f"ready at {server.origin}," in text and f"management at:   http://127.0.0.1:{port}\n" in text
