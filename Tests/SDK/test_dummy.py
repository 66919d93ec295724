"""The built-in provider serves the SDK without a key and without a network."""

import openai
import pytest
from conftest import issue

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def dummy_token(server):
    server.create_project("demo", "dummy:")
    return issue(server, "demo")["token"]


@pytest.fixture
def dummy(connect, dummy_token, upstream):
    yield connect(dummy_token)
    assert upstream.requests == []


def test_chat(dummy):
    result = dummy.call(lambda c: c.chat.completions.create(model="dummy", messages=MESSAGES))

    assert result.choices[0].message.content
    assert result.choices[0].finish_reason == "stop"
    assert result.usage.total_tokens == result.usage.prompt_tokens + result.usage.completion_tokens > 0


def test_chat_stream(dummy):
    chunks = dummy.items(lambda c: c.chat.completions.create(
        model="dummy", messages=MESSAGES, stream=True, stream_options={"include_usage": True}))

    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 0


def test_chat_stream_without_asking_for_usage_shows_none(dummy):
    chunks = dummy.items(lambda c: c.chat.completions.create(model="dummy", messages=MESSAGES, stream=True))

    assert chunks and all(c.choices and c.usage is None for c in chunks)


def test_response(dummy):
    result = dummy.call(lambda c: c.responses.create(model="dummy", input="hello"))

    assert result.output_text
    assert result.usage.total_tokens > 0


def test_response_stream(dummy):
    events = dummy.items(lambda c: c.responses.create(model="dummy", input="hello", stream=True))

    assert events[-1].type == "response.completed"
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert events[-1].response.usage.total_tokens > 0


def test_embeddings(dummy):
    result = dummy.call(lambda c: c.embeddings.create(model="dummy", input=["a", "b"], encoding_format="float"))

    assert [item.index for item in result.data] == [0, 1]
    assert all(item.embedding for item in result.data)


def test_models(dummy):
    assert dummy.items(lambda c: c.models.list())


def test_stranger_is_refused(connect):
    with pytest.raises(openai.AuthenticationError):
        connect("lk_nobody").call(lambda c: c.chat.completions.create(model="dummy", messages=MESSAGES))
