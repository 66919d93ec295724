"""No quota is exceeded, by however many at once: the upstream itself counts what reached it and what that costs."""

import asyncio
import json
import os
import random
import time
from collections import Counter

import pytest
from biller import Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import free_port, until
from ledger import Books
from sdk import SyncSDK

FULL = os.environ.get("VERIFY") == "1"
ROUNDS = 50 if FULL else 3
CROWD = 500

pytestmark = pytest.mark.timeout(1800 if FULL else 120)


def at_once(biller, server, credential, requests):
    """Sends all requests (fields of `pay`), each on a connection of its own; returns status and body of each."""

    async def run():
        payers = [Payer(server.port, credential) for _ in requests]
        await asyncio.gather(*(payer.connect() for payer in payers))
        answers = await asyncio.gather(
            *(payer.pay(**fields) for payer, fields in zip(payers, requests, strict=True)))
        for payer in payers:
            payer.drop()
        return answers

    return biller.run(run())


def test_a_quota_of_requests_lets_exactly_so_many_through(billed, biller):
    for turn in range(ROUNDS):
        issued = issue(billed, "acme", "--limit", "requests=100/lifetime")
        who = f"round {turn}"

        answers = at_once(biller, billed, issued["token"], [{"who": who}] * CROWD)

        assert Counter(status for status, _ in answers) == {200: 100, 429: CROWD - 100}
        assert len(biller.of(who)) == 100
        limit = billed.limits(issued["id"])["requests"]
        assert (limit["used"], limit["reserved"], limit["remaining"]) == (100, 0, 0)
    assert billed.metric("latchkey_permit_defects_total") == 0
    assert billed.stop() == 0
    Books(billed).assert_consistent()


@pytest.mark.parametrize(
    ("limit", "allowed"), [("tokens=20000/lifetime", 20_000), ("cost=0.012/lifetime", 12_000_000)],
    ids=["tokens", "cost"])
def test_what_a_quota_lets_through_never_comes_to_more(billed, biller, limit, allowed):
    draw = random.Random(4)
    metric = limit.partition("=")[0]
    for turn in range(ROUNDS):
        issued = issue(billed, "acme", "--limit", limit)
        who = f"round {turn}"

        def request():
            # An upstream that charges as much as it could: a token for each byte, and all that was allowed.
            padding, most = draw.randrange(400), draw.randrange(1, 60)
            dear = draw.random() < 0.5
            return {
                "who": who, "padding": padding, "max_tokens": most, "n": 2,
                "prompt": padding + 200 if dear else 9, "completion": 2 * most if dear else 1}

        # What the first hold back comes free again, and is fought for anew.
        for _ in range(4):
            answers = at_once(biller, billed, issued["token"], [request() for _ in range(CROWD // 4)])
            assert {status for status, _ in answers} <= {200, 429}

        spent = sum(getattr(arrival, metric) for arrival in biller.of(who))
        assert allowed / 2 < spent <= allowed
        state = billed.limits(issued["id"])[metric]
        assert float(state["reserved"]) == 0
        used = state["used"] if metric == "tokens" else round(float(state["used"]) * 1_000_000_000)
        assert used == spent
    assert billed.stop() == 0
    Books(billed).assert_consistent()


def test_holders_who_leave_early_get_no_more_than_their_limit(billed, biller):
    """An upstream may have generated 3,000 tokens a second of each choice until its connection closed."""
    allowed = 60_000
    draw = random.Random(9)

    async def leave(token, who):
        payer = Payer(billed.port, token)
        await payer.connect()
        fields = {"n": 1 + draw.randrange(3), "stream": draw.random() < 0.7}
        if draw.random() < 0.7:
            fields["max_tokens"] = draw.choice([200, 1000, 4000])
        payer.writer.write(payer.message(*payer.bill(who=who, act=f"hold:{draw.randrange(2)}", **fields)))
        # Until there is an answer, or patience is over.
        try:
            await asyncio.wait_for(payer.reader.readuntil(b"\r\n\r\n"), draw.random() / 5)
        except TimeoutError:
            pass
        payer.drop()

    async def crowd(token, who):
        for _ in range(3):
            await asyncio.gather(*(leave(token, who) for _ in range(CROWD // 10)))

    for turn in range(min(ROUNDS, 10)):
        issued = issue(billed, "acme", "--limit", f"tokens={allowed}/lifetime")
        who = f"round {turn}"
        biller.run(crowd(issued["token"], who))
        until(lambda: billed.metric("latchkey_requests_in_flight") == 0, "all have left")
        until(lambda who=who: all(arrival.left_at for arrival in biller.of(who)), "the upstream knows")
        truth = 0
        for arrival in biller.of(who):
            body = json.loads(arrival.body)
            most = body.get("max_tokens") or body.get("max_completion_tokens") or 32_768
            generated = min(most, int(3000 * (arrival.left_at - arrival.came_at)))
            truth += len(arrival.body) + generated * body.get("n", 1)
        state = billed.limits(issued["id"])["tokens"]
        assert len(biller.of(who)) >= 5
        assert truth <= state["used"] + state["reserved"] <= allowed


def test_a_concurrency_of_four_is_never_five(billed, biller):
    issued = issue(billed, "acme", "--limit", "concurrency=4")

    async def hold():
        payers = [Payer(billed.port, issued["token"]) for _ in range(20)]
        return await asyncio.gather(*(payer.pay(act="hold:0") for payer in payers))

    held = asyncio.run_coroutine_threadsafe(hold(), biller.loop)
    until(lambda: biller.now == 4, "four are under way")
    until(lambda: billed.metric("latchkey_requests_in_flight") == 4, "the others are refused")
    assert billed.limits(issued["id"])["concurrency"]["reserved"] == 4
    biller.release()
    assert Counter(status for status, _ in held.result(30)) == {200: 4, 429: 16}

    async def crowd():
        async def one():
            payer = Payer(billed.port, issued["token"])
            answers = [(await payer.pay(act=f"wait:{random.randrange(4)}"))[0] for _ in range(5 * ROUNDS)]
            payer.drop()
            return answers

        return Counter(sum(await asyncio.gather(*(one() for _ in range(50))), []))

    statuses = biller.run(crowd())
    assert biller.most == 4
    assert set(statuses) == {200, 429}
    assert billed.limits(issued["id"])["concurrency"]["reserved"] == 0


def test_a_rate_of_tokens_lets_ordinary_chats_through(billed, biller):
    """Their model may write more than the rate has in a minute, which is never reserved for them."""
    issued = issue(billed, "acme", "--limit", "tokens=20000/minute")

    async def chats():
        payer = Payer(billed.port, issued["token"])
        statuses = [(await payer.pay(prompt=900, completion=600))[0] for _ in range(12)]
        statuses.append((await payer.pay(prompt=4000, completion=12_000))[0])
        status, body = await payer.pay()
        return statuses, status, body

    statuses, status, body = biller.run(chats())
    assert statuses == [200] * 13
    assert status == 429
    assert json.loads(body)["error"]["code"] == "rate_limit_exceeded"


def test_a_project_and_its_access_tokens_count_together_or_not_at_all(billed, biller):
    billed.create_project("small", biller.url, UPSTREAM_KEY, "--limit", "requests=30/lifetime")
    issued = [issue(billed, "small", "--limit", "requests=20/lifetime") for _ in range(4)]

    async def run():
        payers = [Payer(billed.port, one["token"]) for one in issued for _ in range(40)]
        statuses = [status for status, _ in await asyncio.gather(*(payer.pay() for payer in payers))]
        for payer in payers:
            payer.drop()
        return Counter(statuses)

    assert biller.run(run()) == {200: 30, 429: 130}
    assert len(biller.arrivals) == 30
    # Whom the project refused was not charged by the access token either.
    assert sum(billed.limits(one["id"])["requests"]["used"] for one in issued) == 30


def test_a_limit_of_a_model_is_about_that_alone(billed, biller):
    issued = issue(billed, "acme", "--limit", "requests=3/lifetime:gpt-4o*", "--limit", "requests=50/lifetime")
    requests = [{"model": "gpt-4o-mini"}] * 40 + [{"model": "gpt-4.1-mini"}] * 40

    statuses = Counter(status for status, _ in at_once(biller, billed, issued["token"], requests))

    assert statuses == {200: 43, 429: 37}
    assert Counter(arrival.model for arrival in biller.arrivals) == {"gpt-4o-mini": 3, "gpt-4.1-mini": 40}


def test_what_was_never_sent_on_is_not_charged(billed):
    billed.create_project("gone", f"http://127.0.0.1:{free_port()}/v1", UPSTREAM_KEY)
    issued = issue(
        billed, "gone", "--limit", "requests=3/lifetime", "--limit", "tokens=100000/lifetime",
        "--limit", "concurrency=1")
    for _ in range(5):
        assert billed.ask("POST", "/v1/chat/completions", {"model": "gpt-4.1-mini"}, issued["token"]).status == 502
    limits = billed.limits(issued["id"])
    assert {(limit["used"], limit["reserved"]) for limit in limits.values()} == {(0, 0)}


def test_an_error_of_the_upstream_is_a_request_without_tokens(billed, biller):
    issued = issue(billed, "acme", "--limit", "requests=10/lifetime", "--limit", "tokens=100000/lifetime")
    for status in (400, 401, 429, 500):
        answer = billed.ask(
            "POST", "/v1/chat/completions", {"model": "gpt-4.1-mini", "metadata": {"act": f"error:{status}"}},
            issued["token"])
        assert answer.status == (502 if status == 401 else status)
    limits = billed.limits(issued["id"])
    assert (limits["requests"]["used"], limits["tokens"]["used"]) == (4, 0)
    assert limits["tokens"]["reserved"] == 0
    until(lambda: billed.metric("latchkey_journal_slots_in_use") == 0, "the rows are written")
    assert billed.stop() == 0
    books = Books(billed)
    books.assert_consistent()
    assert [(row["status"], row["tokens"], row["accuracy"]) for row in books.rows] == [
        (status, 0, "exact") for status in (400, 401, 429, 500)]


def attempts(server, identifier):
    """The requests of an access token, as the access log of a server that was stopped has them."""
    lines = [json.loads(line) for line in server.output().splitlines() if line.startswith('{"time"')]
    return [line for line in lines if line["token"] == identifier]


def chat(client):
    return client.chat.completions.create(
        model="gpt-4.1-mini", messages=[{"role": "user", "content": "hi"}],
        extra_body={"metadata": {"prompt": 5, "completion": 3}})


@pytest.fixture
def connect_own(billed):
    clients = []

    def connect(credential):
        clients.append(SyncSDK(billed.url, credential, max_retries=2))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def test_the_sdk_gives_up_at_once_on_a_spent_quota(billed, biller, connect_own):
    issued = issue(billed, "acme", "--limit", "requests=1/lifetime")
    client = connect_own(issued["token"])
    assert client.call(chat).usage.total_tokens == 8

    with pytest.raises(Exception, match="is used up") as refusal:
        client.call(chat)

    assert refusal.value.status_code == 429
    assert refusal.value.code == "insufficient_quota"
    assert client.response_heads[-1]["x-should-retry"] == "false"
    assert billed.stop() == 0
    assert [line["status"] for line in attempts(billed, issued["id"])] == [200, 429]
    assert len(biller.arrivals) == 1


def test_the_sdk_waits_out_a_rate_as_it_is_told(billed, biller, connect_own):
    issued = issue(billed, "acme", "--limit", "requests=1/second")
    client = connect_own(issued["token"])
    times = []
    client.client._client.event_hooks["request"].append(lambda _: times.append(time.monotonic()))

    for _ in range(3):
        assert client.call(chat).usage.total_tokens == 8

    refused = [
        number for number, head in enumerate(client.response_heads) if head.get("x-latchkey-error") == "rate_limited"]
    assert refused, client.response_heads
    for number in refused:
        head = client.response_heads[number]
        wait = float(head.get("retry-after-ms", float(head["retry-after"]) * 1000)) / 1000
        assert 0 < wait <= 1
        assert times[number + 1] - times[number] >= wait
        # Told right: the next one comes through.
        assert number + 1 not in refused
    assert billed.stop() == 0
    statuses = [line["status"] for line in attempts(billed, issued["id"])]
    assert statuses.count(200) == 3 and statuses.count(429) == len(refused)
    assert len(biller.arrivals) == 3
