"""docs/management.md: every request that stands there works as it stands there, sent by the page's own `curl` function.

That function says `Content-Type: application/json` with everything, a body or not.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import UPSTREAM_KEY
from latchkey import free_port
from user import give

PAGE = (Path(__file__).parents[2] / "docs/management.md").read_text()
FUNCTION = re.search(r"^manage\(\) \{.*\}$", PAGE, re.M)[0]
OTHER = '{"name": "other", "upstream_url": "dummy:"}'

CALLS = [
    # What stands there, what it is here, and the bodies that stand there with it; None is without one.
    ("POST /manage/projects", "POST /manage/projects", [OTHER]),
    ("GET /manage/projects", "GET /manage/projects", [None]),
    ("GET /manage/projects/{id}", "GET /manage/projects/acme", [None]),
    ("PATCH /manage/projects/{id}", "PATCH /manage/projects/acme", [
        '{"limits": [{"metric": "cost", "window": "month", "amount": "500.00"}, '
        '{"metric": "concurrency", "amount": 16}]}']),
    ("PUT /manage/projects/{id}/credential", "PUT /manage/projects/acme/credential", ['{"key": "sk-…"}']),
    ("POST /manage/projects/{id}/credentials", "POST /manage/projects/acme/credentials", [
        '{"name": "2027", "key": "sk-…", "overlap_seconds": 604800}']),
    ("GET /manage/projects/{id}/credentials", "GET /manage/projects/acme/credentials", [None]),
    ("POST …/credentials/{credential}/activate", "POST /manage/projects/acme/credentials/RETIRED/activate", [None]),
    ("POST …/credentials/{credential}/activate", "POST /manage/projects/acme/credentials/RETIRED/activate", ["{}"]),
    ("DELETE …/credentials/{credential}", "DELETE /manage/projects/acme/credentials/RETIRED", [None]),
    ("POST …/limits/top-up", "POST /manage/projects/acme/limits/top-up", [
        '{"limit": "cost/month", "amount": "50.00"}']),
    ("POST …/limits/reset", "POST /manage/projects/acme/limits/reset", ['{"limit": "cost/month"}']),
    ("POST /manage/projects/{id}/upstream/check", "POST /manage/projects/acme/upstream/check", [None]),
    ("POST /manage/tokens", "POST /manage/tokens", [
        '{"project": "acme", "name": "bob", "expires_in": 2592000}']),
    ("GET /manage/tokens?project=acme", "GET /manage/tokens?project=acme", [None]),
    ("GET /manage/tokens", "GET /manage/tokens", [None]),
    ("GET /manage/tokens/{id}", "GET /manage/tokens/TOKEN", [None]),
    ("PATCH /manage/tokens/{id}", "PATCH /manage/tokens/TOKEN", ['{"labels": {"team": "search"}}']),
    ("POST /manage/tokens/{id}/explain", "POST /manage/tokens/TOKEN/explain", [None]),
    ("POST /manage/tokens/{id}/suspend", "POST /manage/tokens/TOKEN/suspend", [None]),
    ("POST /manage/tokens/{id}/resume", "POST /manage/tokens/TOKEN/resume", [None]),
    ("POST /manage/tokens/{id}/rotate", "POST /manage/tokens/TOKEN/rotate", [None, '{"grace_seconds": 3600}']),
    ("POST /manage/tokens/bulk-revoke", "POST /manage/tokens/bulk-revoke", [
        '{"filter": {"project": "acme", "unused_since": "2026-08-01T00:00:00Z"}, "dry_run": true}']),
    ("POST /manage/tokens/{id}/revoke", "POST /manage/tokens/TOKEN/revoke", [None]),
    ("POST /manage/tokens/{id}/reissue", "POST /manage/tokens/ENDED/reissue", [None]),
    ("POST /manage/invitations", "POST /manage/invitations", [
        '{"project": "acme", "name": "bob", "owner": "bob@example.com", "token_expires_in": 2592000}']),
    ("GET /manage/invitations?project=acme", "GET /manage/invitations?project=acme", [None]),
    ("GET /manage/invitations/{id}", "GET /manage/invitations/INVITATION", [None]),
    ("POST /manage/invitations/{id}/revoke", "POST /manage/invitations/INVITATION/revoke", [None]),
    ("GET /manage/usage", "GET /manage/usage", [None]),
    ("GET /manage/prices?model=gpt-6*", "GET /manage/prices?model=gpt-6*", [None]),
    ("PUT /manage/prices/{model}", "PUT /manage/prices/org%2Fllama", [
        '{"prompt": "2.00", "cached_prompt": "0.50", "completion": "8.00"}']),
    ("GET /manage/prices/{model}", "GET /manage/prices/org%2Fllama", [None]),
    ("DELETE /manage/prices/{model}", "DELETE /manage/prices/org%2Fllama", [None]),
    ("GET /manage/openapi.json", "GET /manage/openapi.json", [None]),
    ("GET /manage/docs", "GET /manage/docs", [None]),
    ("POST /manage/keys", "POST /manage/keys", ['{"name": "helpdesk", "role": "issue", "project": "acme"}']),
    ("GET /manage/keys", "GET /manage/keys", [None]),
    ("GET /manage/keys/{id}", "GET /manage/keys/KEY", [None]),
    ("POST /manage/keys/{id}/revoke", "POST /manage/keys/KEY/revoke", [None]),
    ("GET /manage/alarms", "GET /manage/alarms", [None]),
    ("POST /manage/alarms/test", "POST /manage/alarms/test", [None]),
    ("GET /manage/audit", "GET /manage/audit", [None]),
    ("GET /manage/audit/export", "GET /manage/audit/export", [None]),
    ("GET /manage/audit/head", "GET /manage/audit/head", [None]),
    ("POST /manage/audit/verify", "POST /manage/audit/verify", [None, "{}", "HEAD"]),
    ("GET /live", "GET /live", [None]), ("GET /ready", "GET /ready", [None]), ("GET /health", "GET /health", [None]),
    ("GET /metrics", "GET /metrics", [None]),
]
ELSEWHERE = {
    # Tested with the page that tells of them, or of another server.
    "POST /manage/tokens/revoke-leaked", "POST /revoke", "POST /claim", "GET /me", "GET /models",
    "GET /me/explain?model=gpt-6-luna&tokens=20000", "GET /v1/models", "POST /claim/preview"}


@pytest.fixture
def desk(own, tmp_path):
    secret = tmp_path / "alarm-secret"
    secret.write_text("alarm-secret-Vq3xT9\n")
    secret.chmod(0o600)
    give(secret)
    server = own(LATCHKEY_ALARM_URL=f"http://127.0.0.1:{free_port()}/", LATCHKEY_ALARM_SECRET_FILE=str(secret))
    server.start()
    server.create_project("acme", "dummy:", UPSTREAM_KEY, "--limit", "cost=500/month")
    return server


def stand_ins(server):
    """For the words in capitals: makes what each stands for, and gives its id."""

    def made(secret, *arguments):
        thing = server.manage(*arguments)
        server.secrets.append(thing[secret].split("#")[-1])
        return thing["id"]

    def token():
        return made("token", "token", "issue", "--project", "acme", "--name", "bob")

    def retired():
        server.manage(
            "credential", "rotate", "acme", "--name", "n", "--upstream-key-file", "-", standard_input="sk-next")
        items = server.ask("GET", "/manage/projects/acme/credentials").json()["items"]
        return next(item["id"] for item in items if item["status"] == "retired")

    return {
        "TOKEN": token, "ENDED": lambda: server.revoke_token(token())["id"], "RETIRED": retired,
        "KEY": lambda: made("key", "key", "create", "--name", "k", "--role", "read"),
        "INVITATION": lambda: made("url", "invitation", "create", "--project", "acme", "--name", "bob"),
        "HEAD": lambda: json.dumps(server.ask("GET", "/manage/audit/head").json())}


def filled(server, text):
    for word, make in stand_ins(server).items():
        if word in text:
            text = text.replace(word, make())
    return text


def shell(server, script):
    """What the page's function prints, and the status of the answer."""
    done = subprocess.run(
        ["bash", "-c", f'{FUNCTION.replace("curl -sS", "curl -sS -w %{http_code}")}\n{script}'], text=True,
        capture_output=True, timeout=30, env={
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LATCHKEY_URL": server.origin,
            "LATCHKEY_ADMIN_KEY": server.admin_key})
    assert done.returncode == 0, done.stderr
    server.secrets += re.findall(r"lk[mi]?_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", done.stdout)
    return done.stdout[:-3], int(done.stdout[-3:])


def test_every_request_of_the_tables_works(desk):
    for documented, request, bodies in CALLS:
        assert f"`{documented}`" in PAGE
        method, path = request.split(" ")
        for body in bodies:
            assert body in (None, "HEAD", OTHER) or body in PAGE, body
            data = "" if body is None else f" -d '{filled(desk, body.replace('sk-…', 'sk-other'))}'"
            answer, status = shell(desk, f'manage -X {method} "$LATCHKEY_URL{filled(desk, path)}"{data}')
            assert 200 <= status < 300, (documented, body, status, answer)
            if documented == "POST /manage/audit/verify":
                assert json.loads(answer)["ok"]


def test_every_request_of_the_page_is_among_them():
    found = {" ".join(match) for match in re.findall(r"`(GET|POST|PUT|PATCH|DELETE) ((?:/|…/)[^`]*)`", PAGE)}
    assert found - {documented for documented, _, _ in CALLS} == ELSEWHERE


def test_every_command_line_of_the_page_works(desk):
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)
    commands = [found for block in blocks for found in re.findall(r"^manage (?:.*\\\n)*.*$", block, re.M)]
    assert len(commands) > 8
    for command in commands:
        # The page's project is there already.
        command = command.replace('{"name": "acme", "upstream', '{"name": "another", "upstream')
        answer, status = shell(desk, command.replace("sk-…", "sk-x"))
        assert 200 <= status < 300, (command, status, answer)


def test_a_body_that_may_be_left_out_may_be_left_out(desk):
    """As the OpenAPI document says, whatever the type that is sent with it."""
    tried = set()
    document = desk.ask("GET", "/manage/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation.get("requestBody", {"required": True}).get("required") or not path.startswith("/manage/"):
                continue
            words = path.replace("/projects/{id}", "/projects/acme").replace("{credential}", "RETIRED")
            words = words.replace("{id}", "ENDED" if path.endswith("/reissue") else "TOKEN")
            for data in ("", " -d ''", " -d '{}'"):
                answer, status = shell(desk, f"manage -X {method.upper()} $LATCHKEY_URL{filled(desk, words)}{data}")
                assert 200 <= status < 300, (path, data, status, answer)
            tried.add(operation["operationId"])
    assert tried == {
        "verifyAudit", "rotateAccessToken", "reissueAccessToken", "activateCredential", "explainAccessToken"}
