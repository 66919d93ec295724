"""A leaked access token: found in any text, revoked for good, and the text itself is written nowhere."""

import hashlib
import hmac
import http.client
import http.server
import json
import os
import re
import secrets
import signal
import subprocess
import threading
import time
import tomllib
from pathlib import Path

import pytest
from conftest import UPSTREAM_KEY
from latchkey import PATIENCE, until
from test_credentials import altered, with_checksum
from user import give

VERIFY = os.environ.get("VERIFY") == "1"
FOREIGN = "lk_" + with_checksum("0" * 12 + "_" + "k" * 43)
CHAT = json.dumps({"model": "gpt-test", "messages": [{"role": "user", "content": "hi"}]})


class Counting(http.server.ThreadingHTTPServer):
    """Answers all it gets at once, and counts it by the header x-number; what was sent too late by itself."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.arrivals, self.late = {}, 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Answering(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        number = self.headers["x-number"]
        with self.server.lock:
            self.server.arrivals[number] = self.server.arrivals.get(number, 0) + 1
            self.server.late += "x-late" in self.headers
        body = b'{"object": "chat.completion", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def counting():
    server = Counting()
    yield server
    server.shutdown()
    server.server_close()


def test_the_published_patterns_find_tokens_and_nothing_that_is_cut_off():
    page = (Path(__file__).parents[2] / "docs/leaks.md").read_text()
    token = "lk_000000000001_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3vzhO3"
    rule = tomllib.loads(page.split("```toml\n")[1].split("```")[0])["rules"][0]
    patterns = [
        rule["regex"], re.search(r"token: \"(.+)\"", page).group(1), re.search(r"^    (lk.+)$", page, re.M).group(1)]
    for pattern in patterns:
        for text in (token, "lkm_" + token[3:], "lki_" + token[3:], f"x{token}x", f'"{FOREIGN}"'):
            assert re.search(pattern, text), pattern
            assert any(keyword in text for keyword in rule["keywords"])
        for text in (token[:-1], token[1:], token.replace("_", "-")):
            assert not re.search(pattern, text), pattern
    assert with_checksum(token[3:-6]) == token[3:]


def revoke_leaked(server, text, query="", key=None):
    connection = server.connect()
    try:
        connection.request(
            "POST", "/manage/tokens/revoke-leaked" + query, text,
            {"authorization": f"Bearer {key or server.admin_key}", "content-type": "text/plain"})
        response = connection.getresponse()
        assert response.status == 200
        return json.loads(response.read())
    finally:
        connection.close()


def issue(server, *options):
    issued = server.issue_token("acme", *options)
    server.secrets.append(issued["token"])
    return issued


class Holder(threading.Thread):
    """Uses one access token 25 times a second, until it was refused so often after its revocation."""

    def __init__(self, server, number, token):
        super().__init__(daemon=True)
        self.server, self.number, self.token = server, number, token
        self.is_revoked = False
        self.used = self.refused = 0
        self.start()

    def run(self):
        connection = self.server.connect()
        begin = time.monotonic()
        while self.refused < 20 and time.monotonic() - begin < PATIENCE:
            headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
            headers["x-number"] = str(self.number)
            is_late = self.is_revoked
            if is_late:
                headers["x-late"] = "1"
            try:
                connection.request("POST", "/v1/chat/completions", CHAT, headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                # Cut off by the revocation; what is sent later is refused instead.
                assert not is_late
                connection.close()
                continue
            if response.status == 200:
                self.used += 1
                assert not is_late
            else:
                assert response.status == 401
                self.refused += is_late
            time.sleep(0.04)  # The pace of the load: 8 holders are 200 requests a second.
        connection.close()


def test_nothing_leaked_is_dispatched_after_the_answer_and_the_text_is_written_nowhere(own, counting):
    server = own(LATCHKEY_LOG_LEVEL="trace")
    server.start()
    server.create_project("acme", counting.url, UPSTREAM_KEY)
    canary = "canary-" + secrets.token_hex(16)
    server.secrets.append(canary)
    for _ in range(10 if VERIFY else 2):
        counting.arrivals.clear()
        tokens = [issue(server)["token"] for _ in range(8)]
        holders = [Holder(server, number, token) for number, token in enumerate(tokens)]
        until(lambda: all(holder.used >= 10 for holder in holders), "every holder uses its token")
        text = "".join(f"{canary} {token}{canary}\n" for token in tokens) + FOREIGN

        report = revoke_leaked(server, text.encode())

        before = dict(counting.arrivals)
        for holder in holders:
            holder.is_revoked = True
        assert [token["outcome"] for token in report["tokens"]] == ["revoked"] * 8
        assert [token["id"] for token in report["tokens"]] == [token[3:15] for token in tokens]
        assert report["unknown"] == 1
        assert all(token["usage"]["requests"] >= 1 for token in report["tokens"])
        for holder in holders:
            holder.join(PATIENCE)
            assert holder.refused == 20
        assert counting.late == 0
        # What was dispatched before the answer may have been counted a moment after it: one of each at most.
        assert all(count - before[number] <= 1 for number, count in counting.arrivals.items())

    # A crash while such a text is on its way in.
    connection = server.connect()
    connection.putrequest("POST", "/manage/tokens/revoke-leaked")
    for name, value in [
            ("authorization", f"Bearer {server.admin_key}"), ("content-type", "text/plain"),
            ("content-length", "100000")]:
        connection.putheader(name, value)
    connection.endheaders((text + canary).encode())
    server.signal(signal.SIGSEGV)
    assert server.wait() != 0
    connection.close()


def test_a_leak_is_read_from_standard_input_and_only_its_tokens_are_sent(own, counting):
    server = own()
    server.start()
    server.create_project("acme", counting.url, UPSTREAM_KEY)
    issued, other = issue(server), issue(server)
    text = f"curl -H 'Authorization: Bearer {issued['token']}'\n{FOREIGN}\n{altered(other['token'], 30)}\n"
    environment = {"LATCHKEY_URL": server.origin, "LATCHKEY_ADMIN_KEY": server.admin_key}

    dry = server.manage("token", "revoke", "--leaked", "--dry-run", standard_input=text)
    assert [token["outcome"] for token in dry["tokens"]] == ["would_be_revoked"]
    assert server.manage("token", "show", issued["id"])["status"] == "active"
    shown = server.run("token", "revoke", "--leaked", standard_input=text, **environment)

    assert issued["id"] in shown and "revoked" in shown and issued["token"] not in shown
    assert "Not of this server, or out of reach: 1." in shown
    assert server.manage("token", "show", issued["id"])["status"] == "revoked"
    assert server.manage("token", "show", other["id"])["status"] == "active"


def test_whoever_finds_a_token_can_revoke_it_a_few_times_a_minute(own, counting):
    server = own()
    server.start()
    server.create_project("acme", counting.url, UPSTREAM_KEY)
    issued = issue(server)

    answers = [server.ask("POST", "/revoke", key=token) for token in (issued["token"], issued["token"], FOREIGN)]
    assert {answer.status for answer in answers} == {202}
    assert len({answer.body for answer in answers}) == 1
    assert server.manage("token", "show", issued["id"])["status"] == "revoked"
    statuses = [server.ask("POST", "/revoke", key="nothing").status for _ in range(10)]
    assert statuses == [400] * 7 + [429] * 3


def test_a_honey_token_opens_nothing_and_raises_one_alarm(own, counting):
    server = own()
    server.start()
    server.create_project("acme", counting.url, UPSTREAM_KEY)
    honey = issue(server, "--honey")
    assert honey["honey"] is True

    def use(token):
        answer = server.ask("POST", "/v1/chat/completions", {"model": "m", "messages": []}, key=token)
        headers = {name for name in answer.headers.keys()}
        return answer.status, answer.body, headers, answer.headers["x-latchkey-error"]

    assert use(honey["token"]) == use(FOREIGN)
    assert use(honey["token"])[0] == 401
    assert counting.arrivals == {}
    until(lambda: "honey_token_used" in server.output(), "the alarm")
    alarm = next(line for line in server.output().splitlines() if "honey_token_used" in line)
    assert honey["id"] in alarm and "127.0.0.1" in alarm
    assert server.output().count("honey_token_used") == 1


def test_github_tells_of_a_leak(own, counting, tmp_path):
    path = tmp_path / "webhook-secret"
    path.write_text("It's a Secret to Everybody\n")
    path.chmod(0o600)
    give(path)
    server = own(LATCHKEY_GITHUB_WEBHOOK_SECRET_FILE=str(path))
    server.start()
    server.create_project("acme", counting.url, UPSTREAM_KEY)
    issued = issue(server)

    def deliver(body, key=b"It's a Secret to Everybody"):
        signature = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        connection = server.connect()
        connection.request("POST", "/hooks/github/secret-scanning", body, {
            "content-type": "application/json", "x-github-event": "secret_scanning_alert",
            "x-hub-signature-256": signature})
        return connection.getresponse().status

    body = json.dumps({"action": "created", "alert": {"number": 1, "secret": issued["token"]}}).encode()
    assert deliver(body, b"another") == 401
    assert server.manage("token", "show", issued["id"])["status"] == "active"
    assert [deliver(body), deliver(body)] == [202, 202]
    assert server.manage("token", "show", issued["id"])["status"] == "revoked"


def test_without_its_secret_there_is_no_webhook(server):
    assert server.ask("POST", "/hooks/github/secret-scanning", {}).status == 404
