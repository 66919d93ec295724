"""A contractor on board: an invitation is made, claimed once, and what came of it works and is told."""

import json
import urllib.error
import urllib.request


def claim(server, secret):
    request = urllib.request.Request(
        server.origin + "/claim", json.dumps({"secret": secret}).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_an_invitation_is_claimed_once_and_its_secret_is_written_nowhere(own):
    server = own(LATCHKEY_PUBLIC_URL="https://llm.example.com/")
    server.start()
    server.create_project("acme", "dummy:")
    made = server.manage(
        "invitation", "create", "--project", "acme", "--name", "bob", "--owner", "bob@example.com",
        "--label", "team=search", "--valid-for", "24h", "--expires-in", "90d", "--limit", "requests=2/day")
    base, secret = made["url"].split("#")
    assert base == "https://llm.example.com/claim" and secret.startswith("lki_")
    server.secrets.append(secret)
    with urllib.request.urlopen(server.origin + "/claim", timeout=10) as page:
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
        assert b"<script type=\"module\"" in page.read()
    assert server.manage("invitation", "show", made["id"])["status"] == "open"

    status, claimed = claim(server, secret)
    assert status == 201 and claimed["base_url"] == "https://llm.example.com/v1"
    server.secrets.append(claimed["token"])
    assert server.ask("GET", "/v1/models", key=claimed["token"]).status == 200
    status, again = claim(server, secret)
    shown = server.manage("invitation", "show", made["id"])
    assert status == 410 and shown["claimed_at"] in again["detail"]
    assert shown["claimed_from"] == "127.0.0.1" and shown["token_id"] == claimed["id"]

    token = server.manage("token", "show", claimed["id"])
    assert token["owner"] == "bob@example.com" and token["labels"] == {"team": "search"}
    rotated = server.manage("token", "rotate", claimed["id"], "--grace", "1h")
    server.secrets.append(rotated["token"])
    assert server.ask("GET", "/v1/models", key=rotated["token"]).status == 200
    # The limit is the lineage's: two requests a day, whichever of the two makes them.
    assert server.ask("GET", "/v1/models", key=claimed["token"]).status == 429
    rows = server.manage("usage", "--by", "owner,label:team,lineage")["rows"]
    assert [row["owner"] for row in rows] == ["bob@example.com"]
    assert rows[0]["labels"] == {"team": "search"} and rows[0]["lineage"] == claimed["id"]

    assert server.manage("token", "suspend", rotated["id"])["status"] == "suspended"
    assert server.ask("GET", "/v1/models", key=rotated["token"]).status == 401
    assert server.manage("token", "resume", rotated["id"])["status"] == "active"
    assert server.ask("GET", "/v1/models", key=rotated["token"]).status == 429
    assert server.manage("token", "revoke", "--owner", "bob@example.com", "--dry-run")["count"] == 2
    assert server.manage("token", "revoke", "--owner", "bob@example.com", "--yes")["count"] == 2
    assert server.ask("GET", "/v1/models", key=rotated["token"]).status == 401
