"""A live server answers as its own OpenAPI document says, whatever it is asked: schemathesis makes the requests.

Right and wrong ones, of each operation and of chains of them that follow the document's links. None of the projects that
it makes is ever called, so nothing leaves the machine.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = os.environ.get("VERIFY") == "1"
EXAMPLES = 500 if FULL else 50
"""Of each operation; chains of them are cheaper, and there are more."""
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method",
    "allow_header_conformance", "ensure_resource_availability", "ignored_auth",
]
CONFIGURATION = """
hooks = "hooks"

[auth.openapi]
managementKey = {{ bearer = "${{MANAGEMENT_KEY}}" }}
accessToken = {{ bearer = "${{ACCESS_TOKEN}}" }}

[generation]
allow-x00 = false
database = "none"

[phases.stateful]
max-steps = 6
generation = {{ max-examples = {chains} }}

# Not TRACE and QUERY: the listener refuses them for every path, with 400.
[phases.coverage]
unexpected-methods = ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"]
"""
HOOKS = """
import os
import secrets
import schemathesis


@schemathesis.hook
def before_call(context, case, kwargs):
    # Each request from an address of its own, else wrong credentials would keep the right ones waiting.
    # Not from `random`: its sequence is the same for each example.
    case.headers["X-Forwarded-For"] = ".".join(str(1 + secrets.randbelow(223)) for _ in range(4))
    # The key that all is asked with stays: without it every answer is 401, which would hide the rest.
    if case.method == "POST" and (case.path_parameters or {}).get("id") == os.environ["MANAGEMENT_KEY_ID"]:
        case.path_parameters["id"] = "000000000000"
"""


@pytest.mark.timeout(3000 if FULL else 400)
def test_the_server_is_as_its_document_says(own, tmp_path):
    server = own(LATCHKEY_LOG_LEVEL="warning", LATCHKEY_TRUSTED_PROXIES="127.0.0.1")
    server.start()
    server.create_project("acme", "dummy:")
    issued = server.issue_token("acme", "--limit", "requests=1000/day")
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(chains=3 * EXAMPLES))
    (tmp_path / "hooks.py").write_text(HOOKS)
    [own_key] = server.ask("GET", "/manage/keys").json()["items"]
    environment = os.environ | {
        "MANAGEMENT_KEY": server.admin_key, "MANAGEMENT_KEY_ID": own_key["id"], "ACCESS_TOKEN": issued["token"]}

    # Few examples are the same ones every time, many look for what is new.
    seed = [] if FULL else ["--seed", "1"]
    # A holder's first: whoever manages may come to revoke the access token.
    for operations in (
        ["--include-path-regex", "^/me(/|$)", "--phases", "examples,coverage,fuzzing"],
        ["--exclude-path-regex", "^/me(/|$)", "--exclude-operation-id", "checkUpstream"],
    ):
        result = subprocess.run(
            [Path(sys.executable).with_name("st"), "--config-file", configuration, "run",
             server.origin + "/manage/openapi.json", "--checks", ",".join(CHECKS),
             "--max-examples", str(EXAMPLES), "--continue-on-failure", "--no-color", "--warnings", "off",
             *seed, *operations],
            cwd=tmp_path, capture_output=True, text=True, env=environment)
        assert result.returncode == 0, result.stdout[-20_000:] + result.stderr[-2000:]

    # Asks the upstream itself, so it is asked of the built-in one only.
    check = server.ask("POST", "/manage/projects/acme/upstream/check")
    assert check.status == 200 and check.json()["ok"]
    assert server.ask("GET", "/ready").status == 200
    assert "panic" not in server.output().lower()
