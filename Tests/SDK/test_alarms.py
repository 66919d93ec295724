"""Alarms: signed, sent again until they are taken, kept on the disk meanwhile, and told once."""

import hashlib
import hmac
import http.server
import json
import threading
import time

import pytest
from biller import Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import free_port, until
from user import give

SECRET = "alarm-secret-Vq3xT9"
KINDS = {"id", "kind", "at", "subject", "project", "details"}


class Receiver(http.server.ThreadingHTTPServer):
    """Takes deliveries, and answers the first with the statuses it is given, then with 204."""

    def __init__(self, *statuses, port=0):
        super().__init__(("127.0.0.1", port), Taking)
        self.statuses = list(statuses)
        self.deliveries = []
        """Of each: the alarm, its headers, the status it was answered with, and when."""
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/hook?x=1"

    def close(self):
        self.shutdown()
        self.server_close()

    def taken(self, *kinds):
        with self.lock:
            return [alarm for alarm, _, status, _ in self.deliveries if status == 204 and alarm["kind"] in kinds]


class Taking(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = self.headers["x-latchkey-timestamp"].encode() + b"." + body
        mac = "sha256=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert self.path == "/hook?x=1" and self.headers["content-type"] == "application/json"
        assert hmac.compare_digest(self.headers["x-latchkey-signature-256"], mac)
        alarm = json.loads(body)
        assert alarm.keys() == KINDS and alarm["id"] == self.headers["x-latchkey-alarm-id"]
        with self.server.lock:
            status = self.server.statuses.pop(0) if self.server.statuses else 204
            self.server.deliveries.append((alarm, dict(self.headers), status, time.monotonic()))
        self.send_response(status)
        if status == 302:
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self):
        raise AssertionError("a redirect was followed")

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def alarmed(own, tmp_path):
    def alarmed(url, **settings):
        secret = tmp_path / "alarm-secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o600)
        give(secret)
        server = own(LATCHKEY_ALARM_URL=url, LATCHKEY_ALARM_SECRET_FILE=str(secret), **settings)
        server.secrets.append(SECRET)
        server.start()
        return server

    return alarmed


def test_an_alarm_is_signed_and_sent_again_until_it_is_taken(alarmed):
    receiver = Receiver(500, 302)
    server = alarmed(receiver.url)

    sent = server.manage("alarm", "test")

    assert sent["kind"] == "test" and sent["state"] == "waiting" and sent["attempts"] == 0
    until(lambda: receiver.taken("test"), "the third delivery is taken")
    assert [(alarm["id"], status) for alarm, _, status, _ in receiver.deliveries] == [
        (sent["id"], 500), (sent["id"], 302), (sent["id"], 204)]
    times = [at for *_, at in receiver.deliveries]
    assert times[1] - times[0] > 0.9 and times[2] - times[1] > 1.9
    assert len({headers["X-Latchkey-Timestamp"] for _, headers, *_ in receiver.deliveries}) == 3

    def delivered():
        return server.manage("alarm", "list", "--state", "delivered")["items"]

    (items, _) = until(delivered, "its delivery is written down")
    assert [(item["id"], item["attempts"]) for item in items] == [(sent["id"], 2)]
    assert sent["id"] in server.run(
        "alarm", "list", LATCHKEY_URL=server.origin, LATCHKEY_ADMIN_KEY=server.admin_key)
    assert server.metric("latchkey_alarm_failures_total") == 2
    receiver.close()


def test_what_nobody_takes_is_kept_over_restarts_and_a_crash(alarmed):
    port = free_port()
    server = alarmed(f"http://127.0.0.1:{port}/hook?x=1")
    sent = [server.manage("alarm", "test")["id"] for _ in range(2)]
    until(lambda: any(item["attempts"] for item in server.manage("alarm", "list")["items"]), "an attempt fails")

    server.kill()
    server.serve()
    assert {item["id"] for item in server.manage("alarm", "list", "--state", "waiting")["items"]} == set(sent)
    assert server.stop() == 0
    receiver = Receiver(port=port)
    server.serve()

    until(lambda: len(receiver.taken("test")) == 2, "both are taken")
    time.sleep(1.5)  # Long enough for a delivery too many.
    assert {alarm["id"] for alarm in receiver.taken("test")} == set(sent)
    receiver.close()


def test_a_receiver_that_says_nothing_does_not_hold_up_the_end(alarmed):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taking) as deaf:
        # It listens, and nobody accepts.
        server = alarmed(f"http://127.0.0.1:{deaf.server_port}/hook?x=1")
        server.manage("alarm", "test")
        time.sleep(1.2)  # The delivery has begun.
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 8


def test_each_cause_raises_its_alarm_once(alarmed, receiver, biller):
    server = alarmed(receiver.url)
    server.create_project("acme", biller.url, UPSTREAM_KEY)
    quota = issue(server, "acme", "--limit", "requests=10/lifetime")
    honey = issue(server, "acme", "--honey")
    leaked = issue(server, "acme")
    soon = issue(server, "acme", expires_in="8d")

    async def pay(credential, times, **fields):
        payer = Payer(server.port, credential)
        await payer.connect()
        statuses = [(await payer.pay(who="x", **fields))[0] for _ in range(times)]
        payer.drop()
        return statuses

    assert biller.run(pay(quota["token"], 7)) == [200] * 7
    assert biller.run(pay(quota["token"], 1)) == [200]
    (warnings, _) = until(lambda: receiver.taken("quota_warning"), "80 % is told")
    assert [warning["subject"] for warning in warnings] == [quota["id"]]
    assert warnings[0]["details"] | {"resets_at": None} == {
        "percent": 80, "limit": "requests=10/lifetime", "owner": "access_token", "allowance": 10, "used": 8,
        "resets_at": None}
    assert not receiver.taken("quota_exhausted")
    assert biller.run(pay(quota["token"], 3)) == [200, 200, 429]
    until(lambda: receiver.taken("quota_exhausted"), "100 % is told")

    assert biller.run(pay(honey["token"], 3)) == [401] * 3
    (used, _) = until(lambda: receiver.taken("honey_token_used"), "the use of a honey token is told")
    assert used[0]["subject"] == honey["id"] and used[0]["project"] == quota["project"]

    server.run(
        "token", "revoke", "--leaked", standard_input=f"a log with {leaked['token']} in it",
        LATCHKEY_URL=server.origin, LATCHKEY_ADMIN_KEY=server.admin_key)
    (revoked, _) = until(lambda: receiver.taken("leaked_token_revoked"), "a leaked token is told")
    assert revoked[0]["subject"] == leaked["id"]

    assert biller.run(pay(soon["token"], 2, act="error:401")) == [502, 502]
    (refused, _) = until(lambda: receiver.taken("upstream_key_refused"), "a refused key is told")
    assert refused[0]["subject"] == quota["project"]

    time.sleep(2.5)  # Two looks more.
    told = [alarm["kind"] for alarm, *_ in receiver.deliveries]
    assert sorted(told) == sorted(set(told)), "an alarm was told twice"
    kinds = {"quota_warning", "quota_exhausted", "honey_token_used", "leaked_token_revoked", "upstream_key_refused"}
    assert set(told) == kinds
    items = server.manage("alarm", "list", "--project", "acme")["items"]
    assert {item["kind"] for item in items} == kinds
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)
    for kind in kinds:
        assert server.metric(f'latchkey_alarms_total{{kind="{kind}"}}') == 1


def test_an_expiry_is_told_when_the_server_looks(alarmed, receiver):
    server = alarmed(receiver.url, LATCHKEY_ALARM_EXPIRY_WARNING="1h")
    server.create_project("acme", "dummy:")
    issued = issue(server, "acme", expires_in="3601s")
    issue(server, "acme", expires_in="1h")
    issue(server, "acme", expires_in="2d")
    time.sleep(1.1)  # Now it has less than an hour.
    assert server.stop() == 0
    server.serve()

    (expiring, _) = until(lambda: receiver.taken("token_expiring"), "the expiry is told")
    assert server.stop() == 0
    server.serve()
    time.sleep(1.5)
    assert [alarm["subject"] for alarm in receiver.taken("token_expiring")] == [issued["id"]]
    assert expiring[0]["details"]["expires_at"] == issued["expires_at"]


def test_without_a_receiver_a_test_is_refused_with_a_reason(own):
    server = own()
    server.start()

    answer = server.ask("POST", "/manage/alarms/test")

    assert answer.status == 409 and "LATCHKEY_ALARM_URL" in answer.json()["detail"]
    assert server.manage("alarm", "list") == {"items": [], "next_cursor": None}
