"""Things as people name them on the command line: ids in every form, whole credentials, names, and the wrong kind."""

import http.server
import json
import threading

import pytest
from conftest import issue

OF_NO_SERVER = "lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"


@pytest.fixture
def acme(own):
    server = own()
    server.start()
    server.create_project("acme", "dummy:")
    return server


def error(result):
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    return result.stderr


def test_an_access_token_is_found_by_every_form_of_its_id(acme):
    issued = issue(acme, "acme", "--limit", "requests=5/day")
    identifier = issued["id"]
    for form in (identifier, f"lk_{identifier}", f"lk_{identifier}_", f"lk_{identifier}_…", issued["token"], "bob"):
        for arguments in (
            ["token", "show", form], ["token", "explain", form],
            ["token", "update", form, "--owner", "bob@example.com"],
            ["token", "top-up", form, "requests/day", "1"], ["token", "reset", form, "requests/day"],
            ["token", "suspend", form], ["token", "resume", form], ["token", "list", "--search", form],
            ["usage", "--token", form], ["audit", "list", "--subject", form],
        ):
            result = acme.attempt(*arguments)
            assert result.returncode == 0, (arguments, result.stderr)
            assert ("warning" in result.stderr) == (form == issued["token"])
            assert issued["token"] not in result.stdout + result.stderr
            if arguments[1] == "list":
                assert identifier in result.stdout
    rotated = acme.manage("token", "rotate", issued["token"], "--grace", "0s")
    acme.secrets.append(rotated["token"])
    assert acme.manage("token", "revoke", rotated["token"])["status"] == "revoked"
    reissued = acme.manage("token", "reissue", rotated["token"])
    acme.secrets.append(reissued["token"])
    assert acme.manage("token", "revoke", f"lk_{reissued['id']}")["id"] == reissued["id"]


def test_keys_and_invitations_are_found_alike(acme):
    key = acme.manage("key", "create", "--name", "alice", "--role", "read")
    acme.secrets.append(key["key"])
    invited = acme.manage("invitation", "create", "--project", "acme", "--name", "carol")
    link = invited["url"]
    acme.secrets.append(link.split("#")[1])
    for form in (key["id"], f"lkm_{key['id']}", f"lkm_{key['id']}_…", key["key"], "alice"):
        assert acme.manage("key", "show", form)["id"] == key["id"]
        assert acme.attempt("audit", "list", "--principal", form).returncode == 0
    for form in (invited["id"], f"lki_{invited['id']}", link.split("#")[1], link, "carol"):
        assert acme.manage("invitation", "show", form)["id"] == invited["id"]
    told = acme.attempt("invitation", "show", link).stderr
    assert "warning: the whole invitation" in told and link.split("#")[1] not in told
    assert acme.manage("key", "revoke", key["key"])["revoked_at"]
    assert acme.manage("invitation", "revoke", link)["status"] == "revoked"


def test_a_whole_credential_is_warned_of_and_sent_nowhere(acme):
    """Also where it is an option's value, or a part of another text."""
    received = []

    class Recorder(http.server.BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers["content-length"] or 0)
            received.append((self.raw_requestline + bytes(self.headers) + self.rfile.read(length)).decode())
            body = json.dumps({"type": "t", "title": "t", "status": 409, "detail": "No."}).encode()
            self.send_response(409)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, *_):
            pass

    recorder = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=recorder.serve_forever, daemon=True).start()
    secret = OF_NO_SERVER.split("_")[2]
    try:
        acme.origin = f"http://127.0.0.1:{recorder.server_port}"
        for arguments in (
            ["token", "revoke", OF_NO_SERVER], ["token", "show", OF_NO_SERVER], ["usage", f"--token={OF_NO_SERVER}"],
            ["token", "list", "--search", OF_NO_SERVER], ["audit", "list", "--subject", OF_NO_SERVER],
            ["token", "issue", "--project", "acme", "--name", f"was {OF_NO_SERVER}"],
            ["project", "show", OF_NO_SERVER], ["token", "revoke", OF_NO_SERVER[:-6]],
        ):
            received.clear()
            result = acme.attempt(*arguments)
            assert "latchkey: warning: the whole access token lk_000000000001 was an argument" in result.stderr
            assert "shell's history" in result.stderr and "process list" in result.stderr
            assert received and "000000000001" in received[0]
            for text in [result.stderr, result.stdout, *received]:
                assert secret[:20] not in text
        cut = acme.attempt("token", "show", OF_NO_SERVER[:30])
        assert "warning" not in cut.stderr and secret[:10] not in "".join([cut.stderr, *received])
    finally:
        recorder.shutdown()
        recorder.server_close()


def test_a_name_stands_for_the_only_thing_that_has_it(acme):
    issued = issue(acme, "acme")
    assert acme.manage("token", "show", "bob")["id"] == issued["id"]
    other = issue(acme, "acme")
    for arguments in (["token", "show", "bob"], ["token", "revoke", "bob"], ["usage", "--token", "bob"]):
        told = error(acme.attempt(*arguments))
        assert "2 access tokens are called 'bob'" in told and issued["id"] in told and other["id"] in told
    assert {item["status"] for item in acme.manage("token", "list")["items"]} == {"active"}
    # Of those that still work, where the others have ended.
    acme.revoke_token(issued["id"])
    assert acme.manage("token", "revoke", "bob")["id"] == other["id"]
    assert "2 access tokens are called 'bob'" in error(acme.attempt("token", "show", "bob"))
    # A pattern is no name, and a name of twelve letters may look like an id.
    assert "no access token 'bo*'" in error(acme.attempt("token", "revoke", "bo*"))
    named = acme.ask("POST", "/manage/tokens", {"project": "acme", "name": "productionci", "expires_in": 60}).json()
    acme.secrets.append(named["token"])
    assert acme.manage("token", "show", "productionci")["id"] == named["id"]

    rotate = ["credential", "rotate", "acme", "--upstream-key-file", "-", "--name"]
    first = acme.manage(*rotate, "2027", standard_input="sk-1")
    acme.manage(*rotate, "2028", standard_input="sk-2")
    assert acme.manage("credential", "activate", "acme", "2027")["id"] == first["id"]


def test_events_are_found_by_the_name_of_what_they_are_about(acme):
    issued = issue(acme, "acme")
    project = acme.manage("project", "show", "acme")["id"]
    for name, subject in (("acme", project), ("bob", issued["id"]), (project, project), (issued["id"], issued["id"])):
        events = acme.manage("audit", "list", "--subject", name)["items"]
        assert {event["subject"] for event in events} == {subject}, name
    named = acme.ask("POST", "/manage/tokens", {"project": "acme", "name": "acme", "expires_in": 60}).json()
    acme.secrets.append(named["token"])
    told = error(acme.attempt("audit", "list", "--subject", "acme"))
    assert "a project and an access token are called 'acme'" in told and project in told and named["id"] in told
    assert acme.manage("audit", "list", "--subject", "no such thing")["items"] == []
    key = acme.manage("key", "create", "--name", "alice", "--role", "admin")
    acme.secrets.append(key["key"])
    assert acme.manage("audit", "list", "--principal", "alice")["items"] == []
    assert "no management key 'carol'" in error(acme.attempt("audit", "list", "--principal", "carol"))
    assert acme.attempt("audit", "list", "--principal", "console").returncode == 0


def test_the_wrong_kind_is_told_as_what_it_is(acme):
    issued = issue(acme, "acme")
    key = acme.manage("key", "create", "--name", "alice", "--role", "read")
    acme.secrets.append(key["key"])
    invited = acme.manage("invitation", "create", "--project", "acme", "--name", "carol")
    acme.secrets.append(invited["url"].split("#")[1])
    for arguments, words in (
        (["token", "revoke", key["key"]], f"lkm_{key['id']} is a management key, not an access token"),
        (["token", "revoke", f"lkm_{key['id']}"], "is a management key, not an access token"),
        (["token", "revoke", key["id"]], "is a management key, not an access token"),
        (["token", "revoke", "alice"], "alice is a management key, not an access token"),
        (["token", "show", "acme"], "acme is a project, not an access token"),
        (["token", "show", invited["id"]], "is an invitation, not an access token"),
        (["key", "revoke", issued["token"]], "is an access token, not a management key"),
        (["key", "show", "bob"], "bob is an access token, not a management key"),
        (["invitation", "show", issued["id"]], "is an access token, not an invitation"),
        (["project", "show", issued["token"]], f"lk_{issued['id']} is an access token, not a project"),
        (["usage", "--token", key["id"]], "is a management key, not an access token"),
    ):
        told = error(acme.attempt(*arguments))
        assert words in told and "hint: " in told, arguments
        assert key["key"] not in told and issued["token"] not in told
    assert acme.manage("key", "show", key["id"])["revoked_at"] is None
    assert acme.manage("token", "show", issued["id"])["status"] == "active"


def test_the_api_takes_ids_with_their_prefix_and_no_secrets(acme):
    issued = issue(acme, "acme")
    identifier = f"lk_{issued['id']}"
    assert acme.ask("GET", f"/manage/tokens/{identifier}").json()["id"] == issued["id"]
    assert acme.ask("GET", f"/manage/usage?token={identifier}").status == 200
    assert len(acme.ask("GET", f"/manage/tokens?q={identifier}").json()["items"]) == 1
    events = acme.ask("GET", f"/manage/audit?subject={identifier}").json()["items"]
    assert {event["subject"] for event in events} == {issued["id"]}
    [key] = acme.ask("GET", "/manage/keys").json()["items"]
    assert acme.ask("GET", f"/manage/keys/lkm_{key['id']}").json() == key
    assert acme.ask("GET", f"/manage/audit?principal=lkm_{key['id']}").json()["items"]

    whole = acme.ask("POST", f"/manage/tokens/{issued['token']}/revoke")
    assert whole.status == 404 and "whole text of an access token" in whole.json()["detail"]
    assert acme.ask("GET", f"/manage/audit?subject={issued['token']}").status == 422
    assert issued["token"].encode() not in whole.body
    other = acme.ask("GET", f"/manage/tokens/lkm_{key['id']}")
    assert other.status == 404
    assert other.json()["detail"] == f"lkm_{key['id']} is a management key, not an access token."
    project = acme.ask("POST", "/manage/tokens", {"project": identifier, "name": "bob", "expires_in": 60})
    assert project.status == 422
    assert project.json()["errors"] == [
        {"pointer": "/project", "detail": f"{identifier} is an access token, not a project"}]
    assert acme.ask("GET", f"/manage/tokens/{issued['id']}").json()["status"] == "active"
