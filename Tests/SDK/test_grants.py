"""What an access token may do, from the command line to the upstream: what is refused never reaches it."""

import asyncio
import json
import time

import pytest
from biller import Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import until

MODELS = ["--model", "gpt-4.1*", "--model", "text-embedding-3-small"]


def pay(biller, server, credential, **fields):
    async def run():
        payer = Payer(server.port, credential)
        status, body = await payer.pay(**fields)
        payer.drop()
        return status, json.loads(body)

    return biller.run(run())


def ask(server, credential, path="/v1/models", forwarded=None):
    connection = server.connect()
    try:
        headers = {"authorization": f"Bearer {credential}"}
        if forwarded:
            headers["x-forwarded-for"] = forwarded
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_only_granted_models_are_asked_for(billed, biller):
    credential = issue(billed, "acme", *MODELS)["token"]

    for model, kind in [("gpt-4.1-mini", "chat"), ("gpt-4.1-mini", "response"), ("text-embedding-3-small", "embedding")]:
        assert pay(biller, billed, credential, model=model, kind=kind)[0] == 200
    for model in ["gpt-4o-mini", "xgpt-4.1", "", "GPT-4O"]:
        status, body = pay(biller, billed, credential, model=model)
        assert status == 403
        assert body["error"]["code"] == "model_not_found"
    # Nothing tells what they ask for.
    status, _ = ask(billed, credential)
    assert status == 200
    assert len(biller.arrivals) == 4


def test_only_granted_endpoints_are_called(billed, biller):
    credential = issue(billed, "acme", "--endpoint", "chat_completions")["token"]

    assert pay(biller, billed, credential)[0] == 200
    for status, body in [pay(biller, billed, credential, kind="response"), ask(billed, credential)]:
        assert status == 403
        assert body["error"]["code"] == "insufficient_permissions"
    assert len(biller.arrivals) == 1


def test_only_granted_networks_are_served(own, biller):
    server = own(LATCHKEY_TRUSTED_PROXIES="127.0.0.1")
    server.start()
    server.create_project("acme", biller.url, UPSTREAM_KEY)
    credential = issue(server, "acme", "--network", "203.0.113.0/24", "--network", "2001:db8::/32")["token"]

    for address in ["203.0.113.7", "2001:db8::1", "198.51.100.1, 203.0.113.255"]:
        assert ask(server, credential, forwarded=address)[0] == 200
    for address in [None, "203.0.114.1", "203.0.113.7, 198.51.100.1", "2001:db9::1", "127.0.0.1"]:
        status, body = ask(server, credential, forwarded=address)
        assert status == 403
        assert body["error"]["code"] == "insufficient_permissions"
    assert len(biller.arrivals) == 3


def test_a_forwarded_address_that_nobody_vouches_for_opens_nothing(billed, biller):
    credential = issue(billed, "acme", "--network", "203.0.113.0/24")["token"]
    assert ask(billed, credential, forwarded="203.0.113.7")[0] == 403
    assert biller.arrivals == []


def test_before_its_first_moment_it_is_refused_and_then_works(billed, biller):
    start = time.time() + 2
    text = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start))
    issued = issue(billed, "acme", "--not-before", text)

    # The text has whole seconds, and so begins up to one earlier.
    status, body = ask(billed, issued["token"])
    assert (status, body["error"]["code"]) == (401, "invalid_api_key")
    assert biller.arrivals == []
    until(lambda: ask(billed, issued["token"])[0] == 200, "it has begun")
    assert time.time() >= int(start)


def test_without_use_it_expires(billed, biller):
    issued = issue(billed, "acme", "--idle-expires-in", "2s")
    connection = billed.connect()
    began = time.monotonic()
    # Each use lets it live on.
    while time.monotonic() - began < 3:
        answer = billed.ask("GET", "/v1/models", key=issued["token"], connection=connection)
        assert answer.status == 200
    used_at = time.monotonic()
    assert billed.manage("token", "show", issued["id"])["status"] == "active"

    until(lambda: billed.manage("token", "show", issued["id"])["status"] == "expired", "it is idle for too long")

    assert time.monotonic() - used_at >= 1.9
    count = len(biller.arrivals)
    status, body = ask(billed, issued["token"])
    assert (status, body["error"]["code"]) == (401, "invalid_api_key")
    assert len(biller.arrivals) == count


def test_a_cap_on_output_refuses_what_asks_for_more(billed, biller):
    credential = issue(billed, "acme", "--output-cap", "100:refuse")["token"]

    assert pay(biller, billed, credential, max_tokens=100)[0] == 200
    assert pay(biller, billed, credential, max_tokens=50, n=2)[0] == 200
    for kind, fields in [
        ("chat", {"max_tokens": 101}), ("chat", {"max_tokens": 51, "n": 2}), ("response", {"max_output_tokens": 101})]:
        status, body = pay(biller, billed, credential, kind=kind, **fields)
        assert status == 400
        assert body["error"]["param"] in ("max_tokens", "max_output_tokens")
    assert len(biller.arrivals) == 2
    # Whoever names no number gets the cap: otherwise the model's own would hold.
    assert pay(biller, billed, credential)[0] == 200
    assert json.loads(biller.arrivals[2].body)["max_completion_tokens"] == 100


def test_a_cap_on_output_lowers_what_asks_for_more(billed, biller):
    credential = issue(billed, "acme", "--output-cap", "100:clamp")["token"]

    for kind, fields, key, lowered in [
        ("chat", {"max_tokens": 4096}, "max_tokens", 100), ("chat", {"max_tokens": 90}, "max_tokens", 90),
        ("chat", {"max_tokens": 4096, "n": 3}, "max_tokens", 33), ("chat", {}, "max_completion_tokens", 100),
        ("chat", {"max_tokens": 4096, "stream": True}, "max_tokens", 100),
        ("response", {"max_output_tokens": 4096}, "max_output_tokens", 100),
        ("response", {}, "max_output_tokens", 100)]:
        count = len(biller.arrivals)
        assert pay_any(biller, billed, credential, kind=kind, **fields) == 200
        sent = json.loads(biller.arrivals[count].body)
        assert sent.pop(key) == lowered
        _, original = Payer(0, "").bill(kind=kind, **fields)
        rest = json.loads(original)
        rest.pop(key, None)
        if fields.get("stream"):
            assert sent.pop("stream_options") == {"include_usage": True}
        assert sent == rest


def pay_any(biller, server, credential, **fields):
    """The status alone: the body may be a stream."""
    async def run():
        payer = Payer(server.port, credential)
        status, _ = await payer.pay(**fields)
        payer.drop()
        return status

    return biller.run(run())


def test_grants_change_while_it_is_in_use(billed, biller):
    issued = issue(billed, "acme", *MODELS)
    assert pay(biller, billed, issued["token"], model="gpt-4o-mini")[0] == 403

    billed.manage("token", "update", issued["id"], "--no-model")
    assert pay(biller, billed, issued["token"], model="gpt-4o-mini")[0] == 200
    billed.manage("token", "update", issued["id"], "--endpoint", "responses")
    assert pay(biller, billed, issued["token"], model="gpt-4o-mini")[0] == 403
    assert len(biller.arrivals) == 1


def test_idleness_is_counted_from_the_last_use_across_a_restart(billed, biller):
    issued = issue(billed, "acme", "--idle-expires-in", "8s")
    began = time.monotonic()
    while time.monotonic() - began < 7:
        assert ask(billed, issued["token"])[0] == 200
    assert billed.stop() == 0
    billed.serve()
    while time.monotonic() - began < 8.5:
        pass
    assert ask(billed, issued["token"])[0] == 200


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/octet-stream", "application/x-ndjson"])
@pytest.mark.parametrize("grant", [["--model", "gpt-4.1*"], ["--output-cap", "100:refuse"]], ids=["model", "cap"])
def test_a_rule_about_the_body_holds_whatever_it_is_called(billed, biller, content_type, grant):
    """An upstream may read JSON without being told that it is."""
    credential = issue(billed, "acme", *grant)["token"]

    async def run():
        payer = Payer(billed.port, credential)
        await payer.connect()
        message = payer.message(*payer.bill(model="gpt-4o-mini", max_tokens=4096))
        named = b"" if content_type is None else b"Content-Type: %s\r\n" % content_type.encode()
        payer.writer.write(message.replace(b"Content-Type: application/json\r\n", named))
        answer = await payer.answer()
        payer.drop()
        return answer[0]

    assert biller.run(asyncio.wait_for(run(), 20)) in (400, 403, 415)
    assert biller.arrivals == []


@pytest.mark.parametrize("body", [b"", b"{}", b'{"model":null}'])
def test_a_body_that_names_no_model_asks_for_none_that_is_granted(billed, biller, body):
    credential = issue(billed, "acme", "--model", "*")["token"]

    async def run():
        payer = Payer(billed.port, credential)
        await payer.connect()
        payer.writer.write(payer.message("chat/completions", body))
        answer = await payer.answer()
        payer.drop()
        return answer

    status, _ = biller.run(asyncio.wait_for(run(), 20))
    assert status in (400, 403)
    assert biller.arrivals == []
