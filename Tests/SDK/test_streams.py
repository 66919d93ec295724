"""Streams come as they are sent, event by event, and end on both sides when either side leaves."""

import threading

import httpx2
import openai
import pytest
from conftest import issue
from test_operations import MESSAGES, RESPONSE, assert_sent_unchanged
from upstream import HANG_UP, PATIENCE, SSE_END, SSE_HEAD, UNTIL_CLOSED, chunk, event

BROKEN = (openai.APIError, httpx2.HTTPError)
"""What a broken stream raises: the SDK wraps the transport's error, or lets it through once the stream has begun."""


def part(text, finish=None):
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-test", "usage": None,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


USAGE = {
    "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-test", "choices": [],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}


def chat(client):
    return client.chat.completions.create(
        model="gpt-test", messages=MESSAGES, stream=True, stream_options={"include_usage": True})


def responses(client):
    return client.responses.create(model="gpt-test", input="hi", stream=True)


def content(chunks):
    return "".join(c.choices[0].delta.content for c in chunks if c.choices)


def test_chat_stream_is_whole(sdk, upstream):
    upstream.script(
        SSE_HEAD, event(part("hi ")), event(part("ü🚀")), event(part("", "stop")), event(USAGE), event("[DONE]"),
        SSE_END)

    chunks = sdk.items(chat)

    assert content(chunks) == "hi ü🚀"
    assert chunks[-1].usage.total_tokens == 11
    assert_sent_unchanged(sdk, upstream, "POST /v1/chat/completions")
    assert sdk.response_heads[0]["content-type"].startswith("text/event-stream")


def test_chat_stream_without_asking_for_usage_shows_none(sdk, upstream):
    upstream.script(SSE_HEAD, event(part("hi")), event(part("", "stop")), event("[DONE]"), SSE_END)

    chunks = sdk.items(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES, stream=True))

    assert content(chunks) == "hi"
    assert all(c.choices for c in chunks)
    sent = upstream.only_request().json()
    assert sent | {"stream_options": None} == {
        "model": "gpt-test", "messages": MESSAGES, "stream": True, "stream_options": None}


def test_responses_stream_is_whole(sdk, upstream):
    def told(name, sequence, **fields):
        return event({"type": name, "sequence_number": sequence} | fields, name=name)

    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    upstream.script(
        SSE_HEAD, told("response.created", 0, response=RESPONSE | {"status": "in_progress", "output": []}),
        told("response.output_text.delta", 1, delta="hi", logprobs=[], **place),
        told("response.completed", 2, response=RESPONSE), SSE_END)

    events = sdk.items(responses)

    assert [e.type for e in events] == ["response.created", "response.output_text.delta", "response.completed"]
    assert events[1].delta == "hi"
    assert events[2].response.usage.total_tokens == 11
    assert_sent_unchanged(sdk, upstream, "POST /v1/responses")


def test_first_event_does_not_wait_for_the_second(sdk, upstream):
    gate = threading.Event()
    upstream.script(
        SSE_HEAD, event(part("first")), gate, event(part("second")), event("[DONE]"), SSE_END)

    stream = sdk.open(chat)
    assert content([sdk.next(stream)]) == "first"
    gate.set()
    assert content([sdk.next(stream)]) == "second"
    sdk.leave(stream)


def test_events_survive_any_split(sdk, upstream):
    whole = b"data: " + httpx2.Response(200, json=part("ü🚀")).content + b"\r\n\r\n: a comment\n\ndata:[DONE]\n\n"
    upstream.script(SSE_HEAD, [chunk(whole[i:i + 1]) for i in range(len(whole))], SSE_END)

    assert content(sdk.items(chat)) == "ü🚀"


def test_leaving_a_stream_ends_the_upstreams(sdk, upstream):
    upstream.script(SSE_HEAD, event(part("first")), UNTIL_CLOSED)

    stream = sdk.open(chat)
    sdk.next(stream)
    assert not upstream.closed_by_peer.is_set()
    sdk.leave(stream)

    assert upstream.closed_by_peer.wait(PATIENCE)
    upstream.only_request()


def test_error_event_raises_as_it_would_directly(sdk, upstream):
    upstream.script(
        SSE_HEAD, event(part("first")),
        event({"error": {"message": "overloaded upstream", "type": "server_error", "param": None, "code": None}}),
        SSE_END)

    with pytest.raises(openai.APIError, match="overloaded upstream"):
        sdk.items(chat)


def test_stream_cut_by_the_upstream_never_ends_cleanly(sdk, upstream):
    upstream.script(SSE_HEAD, event(part("first")), HANG_UP)

    with pytest.raises(BROKEN):
        sdk.items(chat)
    upstream.only_request()


def test_stream_cut_by_the_upstream_says_so(sdk, upstream):
    gate = threading.Event()
    upstream.script(SSE_HEAD, event(part("first")), gate, HANG_UP)

    stream = sdk.open(chat)
    assert content([sdk.next(stream)]) == "first"
    gate.set()
    with pytest.raises(openai.APIError, match="upstream_reset|upstream_truncated") as raised:
        sdk.next(stream)

    assert raised.value.code == "upstream_unavailable"
    assert raised.value.type == "server_error"


def test_responses_stream_cut_by_the_upstream_says_so(sdk, upstream):
    gate = threading.Event()
    created = {"type": "response.created", "sequence_number": 0, "response": RESPONSE | {"status": "in_progress"}}
    upstream.script(SSE_HEAD, event(created, name="response.created"), gate, HANG_UP)

    stream = sdk.open(responses)
    assert sdk.next(stream).type == "response.created"
    gate.set()
    with pytest.raises(openai.APIError) as raised:
        sdk.next(stream)

    assert raised.value.code == "upstream_unavailable"


def test_stream_of_a_revoked_token_says_so(server, connect, project, upstream):
    issued = issue(server, project["name"])
    sdk = connect(issued["token"])
    upstream.script(SSE_HEAD, event(part("first")), UNTIL_CLOSED)

    stream = sdk.open(chat)
    assert content([sdk.next(stream)]) == "first"
    server.revoke_token(issued["id"])
    with pytest.raises(openai.APIError) as raised:
        sdk.next(stream)

    assert raised.value.code == "invalid_api_key"
    assert upstream.closed_by_peer.wait(PATIENCE)


def test_body_shorter_than_promised_never_ends_cleanly(sdk, upstream):
    upstream.script(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 1000\r\n\r\nshort", HANG_UP)

    with pytest.raises(BROKEN):
        sdk.read(lambda c: c.files.content("file-1"))
    upstream.only_request()
