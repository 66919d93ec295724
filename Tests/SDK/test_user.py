"""The whole way as an ordinary user without capabilities: what only root can do is a defect."""

import json
from pathlib import Path

from conftest import issue
from user import IS_ROOT, NOBODY

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapAmb")
CHAT = {"model": "dummy", "messages": [{"role": "user", "content": "Hello"}]}


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, value in (line.split(":", 1) for line in lines)}


def test_the_server_runs_as_an_ordinary_user_without_capabilities(server):
    status = status_of(server.pid)

    assert "0" not in status["Uid"]
    assert all(int(status[name][0], 16) == 0 for name in CAPABILITIES)
    if IS_ROOT:
        assert set(status["Uid"]) == {str(NOBODY)}
        assert (int(status["CapBnd"][0], 16), status["NoNewPrivs"], status["Groups"]) == (0, ["1"], [])


def test_from_init_to_the_report_of_a_streamed_request(own):
    server = own()
    server.start()
    assert server.ask("GET", "/ready").status == 200
    server.manage("project", "create", "acme", "--upstream-url", "dummy:", "--unpriced-models", "0.50/2.00")
    issued = issue(server, "acme", "--limit", "requests=2/day")

    whole = server.ask("POST", "/v1/chat/completions", CHAT, key=issued["token"])
    stream = server.ask("POST", "/v1/chat/completions", CHAT | {"stream": True}, key=issued["token"])
    refused = server.ask("POST", "/v1/chat/completions", CHAT, key=issued["token"])

    assert whole.status == 200 and whole.json()["choices"][0]["message"]["content"]
    assert stream.status == 200 and stream.body.endswith(b"data: [DONE]\n\n")
    assert refused.status == 429 and refused.json()["error"]["code"] == "insufficient_quota"
    assert server.manage("backup")["bytes"] > 0
    assert server.manage("token", "revoke", issued["id"])["status"] == "revoked"
    assert server.ask("POST", "/v1/chat/completions", CHAT, key=issued["token"]).status == 401
    assert server.stop() == 0
    server.serve()
    usage = server.manage("usage", "--by", "model")
    assert [row["requests"] for row in usage["rows"]] == [2], json.dumps(usage)
    assert all(path.stat().st_mode & 0o077 == 0 for path in server.data.rglob("*"))


def test_every_connection_that_is_accepted_is_answered(server):
    """Also behind the first one, and on a connection that is kept."""
    for _ in range(3):
        connection = server.connect()
        for _ in range(2):
            assert server.ask("GET", "/live", connection=connection).status == 200
        connection.close()
