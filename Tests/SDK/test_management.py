"""The management API as whoever must not get in meets it."""

import time

from latchkey import until

WRONG = "wrong-" + "x" * 40


def test_whoever_guesses_keys_has_to_wait_and_a_right_key_ends_it(own):
    server = own()
    server.start()
    refused = [server.ask("GET", "/manage/projects", key=WRONG).status for _ in range(5)]

    assert refused == [401] * 5
    began = time.monotonic()
    answer = server.ask("GET", "/manage/projects")
    assert answer.status == 429 and answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["retry_after"] == 1
    assert server.ask("GET", "/metrics").status == 429
    assert server.ask("GET", "/health").status == 200
    assert server.ask("GET", "/me", key=WRONG).status == 401

    until(lambda: server.ask("GET", "/manage/projects").status == 200, "the wait ends")
    assert time.monotonic() - began > 0.9
    assert [server.ask("GET", "/manage/projects", key=WRONG).status for _ in range(4)] == [401] * 4
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
