"""A client whose base URL lacks the `/v1` works all the same; with another mistake in it, it is told what to set."""

import openai
import pytest
from conftest import UPSTREAM_KEY, issue
from test_operations import CHAT, MESSAGES
from upstream import SSE_END, SSE_HEAD, answer, event

LIST = {"object": "list", "data": [{"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in "abc"]}


@pytest.fixture
def at(request, server, project, upstream):
    """Makes an SDK client with this behind the server's origin as base URL."""
    from sdk import SyncSDK

    clients = []

    def at(path, token=None):
        client = SyncSDK(server.origin + path, token or project["token"])
        clients.append(client)
        return client

    yield at
    for client in clients:
        client.close()


@pytest.mark.parametrize("path", ["", "/"])
def test_without_v1_the_endpoints_are_the_same(path, at, upstream):
    client = at(path)
    upstream.script(answer(200, CHAT))
    assert client.call(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES)).id == CHAT["id"]
    upstream.script(SSE_HEAD, event({"id": "x", "object": "chat.completion.chunk", "choices": []}), event("[DONE]"), SSE_END)
    assert len(client.items(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES, stream=True))) == 1
    upstream.script(answer(200, LIST))
    assert [model.id for model in client.items(lambda c: c.models.list())] == ["a", "b", "c"]
    upstream.script(answer(200, LIST["data"][0]))
    assert client.call(lambda c: c.models.retrieve("org/llama:8b")).id == "a"
    upstream.script(answer(200, b"sound", content_type="audio/mpeg"))
    assert client.read(lambda c: c.audio.speech.create(model="tts", voice="alloy", input="hello")) == b"sound"
    upstream.script(answer(200, {"id": "file-1", "object": "file"}))
    assert client.call(lambda c: c.files.create(file=b"text", purpose="batch")).id == "file-1"

    assert [request.target for request in upstream.requests] == [
        "/v1/chat/completions", "/v1/chat/completions", "/v1/models", "/v1/models/org%2Fllama:8b", "/v1/audio/speech",
        "/v1/files"]
    assert all(request.header("authorization") == f"Bearer {UPSTREAM_KEY}" for request in upstream.requests)


@pytest.mark.parametrize("path", ["/v1/v1", "/v1/chat/completions", "/foo", "/api/v1", "/openai/v1", "/V1", "/v2"])
def test_another_base_url_is_told_what_to_set(path, server, at, upstream):
    with pytest.raises(openai.NotFoundError) as raised:
        at(path).call(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES))

    assert raised.value.code == "unknown_url"
    assert f"Set base_url to {server.origin}/v1" in raised.value.body["message"]
    assert upstream.requests == []


def test_a_doubled_slash_is_told(at, upstream):
    with pytest.raises(openai.BadRequestError) as raised:
        at("//v1").call(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES))

    assert "doubled slash" in raised.value.body["message"]
    assert upstream.requests == []


def test_a_key_for_something_else_is_told_what_it_is_for(server, at, upstream):
    created = server.manage("key", "create", "--name", "robot", "--role", "read")
    server.secrets.append(created["key"])
    for key, words in [(created["key"], "a management key"), ("sk-proj-0123456789", "begin with 'lk_'")]:
        with pytest.raises(openai.AuthenticationError) as raised:
            at("/v1", key).call(lambda c: c.models.list())
        assert words in raised.value.body["message"]
    assert upstream.requests == []


def test_only_granted_models_are_listed(server, at, upstream):
    token = issue(server, "acme", "--model", "a", "--model", "c*")["token"]
    for path in ["/v1", ""]:
        upstream.script(answer(200, LIST))
        assert [model.id for model in at(path, token).items(lambda c: c.models.list())] == ["a", "c"]
        with pytest.raises(openai.PermissionDeniedError) as raised:
            at(path, token).call(lambda c: c.models.retrieve("b"))
        assert raised.value.code == "model_not_found"
    assert len(upstream.requests) == 2


def test_the_operators_listener_says_where_the_api_is(own, upstream):
    from latchkey import free_port

    port = free_port()
    server = own(LATCHKEY_ADMIN_LISTEN=f"127.0.0.1:{port}")
    server.start()
    server.origin, clients = f"http://127.0.0.1:{port}", server.origin
    server.port, port = port, server.port
    server.create_project("acme", upstream.url, UPSTREAM_KEY)
    token = issue(server, "acme")["token"]
    for path in ["/v1/models", "/models", "/foo/v1/models"]:
        lost = server.ask("GET", path, key=token)
        assert lost.status == 404 and lost.json()["error"]["code"] == "unknown_url"
        assert f"Set base_url to {clients}/v1" in lost.json()["error"]["message"]
    assert server.ask("GET", "/manage/models").headers["content-type"] == "application/problem+json"
    assert server.ask("GET", "/nothing").headers["content-type"] == "application/problem+json"
    server.port = port
    # And where operators come to the clients' listener, nothing is told.
    assert server.ask("GET", "/manage/projects").headers["content-type"] == "application/problem+json"
    assert upstream.requests == []
