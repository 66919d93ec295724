"""The built-in provider serves the SDK: what is made and kept, who sees it, and what is too much."""

import json
import socket

import openai
import pytest
from conftest import issue
from test_dummy import MESSAGES

LIMIT = 8 << 20
"""Bytes of the largest body that the provider reads."""


def make_file(dummy, content=b"the cat and the dog", name="a.txt", purpose="assistants"):
    return dummy.call(lambda c: c.files.create(file=(name, content), purpose=purpose))


def make_batch(dummy, *models, purpose="batch"):
    lines = [
        {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions",
         "body": {"model": model, "messages": MESSAGES}}
        for number, model in enumerate(models)]
    file = make_file(dummy, "\n".join(map(json.dumps, lines)).encode(), "b.jsonl", purpose)
    return dummy.call(lambda c: c.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"k": "v"}))


def test_files(dummy):
    content = bytes(range(256)) * 1000
    made = [make_file(dummy, content, f"{name}.bin") for name in "abc"]
    listed = dummy.items(lambda c: c.files.list(limit=2, order="desc"))

    assert made[0].bytes == len(content) and made[0].filename == "a.bin"
    assert [file.id for file in listed[:3]] == [file.id for file in reversed(made)]
    assert dummy.call(lambda c: c.files.retrieve(made[1].id)) == made[1]
    assert dummy.read(lambda c: c.files.content(made[1].id)) == content
    assert dummy.call(lambda c: c.files.delete(made[1].id)).deleted
    with pytest.raises(openai.NotFoundError):
        dummy.call(lambda c: c.files.retrieve(made[1].id))


def test_a_file_of_the_largest_size_comes_back_whole(dummy):
    content = b"\r\n--x" * ((LIMIT - 1024) // 5)
    made = make_file(dummy, content)

    assert dummy.read(lambda c: c.files.content(made.id)) == content


def test_what_is_too_large_is_refused_at_once_and_said_so(dummy):
    with pytest.raises(openai.APIStatusError) as file:
        make_file(dummy, b"x" * LIMIT)
    with pytest.raises(openai.APIStatusError) as chat:
        dummy.call(lambda c: c.chat.completions.create(
            model="dummy", messages=[{"role": "user", "content": "x" * LIMIT}]))

    for error in (file.value, chat.value):
        assert (error.status_code, error.code, error.type) == (413, "request_too_large", "invalid_request_error")
        assert str(LIMIT) in error.message


def test_uploads(dummy):
    content = b"0123456789" * 1000
    done = dummy.call(lambda c: c.uploads.upload_file_chunked(
        file=content, filename="a.txt", bytes=len(content), mime_type="text/plain", purpose="assistants",
        part_size=4096))
    other = dummy.call(lambda c: c.uploads.create(
        filename="a.txt", bytes=1, mime_type="text/plain", purpose="assistants"))

    assert (done.status, done.file.bytes) == ("completed", len(content))
    assert dummy.read(lambda c: c.files.content(done.file.id)) == content
    assert dummy.call(lambda c: c.uploads.cancel(other.id)).status == "cancelled"


def test_batches(dummy):
    batch = make_batch(dummy, "dummy", "dummy-length-x", "dummy-length-3")
    output = dummy.read(lambda c: c.files.content(batch.output_file_id)).splitlines()
    errors = dummy.read(lambda c: c.files.content(batch.error_file_id)).splitlines()

    assert (batch.status, batch.request_counts.completed, batch.request_counts.failed) == ("completed", 2, 1)
    assert [json.loads(line)["custom_id"] for line in output] == ["0", "2"]
    assert [json.loads(line)["response"]["status_code"] for line in errors] == [404]
    assert batch.usage.output_tokens == 12 + 3
    assert dummy.call(lambda c: c.batches.retrieve(batch.id)) == batch
    assert batch.id in [item.id for item in dummy.items(lambda c: c.batches.list(limit=1))]
    with pytest.raises(openai.ConflictError):
        dummy.call(lambda c: c.batches.cancel(batch.id))


def test_a_batch_of_slow_models_is_in_progress_and_may_be_cancelled(dummy):
    batch = make_batch(dummy, "dummy-delay-60s")

    assert (batch.status, batch.usage) == ("in_progress", None)
    assert dummy.call(lambda c: c.batches.cancel(batch.id)).status == "cancelled"


def test_a_batch_that_cannot_be_read_has_failed(dummy):
    file = make_file(dummy, b"{}\n")
    batch = dummy.call(lambda c: c.batches.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"))

    assert (batch.status, batch.errors.data[0].line) == ("failed", 1)


def test_vector_stores(dummy):
    files = [make_file(dummy, text) for text in (b"the cat and the dog", b"the dog", b"a bird")]
    store = dummy.call(lambda c: c.vector_stores.create(name="animals", file_ids=[files[0].id]))
    dummy.call(lambda c: c.vector_stores.files.create(store.id, file_id=files[1].id, attributes={"k": 1}))
    batch = dummy.call(lambda c: c.vector_stores.file_batches.create_and_poll(store.id, file_ids=[files[2].id]))
    found = dummy.items(lambda c: c.vector_stores.search(store.id, query="Cat dog"))
    narrow = dummy.items(lambda c: c.vector_stores.search(
        store.id, query="dog", filters={"type": "eq", "key": "k", "value": 1}))

    assert dummy.call(lambda c: c.vector_stores.retrieve(store.id)).file_counts.completed == 3
    assert (batch.status, batch.file_counts.total) == ("completed", 1)
    assert [result.file_id for result in found] == [files[0].id, files[1].id]
    assert [result.file_id for result in narrow] == [files[1].id]
    assert store.id in [item.id for item in dummy.items(lambda c: c.vector_stores.list(limit=1))]
    assert dummy.call(lambda c: c.vector_stores.update(store.id, name="beasts")).name == "beasts"
    content = dummy.items(lambda c: c.vector_stores.files.content(files[1].id, vector_store_id=store.id))
    assert [part.text for part in content] == ["the dog"]
    listed = dummy.items(lambda c: c.vector_stores.file_batches.list_files(batch.id, vector_store_id=store.id))
    assert [file.id for file in listed] == [files[2].id]
    assert dummy.call(lambda c: c.vector_stores.file_batches.cancel(batch.id, vector_store_id=store.id)).id == batch.id
    updated = dummy.call(lambda c: c.vector_stores.files.update(
        files[1].id, vector_store_id=store.id, attributes={"k": 2}))
    assert updated.attributes == {"k": 2}
    assert dummy.call(lambda c: c.vector_stores.files.delete(files[1].id, vector_store_id=store.id)).deleted
    assert len(dummy.items(lambda c: c.vector_stores.files.list(store.id))) == 2
    assert dummy.call(lambda c: c.vector_stores.delete(store.id)).deleted


def test_conversations(dummy):
    made = dummy.call(lambda c: c.conversations.create(
        items=[{"type": "message", "role": "user", "content": "a"}], metadata={"k": "v"}))
    said = dummy.call(lambda c: c.responses.create(model="dummy", input="b", conversation=made.id))
    items = dummy.items(lambda c: c.conversations.items.list(made.id, order="asc", limit=2))

    assert said.conversation.id == made.id
    assert [item.role for item in items] == ["user", "user", "assistant"]
    assert items[-1].content[0].text == said.output_text
    added = dummy.call(lambda c: c.conversations.items.create(
        made.id, items=[{"type": "message", "role": "user", "content": "c"}])).data[0]
    assert dummy.call(lambda c: c.conversations.items.retrieve(added.id, conversation_id=made.id)) == added
    dummy.call(lambda c: c.conversations.items.delete(added.id, conversation_id=made.id))
    with pytest.raises(openai.NotFoundError):
        dummy.call(lambda c: c.conversations.items.retrieve(added.id, conversation_id=made.id))
    assert dummy.call(lambda c: c.conversations.update(made.id, metadata={"k": "w"})).metadata == {"k": "w"}
    assert dummy.call(lambda c: c.conversations.retrieve(made.id)).metadata == {"k": "w"}
    assert dummy.call(lambda c: c.conversations.delete(made.id)).deleted


def test_chat_completions_are_stored_on_request(dummy, connect, dummy_token):
    made = dummy.call(lambda c: c.chat.completions.create(
        model="dummy", messages=MESSAGES, store=True, metadata={"k": "v"}))

    assert dummy.call(lambda c: c.chat.completions.retrieve(made.id)) == made
    assert made.id in [item.id for item in dummy.items(lambda c: c.chat.completions.list(limit=1))]
    assert dummy.call(lambda c: c.chat.completions.update(made.id, metadata={"k": "w"})).metadata == {"k": "w"}
    # The SDK's strict model of a stored message knows the assistant's only.
    messages = connect(dummy_token).items(lambda c: c.chat.completions.messages.list(made.id))
    assert [message.content for message in messages] == ["hello"]
    assert dummy.call(lambda c: c.chat.completions.delete(made.id)).deleted


def test_a_project_does_not_see_what_another_made(dummy, connect, server):
    if all(project["name"] != "stranger" for project in server.manage("project", "list")["items"]):
        server.create_project("stranger", "dummy:")
    stranger = connect(issue(server, "stranger")["token"])
    file = make_file(dummy)
    response = dummy.call(lambda c: c.responses.create(model="dummy", input="secret"))

    for make in (
        lambda c: c.files.content(file.id), lambda c: c.files.delete(file.id),
        lambda c: c.responses.retrieve(response.id), lambda c: c.vector_stores.create(file_ids=[file.id]),
    ):
        with pytest.raises(openai.NotFoundError):
            stranger.call(make)
    with pytest.raises(openai.BadRequestError):
        stranger.call(lambda c: c.responses.create(model="dummy", input="x", previous_response_id=response.id))
    assert file.id not in [item.id for item in stranger.items(lambda c: c.files.list())]
    assert dummy.read(lambda c: c.files.content(file.id))


def test_a_large_body_does_not_hold_up_the_loop(own):
    """While the answer to the largest body is made, the only event loop goes on answering others."""
    server = own(LATCHKEY_THREADS="1")
    server.start()
    server.create_project("demo", "dummy:")
    token = issue(server, "demo")["token"]
    head = b'{"model":"dummy","messages":[{"role":"user","content":"x"}],"stop":['
    body = head + b"1," * ((LIMIT - len(head) - 3) // 2) + b"1]}"
    answered = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
        client.sendall(
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        client.setblocking(False)
        other = server.connect()
        while True:
            try:
                first = client.recv(65536)
                break
            except BlockingIOError:
                assert server.ask("GET", "/v1/models", key="lk_nobody", connection=other).status == 401
                answered += 1
        other.close()

    assert first.startswith(b"HTTP/1.1 200 ")
    # An answer in its place would let in none but those that came before all of the body was read.
    assert answered > 100
