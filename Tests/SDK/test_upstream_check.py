"""Whether an upstream would take requests, told without one that costs."""

import json

import pytest
from conftest import UPSTREAM_KEY
from latchkey import free_port
from upstream import answer


def test_a_check_asks_for_the_models_with_the_projects_key(own, upstream):
    server = own()
    server.start()
    server.create_project("acme", upstream.url, UPSTREAM_KEY)
    upstream.script(answer(200, {"object": "list", "data": []}))

    checked = server.manage("project", "check", "acme")

    assert checked["ok"] and checked["status"] == 200 and "reason" not in checked
    request = upstream.only_request()
    assert (request.method, request.target) == ("GET", "/v1/models")
    assert request.header("authorization") == f"Bearer {UPSTREAM_KEY}"


@pytest.mark.parametrize("status, words", [(401, "refuses its key"), (503, "answers with status 503")])
def test_what_an_upstream_refuses_is_told_and_so_does_doctor(status, words, own, upstream):
    server = own()
    server.start()
    server.create_project("acme", upstream.url, UPSTREAM_KEY)
    server.create_project("gone", f"http://127.0.0.1:{free_port()}/v1", UPSTREAM_KEY)
    server.create_project("demo", "dummy:")

    upstream.script(answer(status, {"error": {}}))
    refused = server.attempt("project", "check", "acme")
    assert refused.returncode == 1 and words in refused.stderr and "hint: " in refused.stderr
    upstream.script(answer(status, {"error": {}}))
    doctor = server.attempt("doctor", "--json")

    assert doctor.returncode == 1
    checks = {check["name"]: check for check in json.loads(doctor.stdout)["checks"]}
    assert checks["management key"]["ok"]
    assert words in checks["upstream of acme"]["message"]
    assert "does not answer" in checks["upstream of gone"]["message"]
    assert "upstream of demo" not in checks
    assert [request.method for request in upstream.requests] == ["GET", "GET"]
