"""Every kind of operation arrives at the upstream as the SDK sent it, and comes back as the upstream answered."""

import openai
import pytest
from conftest import issue
from upstream import answer

BINARY = bytes(range(256)) * 512
"""128 KiB in which every byte value stands: nothing on the way may treat it as text."""

MESSAGES = [{"role": "user", "content": "Say hi, with an umlaut (ü), a quote (\") and a rocket 🚀."}]

CHAT = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-test",
    "choices": [{
        "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi ü \"🚀\""}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}
RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-test", "status": "completed",
    "output": [{
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [{"type": "output_text", "text": "hi", "annotations": []}]}],
    "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    "usage": {
        "input_tokens": 9, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 11},
}
EMBEDDINGS = {
    "object": "list", "model": "embed-test", "usage": {"prompt_tokens": 2, "total_tokens": 2},
    "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}],
}
MODEL = {"id": "org/llama:8b", "object": "model", "created": 1, "owned_by": "org"}
FILE = {
    "id": "file-1", "object": "file", "bytes": len(BINARY), "created_at": 1, "filename": "data.bin",
    "purpose": "user_data", "status": "processed",
}
BATCH = {
    "id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions", "input_file_id": "file-1",
    "completion_window": "24h", "status": "completed", "created_at": 1,
}
MODERATION = {"id": "modr-1", "model": "moderation-test", "results": []}
IMAGES = {"created": 1, "data": [{"b64_json": "aGk="}], "usage": {
    "input_tokens": 1, "output_tokens": 2, "total_tokens": 3,
    "input_tokens_details": {"text_tokens": 1, "image_tokens": 0}}}


def page(item):
    return {"object": "list", "data": [item], "has_more": False, "first_id": item["id"], "last_id": item["id"]}


JSON_OPERATIONS = {
    "chat": (
        "POST /v1/chat/completions", CHAT,
        lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES, max_tokens=5)),
    "chat list": (
        "GET /v1/chat/completions?limit=1&model=gpt-test", page(CHAT),
        lambda c: c.chat.completions.list(limit=1, model="gpt-test")),
    "completion": (
        "POST /v1/completions", CHAT | {"object": "text_completion", "choices": []},
        lambda c: c.completions.create(model="gpt-test", prompt="hi")),
    "response": (
        "POST /v1/responses", RESPONSE,
        lambda c: c.responses.create(model="gpt-test", input="hi")),
    "response retrieve": (
        "GET /v1/responses/resp_1?include%5B%5D=message.output_text.logprobs", RESPONSE,
        lambda c: c.responses.retrieve("resp_1", include=["message.output_text.logprobs"])),
    "response cancel": (
        "POST /v1/responses/resp_1/cancel", RESPONSE,
        lambda c: c.responses.cancel("resp_1")),
    "embeddings": (
        "POST /v1/embeddings", EMBEDDINGS,
        lambda c: c.embeddings.create(model="embed-test", input=["hi"], encoding_format="float")),
    "models list": (
        "GET /v1/models", page(MODEL),
        lambda c: c.models.list()),
    "model retrieve, a slash and a colon in its id": (
        "GET /v1/models/org%2Fllama:8b", MODEL,
        lambda c: c.models.retrieve("org/llama:8b")),
    "moderation": (
        "POST /v1/moderations", MODERATION,
        lambda c: c.moderations.create(input="hi")),
    "images generate": (
        "POST /v1/images/generations", IMAGES,
        lambda c: c.images.generate(model="image-test", prompt="a key", size="1024x1024")),
    "image edit, multipart in": (
        "POST /v1/images/edits", IMAGES,
        lambda c: c.images.edit(model="image-test", prompt="a key", image=("a.png", BINARY, "image/png"))),
    "file upload, multipart in": (
        "POST /v1/files", FILE,
        lambda c: c.files.create(file=("data.bin", BINARY), purpose="user_data")),
    "file retrieve": (
        "GET /v1/files/file-1", FILE,
        lambda c: c.files.retrieve("file-1")),
    "file list": (
        "GET /v1/files?after=file-0&limit=1", page(FILE),
        lambda c: c.files.list(after="file-0", limit=1)),
    "file delete": (
        "DELETE /v1/files/file-1", {"id": "file-1", "object": "file", "deleted": True},
        lambda c: c.files.delete("file-1")),
    "transcription, multipart in": (
        "POST /v1/audio/transcriptions", {"text": "hi", "usage": {"type": "duration", "seconds": 2}},
        lambda c: c.audio.transcriptions.create(model="audio-test", file=("a.wav", BINARY, "audio/wav"))),
    "translation, multipart in": (
        "POST /v1/audio/translations", {"text": "hi"},
        lambda c: c.audio.translations.create(model="audio-test", file=("a.wav", BINARY, "audio/wav"))),
    "batch create": (
        "POST /v1/batches", BATCH,
        lambda c: c.batches.create(
            input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h")),
    "batch retrieve": (
        "GET /v1/batches/batch_1", BATCH,
        lambda c: c.batches.retrieve("batch_1")),
    "batch cancel": (
        "POST /v1/batches/batch_1/cancel", BATCH | {"status": "cancelling"},
        lambda c: c.batches.cancel("batch_1")),
    "batch list": (
        "GET /v1/batches?limit=2", page(BATCH),
        lambda c: c.batches.list(limit=2)),
    "thread run step, a deep path": (
        "GET /v1/threads/t_1/runs/r_1/steps/s_1", {"id": "s_1", "object": "thread.run.step"},
        lambda c: c.beta.threads.runs.steps.retrieve("s_1", thread_id="t_1", run_id="r_1")),
}


def assert_sent_unchanged(sdk, upstream, request_line):
    """The upstream got one request, and it is the one the SDK sent, body and all."""
    got, sent = upstream.only_request(), sdk.sent[0]
    assert len(sdk.sent) == 1
    assert f"{got.method} {got.target}" == f"{sent.method} {sent.target}" == request_line
    assert got.body == sent.body


@pytest.mark.parametrize("name", JSON_OPERATIONS)
def test_operation_passes_both_ways(name, sdk, upstream):
    request_line, reply, make = JSON_OPERATIONS[name]
    upstream.script(answer(200, reply, headers=[("x-request-id", "req_42")]))

    result = sdk.call(make)

    assert_sent_unchanged(sdk, upstream, request_line)
    got = result.to_dict()
    assert {key: got[key] for key in reply.keys() & got.keys()} == {
        key: reply[key] for key in reply.keys() & got.keys()}
    assert reply.keys() & got.keys()
    assert sdk.response_heads[0]["x-request-id"] == "req_42"
    assert "x-latchkey-error" not in sdk.response_heads[0]


def test_a_model_is_deleted_by_who_is_granted_that_by_name(connect, sdk, server, upstream):
    with pytest.raises(openai.PermissionDeniedError):
        sdk.call(lambda c: c.models.delete("ft:gpt-test:org::abc"))
    assert upstream.requests == []
    granted = connect(issue(server, "acme", "--endpoint", "model_deletion")["token"])
    upstream.script(answer(200, {"id": "ft:gpt-test:org::abc", "object": "model", "deleted": True}))

    assert granted.call(lambda c: c.models.delete("ft:gpt-test:org::abc")).deleted

    assert_sent_unchanged(granted, upstream, "DELETE /v1/models/ft:gpt-test:org::abc")


BINARY_OPERATIONS = {
    "speech": (
        "POST /v1/audio/speech", "audio/mpeg",
        lambda c: c.audio.speech.create(model="audio-test", voice="alloy", input="hi")),
    "file content": (
        "GET /v1/files/file-1/content", "application/octet-stream",
        lambda c: c.files.content("file-1")),
}


@pytest.mark.parametrize("name", BINARY_OPERATIONS)
def test_binary_answer_is_not_touched(name, sdk, upstream):
    request_line, content_type, make = BINARY_OPERATIONS[name]
    upstream.script(answer(200, BINARY, content_type=content_type))

    assert sdk.read(make) == BINARY

    assert_sent_unchanged(sdk, upstream, request_line)
    assert sdk.response_heads[0]["content-type"] == content_type


def test_upload_larger_than_any_buffer_arrives_whole(sdk, upstream):
    upstream.script(answer(200, FILE))

    sdk.call(lambda c: c.files.create(file=("big.bin", BINARY * 64), purpose="user_data"))

    assert_sent_unchanged(sdk, upstream, "POST /v1/files")


def test_headers_of_the_sdk_pass_and_those_of_the_account_do_not_return(sdk, upstream):
    upstream.script(answer(200, CHAT, headers=[
        ("x-ratelimit-remaining-requests", "99"), ("openai-processing-ms", "7"), ("openai-version", "2020-10-01"),
        ("openai-organization", "org-secret"), ("openai-project", "proj-secret"),
        ("set-cookie", "__cf_bm=secret; path=/")]))

    sdk.call(lambda c: c.chat.completions.create(
        model="gpt-test", messages=MESSAGES, extra_headers={"OpenAI-Beta": "assistants=v2", "X-Mine": "kept"}))

    request = upstream.only_request()
    assert request.header("x-stainless-lang") == "python"
    assert request.header("content-type") == "application/json"
    assert request.header("user-agent").endswith(f"Python {openai.__version__}")
    assert request.header("openai-beta") == "assistants=v2"
    assert request.header("x-mine") == "kept"
    assert request.all("host") == [f"127.0.0.1:{upstream.port}"]
    head = sdk.response_heads[0]
    assert head["x-ratelimit-remaining-requests"] == "99"
    assert head["openai-processing-ms"] == "7"
    assert head["openai-version"] == "2020-10-01"
    assert not {"openai-organization", "openai-project", "set-cookie"} & {name.lower() for name in head}


def test_other_credentials_of_the_client_stay_here(sdk, upstream):
    upstream.script(answer(200, CHAT))

    sdk.call(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES, extra_headers={
        "Cookie": "session=mine", "X-Api-Key": "mine", "Api-Key": "mine", "X-Goog-Api-Key": "mine",
        "Proxy-Authorization": "Basic bWluZQ=="}))

    request = upstream.only_request()
    for name in ["cookie", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization"]:
        assert request.all(name) == []


def test_one_client_makes_many_requests_in_turn(sdk, upstream):
    for number in range(20):
        upstream.script(answer(200, CHAT | {"id": f"chatcmpl-{number}"}))

    ids = [
        sdk.call(lambda c: c.chat.completions.create(model="gpt-test", messages=MESSAGES)).id for _ in range(20)]

    assert ids == [f"chatcmpl-{number}" for number in range(20)]
    assert [r.body for r in upstream.requests] == [s.body for s in sdk.sent]
