"""Where clients are told to find the server: by what issues an access token, and by the links of invitations."""

import json
import re

import pytest
from latchkey import free_port

NOTE = "LATCHKEY_PUBLIC_URL is not set"


def begin(server):
    server.start()
    server.create_project("acme", "dummy:")
    return server


def start_apart(own, port, **settings):
    """A server with a listener for operators at `port`."""
    server = own(LATCHKEY_ADMIN_LISTEN=f"127.0.0.1:{port}", **settings)
    server.origin = f"http://127.0.0.1:{port}"
    return begin(server)


def handed_out(server):
    """What each command that hands out an address answers and says, by its name."""
    told = {}

    def run(name, *arguments):
        result = server.attempt(*arguments)
        assert result.returncode == 0, result.stderr
        server.secrets += re.findall(r"lk[mi]?_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}", result.stdout)
        told[name] = result
        return result.stdout.strip()

    token = run("issue", "token", "issue", "--project", "acme", "--name", "bob")
    rotated = run("rotate", "token", "rotate", token.split("_")[1])
    server.attempt("token", "revoke", rotated.split("_")[1])
    run("reissue", "token", "reissue", rotated.split("_")[1])
    run("honey", "token", "issue", "--project", "acme", "--name", "bait", "--honey")
    run("invite", "invitation", "create", "--project", "acme", "--name", "bob")
    return told


def test_the_public_url_is_told_also_where_operators_have_another(own):
    port = free_port()
    server = start_apart(own, port, LATCHKEY_PUBLIC_URL="https://llm.example.com")
    told = handed_out(server)
    for name in ("issue", "rotate", "reissue"):
        assert "Use it as OPENAI_API_KEY, with OPENAI_BASE_URL=https://llm.example.com/v1\n" in told[name].stderr
        assert "\nand OPENAI_API_BASE=https://llm.example.com/v1 for clients" in told[name].stderr
    assert told["invite"].stdout.startswith("https://llm.example.com/claim#lki_")
    for result in told.values():
        assert str(port) not in result.stdout + result.stderr and NOTE not in result.stderr
    issued = server.manage("token", "issue", "--project", "acme", "--name", "bob")
    server.secrets.append(issued["token"])
    assert (issued["base_url"], issued["base_url_assumed"]) == ("https://llm.example.com/v1", False)
    assert "base_url" not in server.manage("token", "show", issued["id"])
    assert NOTE not in server.output()


def test_without_one_it_is_where_clients_connect_and_not_operators(own):
    server = start_apart(own, free_port())
    clients = f"http://127.0.0.1:{server.port}"
    told = handed_out(server)
    assert f"OPENAI_BASE_URL={clients}/v1\n" in told["issue"].stderr
    assert told["invite"].stdout.startswith(f"{clients}/claim#lki_")
    assert all(NOTE not in result.stderr for result in told.values())


def test_a_honey_token_is_a_trap_and_no_key(own):
    said = handed_out(begin(own()))["honey"].stderr
    assert "honey token" in said and "honey_token_used" in said and "OPENAI_API_KEY" not in said


@pytest.mark.parametrize("apart", [False, True], ids=["one listener", "operators apart"])
def test_an_address_that_no_one_can_open_is_never_told(own, apart):
    def everywhere(**settings):
        server = own(**settings)
        server._environment["LATCHKEY_LISTEN"] = f"0.0.0.0:{server.port}"
        return server

    server = start_apart(everywhere, free_port()) if apart else begin(everywhere())
    base = f"http://127.0.0.1:{server.port}"
    assert NOTE in server.output()
    told = handed_out(server)
    for name, result in told.items():
        assert "0.0.0.0" not in result.stdout + result.stderr
        assert f"latchkey: warning: {NOTE} on the server" in result.stderr and "hint: set it to" in result.stderr, name
    assert f"OPENAI_BASE_URL={base}/v1\n" in told["issue"].stderr
    link = told["invite"].stdout.strip()
    assert link.startswith(f"{base}/claim#lki_")
    made = json.loads(server.attempt(
        "invitation", "create", "--project", "acme", "--name", "bob", "--json").stdout)
    server.secrets.append(made["url"].split("#")[1])
    assert (made["base_url"], made["base_url_assumed"]) == (f"{base}/v1", True)
    # By the name that the holder's browser asks for.
    claim = server.ask(
        "POST", "/claim", {"secret": link.split("#")[1]}, headers={"host": f"localhost:{server.port}"})
    server.secrets.append(claim.json()["token"])
    assert claim.json()["base_url"] == f"http://localhost:{server.port}/v1"


def test_a_port_of_the_systems_choice_is_told_as_it_came_out(own):
    server = start_apart(own, free_port(), LATCHKEY_LISTEN="127.0.0.1:0")
    issued = server.manage("token", "issue", "--project", "acme", "--name", "bob")
    server.secrets.append(issued["token"])
    port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)/v1", issued["base_url"])[1])
    assert f"address=127.0.0.1:{port}" in server.output()
