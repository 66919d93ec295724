"""Work in the background, by the OpenAI SDK: charged its reservation until what it used is known, whoever asks."""

import threading

import openai
import pytest
from conftest import UPSTREAM_KEY, issue
from latchkey import until
from ledger import Books
from sdk import SyncSDK
from upstream import Upstream, answer

USAGE = {"input_tokens": 1000, "output_tokens": 100_000, "total_tokens": 101_000,
         "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}


def response(name, status, usage=None):
    return {"id": name, "object": "response", "created_at": 1, "model": "gpt-4o-mini-2024-07-18", "background": True,
            "status": status, "output": [], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
            "usage": usage}


class Worker(Upstream):
    """Begins a response with each POST, and tells of any that it is done."""

    def __init__(self):
        super().__init__()
        self.begun = 0
        self._count = threading.Lock()

    def steps(self, request):
        if request.method == "POST":
            with self._count:
                self.begun += 1
                return answer(200, response(f"resp_{self.begun}", "queued"))
        return answer(200, response(request.target.rsplit("/", 1)[1], "completed", USAGE))


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


def create(client, most):
    return client.call(lambda c: c.responses.create(
        model="gpt-4o-mini", input="hello", background=True, max_output_tokens=most))


def test_a_background_response_is_charged_to_whom_began_it(own, worker):
    server = own()
    server.start()
    server.create_project("acme", worker.url, UPSTREAM_KEY)
    limits = ("--limit", "tokens=1000000/day", "--limit", "cost=100/day", "--limit", "requests=100/day")
    first, second = issue(server, "acme", *limits), issue(server, "acme", *limits)
    client = SyncSDK(f"http://127.0.0.1:{server.port}/v1", first["token"])
    begun = create(client, 500)
    assert begun.status == "queued"
    until(lambda: server.metric("latchkey_journal_slots_in_use") == 0, "the row is written")
    reserved = server.limits(first["id"])["tokens"]["used"]
    assert 500 < reserved < 1000

    # Killed before its end is known, the server knows it all the same.
    server.kill()
    server.serve()
    assert server.limits(first["id"])["tokens"]["used"] == reserved
    other = SyncSDK(f"http://127.0.0.1:{server.port}/v1", second["token"])
    for _ in range(2):
        assert other.call(lambda c: c.responses.retrieve(begun.id)).usage.total_tokens == 101_000
    until(lambda: server.limits(first["id"])["tokens"]["used"] == 101_000, "the row is corrected")
    assert server.limits(second["id"])["tokens"]["used"] == 0
    assert server.limits(second["id"])["requests"]["used"] == 2
    row, = server.manage("usage", "--project", "acme", "--token", first["id"], "--by", "model")["rows"]
    assert (row["requests"], row["prompt_tokens"], row["completion_tokens"]) == (1, 1000, 100_000)
    assert row["cost_usd"] == "0.06015"
    assert server.stop() == 0
    books = Books(server)
    books.assert_consistent()
    assert [(row["requests"], row["accuracy"]) for row in books.of(first["id"])] == [(1, "estimated"), (0, "exact")]


def test_a_quota_holds_against_work_to_come(own, worker):
    """Twenty of them through a quota that one fills."""
    server = own()
    server.start()
    server.create_project("acme", worker.url, UPSTREAM_KEY)
    issued = issue(server, "acme", "--limit", "tokens=1000/day")
    client = SyncSDK(f"http://127.0.0.1:{server.port}/v1", issued["token"])
    refused = 0
    for _ in range(20):
        try:
            create(client, 600)
        except openai.RateLimitError as error:
            assert error.code == "insufficient_quota"
            refused += 1
    assert refused == 19 and worker.begun == 1


def test_the_end_is_asked_for_where_no_client_comes_back(own, worker):
    server = own()
    server.start()
    server.create_project("acme", worker.url, UPSTREAM_KEY)
    issued = issue(server, "acme", "--limit", "tokens=1000000/day")
    client = SyncSDK(f"http://127.0.0.1:{server.port}/v1", issued["token"])
    begun = create(client, 500)
    until(lambda: server.limits(issued["id"])["tokens"]["used"] == 101_000, "the end is asked for", 40)
    asked = [request for request in worker.requests if request.method == "GET"]
    assert [request.target for request in asked] == [f"/v1/responses/{begun.id}"]
    assert asked[0].header("authorization") == f"Bearer {UPSTREAM_KEY}"
    assert asked[0].header("accept-encoding") == "identity"
    # It is nobody's request.
    assert server.stop() == 0
    books = Books(server)
    books.assert_consistent()
    assert [row["requests"] for row in books.rows] == [1, 0]
