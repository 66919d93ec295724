"""The built-in provider serves the SDK without a key and without a network: what is asked of models.

The SDK's models parse strictly here: a field that is missing or of another type fails. What is kept is in
test_dummy_objects.py.
"""

import json

import jsonschema_rs
import openai
import pytest
from conftest import issue
from latchkey import until
from pydantic import BaseModel

MESSAGES = [{"role": "user", "content": "hello"}]
PLACE = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 3}, "days": {"type": "integer", "minimum": 2, "maximum": 9},
        "unit": {"enum": ["c", "f"]}, "near": {"type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 2},
    },
    "required": ["city", "days", "unit", "near"], "additionalProperties": False,
    "$defs": {
        "point": {
            "type": "object", "properties": {"x": {"type": "number"}, "at": {"type": ["string", "null"], "format": "date"}},
            "required": ["x", "at"], "additionalProperties": False,
        }
    },
}


class Entry(BaseModel):
    name: str
    tags: list[str]
    parent: "Entry | None"


def function(name, parameters):
    return {"type": "function", "function": {"name": name, "parameters": parameters, "strict": True}}


# Chat completions


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


def test_chat_obeys_what_bounds_and_shapes_an_answer(dummy):
    result = dummy.call(lambda c: c.chat.completions.create(
        model="dummy", messages=MESSAGES, n=2, stop=["provider"], max_completion_tokens=4, seed=1, logprobs=True,
        top_logprobs=3))

    assert [choice.finish_reason for choice in result.choices] == ["length", "length"]
    assert result.usage.completion_tokens == 8
    for choice in result.choices:
        assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
        assert all(len(token.top_logprobs) == 3 for token in choice.logprobs.content)


def test_chat_calls_tools_and_then_answers(dummy):
    question = [{"role": "user", "content": "Call weather and clock."}]
    tools = [function("weather", PLACE), function("clock", {"type": "object", "properties": {}})]
    called = dummy.call(lambda c: c.chat.completions.create(model="dummy", messages=question, tools=tools))
    calls = called.choices[0].message.tool_calls

    assert called.choices[0].finish_reason == "tool_calls"
    assert [call.function.name for call in calls] == ["weather", "clock"]
    assert len({call.id for call in calls}) == 2
    jsonschema_rs.validate(PLACE, json.loads(calls[0].function.arguments))
    results = [{"role": "tool", "tool_call_id": call.id, "content": "fine"} for call in calls]
    answered = dummy.call(lambda c: c.chat.completions.create(
        model="dummy", messages=question + [called.choices[0].message.to_dict()] + results, tools=tools))
    assert answered.choices[0].finish_reason == "stop"
    assert answered.choices[0].message.content


def test_chat_stream_of_a_tool_call_is_collected_by_the_sdk(dummy):
    completion = dummy.collected(
        lambda c: c.chat.completions.stream(
            model="dummy", messages=MESSAGES, tools=[function("weather", PLACE)], stream_options={"include_usage": True}),
        "get_final_completion")
    call = completion.choices[0].message.tool_calls[0]

    assert completion.choices[0].finish_reason == "tool_calls"
    jsonschema_rs.validate(PLACE, json.loads(call.function.arguments))
    assert call.function.parsed_arguments == json.loads(call.function.arguments)
    assert completion.usage.completion_tokens > 1


def test_chat_has_the_format_that_is_asked_for(dummy):
    parsed = dummy.call(lambda c: c.chat.completions.parse(model="dummy", messages=MESSAGES, response_format=Entry))
    some = dummy.call(lambda c: c.chat.completions.create(
        model="dummy", messages=MESSAGES, response_format={"type": "json_object"}))

    assert isinstance(parsed.choices[0].message.parsed, Entry)
    assert isinstance(json.loads(some.choices[0].message.content), dict)


@pytest.mark.parametrize("schema", [
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "^[a-f0-9]{8}-[A-Z]+$"}}, "required": ["a"]},
    {"type": "array", "items": {"type": "integer", "multipleOf": 7, "exclusiveMinimum": 14}, "minItems": 3, "uniqueItems": True},
    {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, {"type": "null"}]},
    {"allOf": [{"$ref": "#/$defs/a"}, {"properties": {"b": {"const": [1, {"x": None}]}}, "required": ["b"]}],
     "$defs": {"a": {"type": "object", "properties": {"c": {"enum": ["x", 3]}}, "required": ["c"]}}},
    {"type": "object", "properties": {f: {"type": "string", "format": f} for f in [
        "date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"]}},
    {"type": "string", "minLength": 40, "maxLength": 40},
    {"$ref": "#/$defs/tree", "$defs": {"tree": {
        "type": "object", "properties": {"v": {"type": "boolean"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
        "required": ["v", "kids"], "additionalProperties": False}}},
    PLACE,
])
def test_an_instance_satisfies_its_schema(connect, dummy_token, schema):
    result = connect(dummy_token).call(lambda c: c.responses.create(
        model="dummy", input="x",
        text={"format": {"type": "json_schema", "name": "it", "schema": schema, "strict": True}}))

    jsonschema_rs.validator_for(schema, validate_formats=True).validate(json.loads(result.output_text))


def test_completion(dummy):
    result = dummy.call(lambda c: c.completions.create(
        model="dummy", prompt=["One", "Two"], n=2, max_tokens=3, echo=True, logprobs=2))

    assert [choice.index for choice in result.choices] == [0, 1, 2, 3]
    assert [choice.text[:3] for choice in result.choices] == ["One", "One", "Two", "Two"]
    assert all(choice.finish_reason == "length" and len(choice.logprobs.tokens) == 3 for choice in result.choices)
    assert result.usage.completion_tokens == 12


# Responses


def test_response(dummy):
    result = dummy.call(lambda c: c.responses.create(model="dummy", input="hello"))

    assert result.output_text
    assert result.usage.total_tokens > 0


def test_response_stream(dummy):
    events = dummy.items(lambda c: c.responses.create(model="dummy", input="hello", stream=True))

    assert events[-1].type == "response.completed"
    assert "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert events[-1].response.usage.total_tokens > 0


def test_response_calls_a_tool_and_then_answers(dummy):
    tools = [
        {"type": "function", "name": "weather", "parameters": PLACE, "strict": True},
        {"type": "custom", "name": "note"},
    ]
    called = dummy.call(lambda c: c.responses.create(model="dummy", input="weather, note", tools=tools))
    call, note = called.output

    assert (call.type, call.name, note.type, note.name) == ("function_call", "weather", "custom_tool_call", "note")
    jsonschema_rs.validate(PLACE, json.loads(call.arguments))
    answered = dummy.call(lambda c: c.responses.create(
        model="dummy", previous_response_id=called.id, tools=tools,
        input=[{"type": "function_call_output", "call_id": call.call_id, "output": "fine"}]))
    assert answered.output_text
    assert answered.usage.input_tokens == called.usage.total_tokens + 1


def test_response_stream_of_a_tool_call_is_collected_by_the_sdk(dummy):
    tools = [{"type": "function", "name": "weather", "parameters": PLACE, "strict": True}]
    response = dummy.collected(
        lambda c: c.responses.stream(model="dummy", input="hello", tools=tools), "get_final_response")

    jsonschema_rs.validate(PLACE, response.output[0].parsed_arguments)
    assert response.usage.output_tokens > 1


def test_response_is_parsed(dummy):
    parsed = dummy.call(lambda c: c.responses.parse(model="dummy", input="hello", text_format=Entry))

    assert isinstance(parsed.output_parsed, Entry)


def test_response_is_retrieved_and_deleted(dummy):
    made = dummy.call(lambda c: c.responses.create(
        model="dummy", input=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        include=["message.output_text.logprobs"], top_logprobs=2, metadata={"k": "v"}))
    again = dummy.call(lambda c: c.responses.retrieve(made.id))
    events = dummy.items(lambda c: c.responses.retrieve(made.id, stream=True))
    items = dummy.items(lambda c: c.responses.input_items.list(made.id, order="asc"))

    assert again == made
    assert made.output[0].content[0].logprobs
    assert events[-1].response == made
    assert [item.role for item in items] == ["user", "assistant"]
    dummy.call(lambda c: c.responses.delete(made.id))
    with pytest.raises(openai.NotFoundError):
        dummy.call(lambda c: c.responses.retrieve(made.id))


def test_response_in_the_background_is_polled_or_cancelled(dummy):
    made = dummy.call(lambda c: c.responses.create(model="dummy", input="hello", background=True))
    slow = dummy.call(lambda c: c.responses.create(model="dummy-delay-60s", input="hello", background=True))

    assert (made.status, slow.status) == ("queued", "queued")
    assert dummy.call(lambda c: c.responses.retrieve(made.id)).status == "completed"
    assert dummy.call(lambda c: c.responses.retrieve(slow.id)).status == "queued"
    assert dummy.call(lambda c: c.responses.cancel(slow.id)).status == "cancelled"
    assert dummy.call(lambda c: c.responses.retrieve(slow.id)).status == "cancelled"


def test_response_tokens_are_counted_and_compacted(dummy):
    counted = dummy.call(lambda c: c.responses.input_tokens.count(model="dummy", input="a b c"))
    compacted = dummy.call(lambda c: c.responses.compact(model="dummy", input="a b c"))

    assert counted.input_tokens == compacted.usage.input_tokens == 3
    goes_on = dummy.call(lambda c: c.responses.create(
        model="dummy", input=[item.to_dict() for item in compacted.output] + MESSAGES))
    assert goes_on.output_text


# Embeddings, moderations, models


def test_embeddings(dummy):
    result = dummy.call(lambda c: c.embeddings.create(
        model="dummy", input=["a", "b"], dimensions=8, encoding_format="float"))

    assert [item.index for item in result.data] == [0, 1]
    assert all(len(item.embedding) == 8 and sum(item.embedding) == 1 for item in result.data)


def test_embeddings_in_base64_are_the_same(connect, dummy_token):
    # The SDK asks for base64 by itself and decodes it; its strict models do not know of that.
    client = connect(dummy_token)
    texts = client.call(lambda c: c.embeddings.create(model="dummy", input="a b", dimensions=16))
    tokens = client.call(lambda c: c.embeddings.create(model="dummy", input=[1, 2], encoding_format="float"))
    floats = client.call(lambda c: c.embeddings.create(
        model="dummy", input="a b", dimensions=16, encoding_format="float"))

    assert texts.data[0].embedding == floats.data[0].embedding
    assert len(tokens.data) == 1


def test_moderations(dummy):
    result = dummy.call(lambda c: c.moderations.create(input=["a", "b"]))

    assert [item.flagged for item in result.results] == [False, False]


def test_models(dummy):
    models = dummy.items(lambda c: c.models.list())

    assert models
    assert dummy.call(lambda c: c.models.retrieve(models[0].id)) == models[0]


# Images and audio


def test_images(dummy):
    made = dummy.call(lambda c: c.images.generate(prompt="a cat", n=2))
    edited = dummy.call(lambda c: c.images.edit(prompt="a dog", image=[("a.png", b"1"), ("b.png", b"2")], n=3))

    assert all(image.b64_json.startswith("iVBOR") for image in made.data + edited.data)
    assert (len(made.data), len(edited.data)) == (2, 3)
    assert (made.usage.total_tokens, edited.usage.total_tokens) == (4, 7)


@pytest.mark.parametrize("make, name", [
    (lambda c: c.images.generate(prompt="a cat", stream=True, partial_images=2), "image_generation"),
    (lambda c: c.images.edit(prompt="a cat", image=("a.png", b"1"), stream=True, partial_images=2), "image_edit"),
])
def test_images_stream(dummy, make, name):
    events = dummy.items(make)

    assert [event.type for event in events] == [f"{name}.partial_image"] * 2 + [f"{name}.completed"]
    assert [event.partial_image_index for event in events[:2]] == [0, 1]
    assert events[-1].usage.output_tokens == 1


@pytest.mark.parametrize("format, begin", [
    ("mp3", b"\xff\xe3"), ("opus", b"OggS"), ("aac", b"\xff\xf1"), ("flac", b"fLaC"), ("wav", b"RIFF"), ("pcm", b"\0\0"),
])
def test_speech(dummy, format, begin):
    sound = dummy.read(lambda c: c.audio.speech.create(
        model="dummy", input="hello", voice="alloy", response_format=format))

    assert sound.startswith(begin)


def transcribe(**more):
    return lambda c: c.audio.transcriptions.create(model="dummy-length-3", file=("a.wav", b"RIFF"), **more)


def translate(**more):
    return lambda c: c.audio.translations.create(model="dummy-length-3", file=("a.wav", b"RIFF"), **more)


@pytest.mark.parametrize("ask", [transcribe, translate])
def test_recordings_have_the_format_that_is_asked_for(dummy, ask):
    text = "This answer comes"
    verbose = dummy.call(ask(response_format="verbose_json"))

    assert dummy.call(ask()).text == text
    assert dummy.call(ask(response_format="text")) == text + "\n"
    assert dummy.call(ask(response_format="srt")) == f"1\n00:00:00,000 --> 00:00:01,000\n{text}\n\n"
    assert dummy.call(ask(response_format="vtt")) == f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{text}\n\n"
    assert (verbose.text, verbose.duration, verbose.segments[0].text) == (text, 1, text)


def test_transcription_has_words_and_speakers(dummy):
    words = dummy.call(transcribe(response_format="verbose_json", timestamp_granularities=["word"])).words
    speakers = dummy.call(transcribe(response_format="diarized_json")).segments

    assert [word.word for word in words] == ["This", "answer", "comes"]
    assert words[-1].end == 1
    assert [segment.speaker for segment in speakers] == ["A"]


def test_transcription_stream(dummy):
    events = dummy.items(transcribe(stream=True))

    assert "".join(event.delta for event in events[:-1]) == events[-1].text == "This answer comes"
    assert events[-1].usage.output_tokens == 3


# Everyone


def test_stranger_is_refused(connect):
    with pytest.raises(openai.AuthenticationError):
        connect("lk_nobody").call(lambda c: c.chat.completions.create(model="dummy", messages=MESSAGES))


def test_unknown_endpoint_is_openais_error(dummy):
    with pytest.raises(openai.NotFoundError) as error:
        dummy.call(lambda c: c.get("/chat/nothing", cast_to=object))

    assert error.value.code == "unknown_url"


def test_ledger_counts_what_the_sdk_is_told(connect, server, request):
    """Every answer's usage is the ledger's, whatever shape it came in."""
    project = f"counted-{request.node.callspec.id}"
    server.create_project(project, "dummy:")
    client = connect(issue(server, project)["token"])
    tokens = 0

    def used(usage):
        nonlocal tokens
        tokens += usage.total_tokens

    used(client.call(lambda c: c.chat.completions.create(model="dummy", messages=MESSAGES, n=2)).usage)
    used(client.items(lambda c: c.chat.completions.create(
        model="dummy", messages=MESSAGES, stream=True, stream_options={"include_usage": True},
        tools=[function("weather", PLACE)]))[-1].usage)
    used(client.call(lambda c: c.completions.create(model="dummy", prompt="a b")).usage)
    used(client.call(lambda c: c.responses.create(model="dummy", input="a")).usage)
    used(client.items(lambda c: c.responses.create(model="dummy", input="a", stream=True))[-1].response.usage)
    used(client.call(lambda c: c.embeddings.create(model="dummy", input=["a", "b c"])).usage)
    used(client.call(lambda c: c.images.generate(model="dummy", prompt="a cat")).usage)
    used(client.items(lambda c: c.images.generate(model="dummy", prompt="a cat", stream=True))[-1].usage)
    used(client.items(transcribe(stream=True))[-1].usage)
    background = client.call(lambda c: c.responses.create(model="dummy", input="a", background=True))
    for _ in range(2):
        last = client.call(lambda c: c.responses.retrieve(background.id))
    used(last.usage)
    line = {"custom_id": "1", "method": "POST", "url": "/v1/embeddings", "body": {"model": "dummy", "input": "a b"}}
    file = client.call(lambda c: c.files.create(file=("b.jsonl", json.dumps(line).encode()), purpose="batch"))
    used(client.call(lambda c: c.batches.create(
        input_file_id=file.id, endpoint="/v1/embeddings", completion_window="24h")).usage)

    until(lambda: server.metric("latchkey_journal_slots_in_use") == 0, "all rows are written")
    rows = server.manage("usage", "--project", project, "--by", "model")["rows"]
    assert sum(row["prompt_tokens"] + row["completion_tokens"] for row in rows) == tokens
    # In the background an answer comes later than the request's row, which another corrects.
    assert sum(row["estimated_requests"] for row in rows) == 1
