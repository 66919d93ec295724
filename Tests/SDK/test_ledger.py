"""Every request that reached the upstream is one row of the ledger: through crashes, leaving clients and faults."""

import asyncio
import os
import random
import time
from collections import Counter, defaultdict
from decimal import Decimal

import pytest
from biller import NANO_PRICES, Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import until
from ledger import Books

FULL = os.environ.get("VERIFY") == "1"
CYCLES = 60 if FULL else 6
REQUESTS = 100_000 if FULL else 500

pytestmark = pytest.mark.timeout(3600 if FULL else 120)




def test_a_kill_at_any_moment_loses_no_row_and_no_quota(own, biller):
    seed = time.time_ns()
    print(f"seed {seed}")
    draw = random.Random(seed)
    server = own()
    server.start()
    server.create_project("acme", biller.url, UPSTREAM_KEY)
    issued, allowed = {}, {}
    for number in range(4 * CYCLES):
        # Some are used up within a cycle, and fought for in the next; others outlast them all.
        allowed[number] = draw.choice([20, 50, 100, 100_000])
        issued[number] = issue(
            server, "acme", "--limit", f"requests={allowed[number]}/lifetime", "--limit", "tokens=900000000/lifetime",
            "--limit", "cost=100000/lifetime")
    for cycle in range(CYCLES):
        lively = [draw.randrange(4 * (cycle + 1)) for _ in range(4)]
        wanted = len(biller.arrivals) + draw.randrange(20, 400)

        async def load(lively=lively):
            payers = []
            for number in lively:
                payers += [(number, Payer(server.port, issued[number]["token"])) for _ in range(6)]

            async def one(number, payer):
                status = 1
                while status:
                    status, _ = await payer.pay(
                        who=number, prompt=draw.randrange(300), completion=draw.randrange(40), max_tokens=40,
                        padding=200, stream=draw.random() < 0.5, act=f"wait:{draw.choice([0, 0, 1, 5, 20])}")
                    if status == 429:
                        # Its quota is spent for good.
                        break
                payer.drop()

            await asyncio.gather(*(one(*payer) for payer in payers))

        running = asyncio.run_coroutine_threadsafe(load(), biller.loop)
        until(lambda: len(biller.arrivals) >= wanted or running.done(), "requests come")
        server.kill()
        running.result(30)

        server.serve()
        _, took = until(lambda: server.metric("latchkey_journal_slots_in_use") == 0, "the journal is empty", 5)
        assert server.metric("latchkey_ledger_damaged_total") == 0
        # What the counters in memory say must be what the rows say.
        remembered = {number: server.limits(issued[number]["id"]) for number in set(lively)}
        assert server.stop() == 0

        books = Books(server)
        books.assert_consistent()
        assert_arrivals_are_rows(books, biller, issued, allowed)
        for number, limits in remembered.items():
            used = books.used(issued[number]["id"])
            assert limits["requests"]["used"] == used["requests"]
            assert limits["tokens"]["used"] == used["tokens"]
            assert round(float(limits["cost"]["used"]) * 1_000_000_000) == used["cost"]
            assert limits["requests"]["reserved"] == limits["tokens"]["reserved"] == 0
        server.serve()
    accuracies = Counter(row["accuracy"] for row in books.rows)
    print(f"{len(biller.arrivals)} arrivals, rows {dict(accuracies)}")
    # Otherwise the server was never killed amid a request, and nothing was tried.
    assert accuracies["recovered"] > 0 and accuracies["exact"] > 0


def assert_arrivals_are_rows(books, biller, issued, allowed):
    arrivals = defaultdict(dict)
    for arrival in biller.arrivals:
        arrivals[arrival.who][arrival.id] = arrival
    for number, credential in issued.items():
        mine, rows = arrivals[number], books.of(credential["id"])
        assert len(mine) <= len(rows) <= allowed[number]
        settled = {row["upstream_request"]: row for row in rows if row["upstream_request"]}
        assert set(settled) <= set(mine)
        recovered = [row for row in rows if not row["upstream_request"]]
        # Those that were never answered. One more than arrived was on its way when the server died.
        assert len(recovered) >= len(mine) - len(settled)
        assert {row["accuracy"] for row in recovered} <= {"recovered"}
        for name, row in settled.items():
            arrival = mine[name]
            assert row["requests"] == 1
            if row["accuracy"] == "exact":
                assert (row["tokens"], row["cost"]) == (arrival.tokens, arrival.cost)
        for row in recovered:
            # At the full reservation: no request used more.
            assert row["tokens"] >= 340 and row["requests"] == 1


@pytest.mark.parametrize(
    ("is_stream", "step", "accuracy"),
    [(False, 0, "estimated"), (False, 1, "estimated"), (False, 2, "estimated"), (True, 0, "estimated"),
     (True, 1, "estimated"), (True, 2, "estimated"), (True, 5, "estimated"), (True, 8, "exact")])
def test_a_client_that_leaves_is_settled_once(billed, biller, is_stream, step, accuracy):
    issued = issue(billed, "acme", "--limit", "requests=10/lifetime", "--limit", "tokens=500000/lifetime")

    async def leave():
        payer = Payer(billed.port, issued["token"])
        await payer.connect()
        fields = {"stream": True, "stream_options": {"include_usage": True}} if is_stream else {}
        payer.writer.write(payer.message(*payer.bill(act=f"hold:{step}", prompt=40, completion=7, max_tokens=50, **fields)))
        if step:
            await payer.reader.readuntil(b"\r\n\r\n")
            if is_stream:
                for _ in range(step - 1):
                    await payer.reader.readuntil(b"\n\n")
        else:
            await asyncio.to_thread(until, lambda: len(biller.arrivals) == 1, "the upstream has it")
        left_at = time.monotonic()
        payer.drop()
        await asyncio.to_thread(until, lambda: biller.arrivals[0].left_at, "the upstream is left")
        return biller.arrivals[0].left_at - left_at

    took = biller.run(leave())
    if FULL:
        # After the finish reason its usage is waited for.
        assert took < (2.25 if accuracy == "exact" else 0.25)
    until(lambda: billed.metric("latchkey_journal_slots_in_use") == 0, "the row is written")
    limits = billed.limits(issued["id"])
    assert (limits["requests"]["used"], limits["requests"]["reserved"]) == (1, 0)
    assert limits["tokens"]["reserved"] == 0
    assert limits["tokens"]["remaining"] == 500_000 - limits["tokens"]["used"]
    assert billed.metric("latchkey_permit_defects_total") == 0
    assert billed.stop() == 0
    books = Books(billed)
    books.assert_consistent()
    row, = books.rows
    assert (row["outcome"], row["accuracy"]) == ("client_gone", accuracy)
    assert row["tokens"] == limits["tokens"]["used"]
    if accuracy == "exact":
        assert row["tokens"] == 47
    else:
        # What a second can have generated, and so all that was reserved.
        assert row["tokens"] == len(biller.arrivals[0].body) + 64 + 50


def test_a_client_that_leaves_before_its_request_is_whole_owes_nothing(billed, biller):
    issued = issue(billed, "acme", "--limit", "requests=10/lifetime", "--limit", "concurrency=1")

    async def leave():
        payer = Payer(billed.port, issued["token"])
        await payer.connect()
        message = payer.message(*payer.bill())
        payer.writer.write(message[:-10])
        in_flight = lambda: billed.metric("latchkey_requests_in_flight") == 1  # noqa: E731
        await asyncio.to_thread(until, in_flight, "it is under way")
        payer.drop()
        gone = lambda: billed.metric("latchkey_requests_in_flight") == 0  # noqa: E731
        await asyncio.to_thread(until, gone, "it is settled")
        return await Payer(billed.port, issued["token"]).pay()

    assert biller.run(leave())[0] == 200
    until(lambda: billed.metric("latchkey_journal_slots_in_use") == 0, "the row is written")
    assert billed.limits(issued["id"])["requests"]["used"] == 1
    assert billed.stop() == 0
    assert len(Books(billed).rows) == len(biller.arrivals) == 1


def test_an_end_under_load_leaves_nothing_for_the_next_start(billed, biller):
    issued = issue(billed, "acme", "--limit", "tokens=900000000/lifetime", "--limit", "requests=1000000/lifetime")

    async def one():
        payer = Payer(billed.port, issued["token"])
        while (await payer.pay(completion=8, max_tokens=8, act="wait:2"))[0] == 200:
            pass
        payer.drop()

    async def load():
        await asyncio.gather(*(one() for _ in range(16)))

    running = asyncio.run_coroutine_threadsafe(load(), biller.loop)
    until(lambda: len(biller.arrivals) >= 200, "requests come")
    assert billed.stop() == 0
    running.result(30)

    books = Books(billed)
    books.assert_consistent()
    assert [row["upstream_request"] for row in books.rows if row["accuracy"] != "exact"] == []
    assert len(books.rows) == len(biller.arrivals)
    billed.serve()
    assert billed.limits(issued["id"])["tokens"]["used"] == sum(arrival.tokens for arrival in biller.arrivals)


def test_a_revoked_access_token_settles_what_it_had_under_way(billed, biller):
    issued = issue(billed, "acme", "--limit", "tokens=500000/lifetime", "--limit", "concurrency=9")

    async def hold():
        payers = [Payer(billed.port, issued["token"]) for _ in range(6)]
        await asyncio.gather(
            *(payer.pay(stream=True, act=f"hold:{step}", max_tokens=50) for step, payer in enumerate(payers)))

    running = asyncio.run_coroutine_threadsafe(hold(), biller.loop)
    until(lambda: biller.now == 6, "all are under way")
    billed.revoke_token(issued["id"])
    running.result(30)
    until(lambda: all(arrival.left_at for arrival in biller.arrivals), "the upstream is left")
    until(lambda: billed.metric("latchkey_journal_slots_in_use") == 0, "the rows are written")
    limits = billed.limits(issued["id"])
    assert limits["tokens"]["reserved"] == limits["concurrency"]["reserved"] == 0
    assert billed.stop() == 0
    books = Books(billed)
    books.assert_consistent()
    # The one that had no head yet was answered with a refusal; the upstream may have worked for it all the same.
    assert Counter((row["outcome"], row["accuracy"]) for row in books.rows) == {
        ("revoked", "estimated"): 5, ("rejected", "estimated"): 1}
    assert sum(row["tokens"] for row in books.rows) == limits["tokens"]["used"]


@pytest.mark.parametrize("has_faults", [False, True], ids=["sound", "with faults"])
def test_the_ledger_comes_to_what_the_upstream_counts(billed, biller, has_faults):
    draw = random.Random(7)
    issued = [
        issue(billed, "acme", "--limit", "requests=1000000/month", "--limit", "cost=1000000/month",
              "--limit", "tokens=900000000/month") for _ in range(8)]
    kinds = [("chat", True), ("chat", False), ("response", True), ("response", False), ("embedding", False)]
    left = REQUESTS
    cut = set()

    def request():
        kind, is_stream = draw.choice(kinds)
        # No answer has a text of no tokens: what says so is not believed.
        prompt = draw.randrange(1, 2000)
        fields = {
            "kind": kind, "prompt": prompt, "cached": draw.randrange(prompt + 1) if kind != "embedding" else 0,
            "model": "text-embedding-3-small" if kind == "embedding" else draw.choice(["gpt-4.1-mini", "gpt-4o-mini"]),
            "completion": 0 if kind == "embedding" else draw.randrange(1, 400)}
        fields["reasoning"] = draw.randrange(fields["completion"] + 1)
        if is_stream:
            fields["stream"] = True
            if kind == "chat" and draw.random() < 0.3:
                fields["stream_options"] = {"include_usage": draw.random() < 0.7}
        if draw.random() < 0.03:
            fields["act"] = "error"
        return fields

    async def one(number):
        nonlocal left
        payer = Payer(billed.port, issued[number % len(issued)]["token"])
        while left > 0:
            left -= 1
            fields = request()
            chance = draw.random() if has_faults else 1
            if chance < 0.05:
                await leave(payer, fields)
            elif chance < 0.07:
                fields["act"] = f"fault:{draw.randrange(4)}"
                status, _ = await payer.pay(**fields)
                if fields["act"] in ("fault:0",):
                    assert status == 502
                elif status == 200:
                    # An answer that is shorter than the place where it would break.
                    assert not fields.get("stream")
                payer.drop()
            else:
                status, _ = await payer.pay(**fields)
                assert status == (500 if "error" in fields.get("act", "") else 200)
        payer.drop()

    async def leave(payer, fields):
        """Goes at a random place: before the head, in the answer, or behind it."""
        if payer.writer is None:
            await payer.connect()
        payer.writer.write(payer.message(*payer.bill(**fields)))
        for _ in range(draw.randrange(40)):
            await asyncio.sleep(0)
        if draw.random() < 0.5:
            await payer.reader.read(draw.randrange(1, 3000))
        payer.drop()

    async def run():
        await asyncio.gather(*(one(number) for number in range(32)))

    biller.run(run(), 3600)
    until(lambda: billed.metric("latchkey_requests_in_flight") == 0, "all requests are settled")
    until(lambda: billed.metric("latchkey_journal_slots_in_use") == 0, "all rows are written")
    assert billed.metric("latchkey_permit_defects_total") == 0
    report = billed.manage("usage", "--project", "acme", "--by", "model")
    assert billed.stop() == 0
    books = Books(billed)
    books.assert_consistent()
    assert_reported(report, books)
    if not has_faults:
        assert_equal_sums(books, biller.arrivals)
        assert {row["accuracy"] for row in books.rows} == {"exact"}
        return
    assert_differences_are_explained(books, biller.arrivals)


def assert_reported(report, books):
    """What the operator reads is what the rows say, to the token and the nano-dollar."""
    by_model = defaultdict(Counter)
    for row in books.rows:
        sums = by_model[row["model_asked"]]
        sums["requests"] += row["requests"]
        sums["prompt_tokens"] += row["prompt"]
        sums["completion_tokens"] += row["completion"]
        sums["cached_tokens"] += row["cached_prompt"]
        sums["estimated_requests"] += row["accuracy"] != "exact"
        sums["cost_usd"] += row["cost"]
    told = {row["model"]: row for row in report["rows"]}
    assert set(told) == set(by_model)
    for model, sums in by_model.items():
        assert Decimal(told[model]["cost_usd"]).scaleb(9) == sums.pop("cost_usd")
        for name, value in sums.items():
            assert told[model][name] == value


def assert_equal_sums(books, arrivals):
    assert len(books.rows) == len(arrivals) == REQUESTS
    good = [arrival for arrival in arrivals if not arrival.error]
    assert books.total("tokens") == sum(arrival.tokens for arrival in arrivals)
    assert books.total("cost") == sum(arrival.cost for arrival in arrivals)
    assert books.total("prompt") == sum(arrival.prompt for arrival in good)
    assert books.total("cached_prompt") == sum(arrival.cached for arrival in good)
    assert books.total("completion") == sum(arrival.completion for arrival in good)
    assert books.total("reasoning") == sum(arrival.reasoning for arrival in good if arrival.kind != "embedding")
    by_model = Counter()
    for row in books.rows:
        by_model[row["model_asked"]] += row["cost"]
    for model in NANO_PRICES:
        assert by_model[model] == sum(arrival.cost for arrival in arrivals if arrival.model == model)


def assert_differences_are_explained(books, arrivals):
    by_id = {arrival.id: arrival for arrival in arrivals}
    rows = {row["upstream_request"]: row for row in books.rows if row["upstream_request"]}
    nameless = [row for row in books.rows if not row["upstream_request"]]
    assert set(rows) <= set(by_id)
    # One that was given up on its way to the upstream is a row as well: nobody knows what became of it.
    assert len(nameless) >= len(by_id) - len(rows)
    for row in nameless:
        assert row["outcome"] in ("client_gone", "failed")
        assert row["accuracy"] == "estimated"
    accuracies, difference = Counter(), 0
    for name, row in rows.items():
        arrival = by_id[name]
        accuracies[row["accuracy"]] += 1
        if row["accuracy"] == "exact":
            assert (row["tokens"], row["cost"], row["requests"]) == (arrival.tokens, arrival.cost, 1), dict(row)
        else:
            assert row["outcome"] in ("client_gone", "failed"), dict(row)
            difference += row["tokens"] - arrival.tokens
        if row["outcome"] == "completed":
            assert row["accuracy"] == "exact"
    # What is marked accounts for the whole difference of the sums.
    missing = [arrival for name, arrival in by_id.items() if name not in rows]
    assert books.total("tokens") == (
        sum(arrival.tokens for arrival in arrivals) + difference + sum(row["tokens"] for row in nameless)
        - sum(arrival.tokens for arrival in missing))
    assert accuracies["exact"] > REQUESTS * 0.85
    assert accuracies["estimated"] > 0
