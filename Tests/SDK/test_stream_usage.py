"""What asking for a stream's usage changes of the stream, and that nothing else does."""

import asyncio
import json

import pytest
from biller import Payer
from conftest import UPSTREAM_KEY, issue
from latchkey import until
from ledger import Books

ASKED = {"stream_options": {"include_usage": True}}


async def direct(biller, **fields):
    payer = Payer(biller.port, UPSTREAM_KEY)
    status, body = await payer.pay(**fields)
    payer.drop()
    assert status == 200
    return body


async def through(server, credential, **fields):
    payer = Payer(server.port, credential)
    status, body = await payer.pay(**fields)
    payer.drop()
    assert status == 200
    return body


@pytest.fixture
def observed(billed, biller):
    billed.create_project("watched", biller.url, UPSTREAM_KEY, "--stream-usage", "observe")
    return issue(billed, "watched")


def row(server):
    until(lambda: server.metric("latchkey_journal_slots_in_use") == 0, "the rows are written")
    assert server.stop() == 0
    books = Books(server)
    books.assert_consistent()
    only, = books.rows
    return only


@pytest.mark.parametrize("options", [{}, {"stream_options": {}}, {"stream_options": None},
                                     {"stream_options": {"include_usage": False}},
                                     {"stream_options": {"include_obfuscation": False}}])
def test_an_asked_stream_shows_its_client_a_null_and_no_more(billed, biller, options):
    issued = issue(billed, "acme")
    fields = {"stream": True, "prompt": 70, "cached": 6, "completion": 11, **options}

    plain = biller.run(direct(biller, **fields))
    told = biller.run(through(billed, issued["token"], **fields))

    assert b"usage\":" not in plain
    assert told.count(b',"usage":null') == 6
    assert told.replace(b',"usage":null', b"") == plain
    sent = json.loads(biller.arrivals[1].body)
    assert sent.pop("stream_options") == (options.get("stream_options") or {}) | {"include_usage": True}
    asked = json.loads(biller.arrivals[0].body)
    asked.pop("stream_options", None)
    assert sent == asked
    only = row(billed)
    assert (only["prompt"], only["cached_prompt"], only["completion"]) == (70, 6, 11)
    assert only["accuracy"] == "exact"


def test_a_client_that_asked_keeps_what_it_asked_for(billed, biller):
    issued = issue(billed, "acme")
    fields = {"stream": True, "prompt": 70, "completion": 11, **ASKED}

    plain = biller.run(direct(biller, **fields))
    told = biller.run(through(billed, issued["token"], **fields))

    assert told == plain
    assert b'"total_tokens":81' in told
    assert biller.arrivals[0].body == biller.arrivals[1].body
    assert row(billed)["tokens"] == 81


@pytest.mark.parametrize(("options", "accuracy"), [({}, "estimated"), (ASKED, "exact")], ids=["unasked", "asked"])
def test_an_observed_stream_is_untouched_both_ways(billed, biller, observed, options, accuracy):
    fields = {"stream": True, "prompt": 70, "completion": 11, **options}

    plain = biller.run(direct(biller, **fields))
    told = biller.run(through(billed, observed["token"], **fields))

    assert told == plain
    assert biller.arrivals[0].body == biller.arrivals[1].body
    only = row(billed)
    assert only["accuracy"] == accuracy
    assert only["tokens"] > 0
    if options:
        assert only["tokens"] == 81


@pytest.mark.parametrize("kind", ["response", "embedding"])
def test_other_answers_are_untouched_both_ways(billed, biller, kind):
    issued = issue(billed, "acme")
    fields = {"kind": kind, "prompt": 70, "completion": 0 if kind == "embedding" else 11}
    if kind == "response":
        fields["stream"] = True

    plain = biller.run(direct(biller, **fields))
    told = biller.run(through(billed, issued["token"], **fields))

    assert told == plain
    assert biller.arrivals[0].body == biller.arrivals[1].body
    only = row(billed)
    assert (only["tokens"], only["accuracy"]) == (70 + fields["completion"], "exact")


def test_an_asked_stream_comes_as_it_is_sent(billed, biller):
    """Each event is there before the upstream goes on: only the chunk of the usage is waited for, which nobody sees."""
    issued = issue(billed, "acme")

    async def run(step):
        payer = Payer(billed.port, issued["token"])
        await payer.connect()
        payer.writer.write(payer.message(*payer.bill(stream=True, act=f"hold:{step}")))
        await payer.reader.readuntil(b"\r\n\r\n")
        seen = [await payer.reader.readuntil(b"\n\n") for _ in range(step - 1)]
        payer.drop()
        return seen

    for step in range(1, 8):
        assert len(biller.run(asyncio.wait_for(run(step), 20))) == step - 1
