"""The way back from a lost management key: another one, made in the data folder of a stopped server."""

import json

import pytest
from test_files import ROLES, assert_fails, own, run, stopped

__all__ = ["own", "stopped"]


def test_lost_management_key_is_made_anew_on_the_stopped_server(own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    offline = ["key", "create", "--offline"]
    refused = run(server, *offline, *ROLES)
    assert_fails(refused, f"in use by process {server.pid}", "hint: leave out --offline, or stop the server first")
    assert server.stop() == 0

    made = run(server, *offline, *ROLES)
    scoped = json.loads(run(
        server, *offline, "--name", "helpdesk", "--role", "issue", "--project", "acme", "--json").stdout)

    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert made.stdout == key + "\n" and key.startswith("lkm_")
    assert made.stdout.count("lkm_") == 1 and "lkm_" not in made.stderr
    server.secrets += [key, scoped["key"]]
    server.serve()
    assert server.ask("GET", "/manage/keys", key=key).status == 200
    identifier = key.split("_")[1]
    events = server.ask("GET", "/manage/audit?action=management_key.create", key=key).json()["items"]
    event = next(event for event in events if event["subject"] == identifier)
    assert event["principal"] == "console"
    assert event["details"] == {"name": "recovered", "role": "admin", "project": "all"}
    assert server.ask("GET", "/manage/keys", key=scoped["key"]).status == 403
    assert [item["name"] for item in server.ask("GET", "/manage/projects", key=scoped["key"]).json()["items"]] == ["acme"]
    lost = next(item["id"] for item in server.ask("GET", "/manage/keys", key=key).json()["items"] if item["name"] == "first")
    assert server.ask("POST", f"/manage/keys/{lost}/revoke", key=key).status == 200
    assert server.ask("GET", "/manage/keys").status == 401
    assert server.ask("POST", "/manage/audit/verify", key=key).status == 200


@pytest.mark.parametrize("arguments, words, status", [
    (["--name", "x", "--role", "owner"], "read, issue or admin", 2), (["--name", "", "--role", "admin"], "--name", 2),
    (["--role", "admin"], "--name", 2), (["--name", "x", "--role", "read", "--project", "nowhere"], "nowhere", 1)])
def test_offline_key_that_is_asked_for_wrongly_is_not_made(arguments, words, status, stopped):
    assert_fails(run(stopped, "key", "create", "--offline", *arguments), words, status=status)

    stopped.serve()
    assert len(stopped.manage("key", "list")["items"]) == 1


def test_offline_key_needs_a_data_folder(own):
    server = own()

    assert_fails(run(server, "key", "create", "--offline", *ROLES), "not initialised", "latchkey init")
    assert not server.data.exists()
