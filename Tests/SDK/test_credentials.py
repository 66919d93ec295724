"""Who may not is told so in OpenAI's words, and nothing of the request is dispatched."""

import time
import zlib

import httpx2
import openai
import pytest
from conftest import UPSTREAM_KEY, issue
from test_operations import CHAT, MESSAGES
from test_streams import BROKEN, part
from test_streams import chat as chat_stream
from upstream import PATIENCE, SSE_HEAD, UNTIL_CLOSED, answer, event


def chat(client):
    return client.chat.completions.create(model="gpt-test", messages=MESSAGES)


def assert_refused(client, upstream):
    with pytest.raises(openai.AuthenticationError) as raised:
        client.call(chat)
    assert raised.value.code == "invalid_api_key"
    assert raised.value.type == "invalid_request_error"
    assert set(raised.value.response.json()["error"]) == {"message", "type", "param", "code"}
    assert "x-latchkey-error" in raised.value.response.headers
    assert upstream.requests == []
    return raised.value.response.json()


def altered(token, at):
    """The same token with one character exchanged: its checksum no longer fits."""
    at %= len(token)
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]


@pytest.mark.parametrize("make", [
    lambda token: "sk-not-one-of-ours", lambda token: token[:-1], lambda token: token + "0",
    lambda token: altered(token, -1), lambda token: altered(token, 20), lambda token: token.upper(),
    lambda token: UPSTREAM_KEY],
    ids=["foreign", "too short", "too long", "checksum", "secret", "case", "the upstream's own key"])
def test_malformed_token_is_refused(make, connect, project, upstream):
    assert_refused(connect(make(project["token"])), upstream)


def test_well_formed_token_that_nobody_issued_is_refused_as_a_revoked_one(connect, server, project, upstream):
    revoked = issue(server, project["name"])
    server.revoke_token(revoked["id"])
    unknown = with_checksum("0" * 12 + "_" + "k" * 43)

    answered = assert_refused(connect("lk_" + unknown), upstream)

    assert answered == assert_refused(connect(revoked["token"]), upstream)


def with_checksum(text):
    """The text and six base62 digits of its CRC-32, as every access token ends."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number, digits = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = alphabet[digit] + digits
    return text + digits


def test_missing_credential_is_refused(server, upstream):
    reply = httpx2.post(f"{server.url}/chat/completions", json={"model": "m", "messages": []}, trust_env=False)

    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "invalid_api_key"
    assert upstream.requests == []


def test_management_key_is_no_access_token(server, connect, upstream):
    assert_refused(connect(server.admin_key), upstream)


def test_expired_token_is_refused(server, connect, project, upstream):
    client = connect(issue(server, project["name"], expires_in="2s")["token"])
    time.sleep(3)  # The clock is what is waited for.

    assert_refused(client, upstream)


def test_revoked_token_is_refused_from_the_reply_on(server, connect, project, upstream):
    issued = issue(server, project["name"])
    client = connect(issued["token"])
    upstream.script(answer(200, CHAT))
    client.call(chat)
    upstream.reset()

    server.revoke_token(issued["id"])

    assert_refused(client, upstream)


def test_revocation_ends_the_streams_of_the_token(server, connect, project, upstream):
    issued = issue(server, project["name"])
    client = connect(issued["token"])
    upstream.script(SSE_HEAD, event(part("first")), UNTIL_CLOSED)
    stream = client.open(chat_stream)
    client.next(stream)

    server.revoke_token(issued["id"])

    assert upstream.closed_by_peer.wait(PATIENCE)
    with pytest.raises(BROKEN):
        client.next(stream)


def test_disabled_project_is_refused_until_it_is_active_again(server, connect, upstream, request):
    name = f"disabled-{request.node.callspec.id}"
    server.create_project(name, upstream.url, UPSTREAM_KEY)
    client = connect(issue(server, name)["token"])

    server.set_project_state(name, "disabled")
    with pytest.raises(openai.PermissionDeniedError) as raised:
        client.call(chat)
    assert raised.value.code == "insufficient_permissions"
    assert upstream.requests == []

    server.set_project_state(name, "active")
    upstream.script(answer(200, CHAT))
    assert client.call(chat).id == CHAT["id"]
    upstream.only_request()
