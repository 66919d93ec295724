"""An upstream that bills: it keeps its own count of what it was asked for and what that came to.

A request says in its `metadata` what it will be charged with, so that both sides can be added up and compared.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field

from crowd import Client, Crowd

NANO_PRICES = {
    "gpt-4.1-mini": (400, 100, 1600), "gpt-4o-mini": (150, 75, 600), "text-embedding-3-small": (20, 20, 0)}
"""Nano-dollars for a prompt token, a cached one, and a completion token, as OpenAI lists them."""
PATHS = {"chat": "chat/completions", "response": "responses", "embedding": "embeddings"}


@dataclass
class Arrival:
    """One request that reached the upstream."""

    number: int
    who: str
    kind: str
    model: str
    body: bytes
    prompt: int
    cached: int
    completion: int
    reasoning: int
    error: int
    """The status that it is refused with, else 0."""
    is_told: bool = False
    """The answer was written to its end."""
    left_at: float | None = None
    """When the other side was seen to leave it while it held."""
    came_at: float = field(default_factory=time.monotonic)

    @property
    def id(self):
        return f"req_{self.number}"

    @property
    def tokens(self):
        return 0 if self.error else self.prompt + self.completion

    @property
    def cost(self):
        if self.error:
            return 0
        fresh, cached, completion = NANO_PRICES[self.model]
        return (self.prompt - self.cached) * fresh + self.cached * cached + self.completion * completion


class Biller(Crowd):
    """`act` in the metadata of a request: `hold:N` waits before the answer's step N until it is released,
    `fault:N` hangs up there, `error:STATUS` refuses (with 500), `wait:MS` takes so many milliseconds.

    Step 0 is the head; each event of a stream is one, so is each half of another body.
    """

    def __init__(self):
        self.arrivals = []
        self.now = 0
        self.most = 0
        super().__init__()
        self.released = self.run(self._make_event())

    async def _make_event(self):
        return asyncio.Event()

    def release(self):
        """What holds goes on, and nothing holds any more."""
        self.loop.call_soon_threadsafe(self.released.set)

    def of(self, who):
        return [arrival for arrival in self.arrivals if arrival.who == who]

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0)
        path = head.split(" ", 2)[1].removeprefix("/v1/")
        raw = await reader.readexactly(length)
        body = json.loads(raw) if raw else {}
        told = body.get("metadata", {})
        act, _, value = told.get("act", "").partition(":")
        kind = next((kind for kind, known in PATHS.items() if known == path), "free")
        arrival = Arrival(
            len(self.arrivals), told.get("who", ""), kind, body.get("model", ""), raw, told.get("prompt", 0),
            told.get("cached", 0), told.get("completion", 0), told.get("reasoning", 0),
            int(value or 500) if act == "error" else 0)
        self.arrivals.append(arrival)
        self.now += 1
        self.most = max(self.most, self.now)
        is_under_way = True
        try:
            if act == "wait":
                await asyncio.sleep(int(value) / 1000)
            steps = answer(arrival, body)
            for number, step in enumerate(steps):
                if act == "fault" and number == int(value):
                    return False
                if act == "hold" and number == int(value):
                    await self._hold(arrival, reader)
                if number == len(steps) - 1:
                    # Before the last byte is out: whoever sees it may ask again at once.
                    arrival.is_told = True
                    is_under_way = False
                    self.now -= 1
                writer.write(step)
                await writer.drain()
        finally:
            if is_under_way:
                self.now -= 1
        return True

    async def _hold(self, arrival, reader):
        end = asyncio.ensure_future(reader.read(1))
        release = asyncio.ensure_future(self.released.wait())
        await asyncio.wait([end, release], return_when=asyncio.FIRST_COMPLETED)
        release.cancel()
        if end.done():
            arrival.left_at = time.monotonic()
            raise ConnectionResetError
        end.cancel()
        await asyncio.wait([end])


def answer(arrival, body):
    if arrival.error:
        error = {"message": "no", "type": "server_error", "param": None, "code": None}
        return plain(arrival, {"error": error}, arrival.error)
    if arrival.kind == "free":
        return plain(arrival, {"object": "list", "data": []})
    if arrival.kind == "chat":
        return chat_stream(arrival, body) if body.get("stream") else plain(arrival, chat(arrival))
    if arrival.kind == "response":
        return response_stream(arrival) if body.get("stream") else plain(arrival, response(arrival))
    data = [{"object": "embedding", "index": 0, "embedding": [0.5]}]
    usage = {"prompt_tokens": arrival.prompt, "total_tokens": arrival.prompt}
    return plain(arrival, {"object": "list", "data": data, "model": arrival.model, "usage": usage})


def plain(arrival, content, status=200):
    text = json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status} Billed\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
        f"X-Request-Id: {arrival.id}\r\n\r\n")
    return [head.encode(), text[:len(text) // 2], text[len(text) // 2:]]


def stream(arrival, events):
    head = (
        "HTTP/1.1 200 Billed\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n"
        f"X-Request-Id: {arrival.id}\r\n\r\n")
    chunks = [b"%x\r\n%s\r\n" % (len(event), event) for event in events]
    return [head.encode(), *chunks[:-1], chunks[-1] + b"0\r\n\r\n"]


def chat_usage(arrival):
    return {
        "prompt_tokens": arrival.prompt, "completion_tokens": arrival.completion,
        "total_tokens": arrival.prompt + arrival.completion,
        "prompt_tokens_details": {"cached_tokens": arrival.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": arrival.reasoning, "audio_tokens": 0}}


def chat(arrival):
    message = {"role": "assistant", "content": "usage \"usage\": {\"prompt_tokens\": 7} " + "x" * arrival.completion}
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": arrival.model + "-2025-04-14",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": chat_usage(arrival)}


def chat_stream(arrival, body):
    """As OpenAI does it: asked for the usage, it adds a chunk, and a `usage` that is null to all others."""
    is_asked = (body.get("stream_options") or {}).get("include_usage", False)
    added = {"usage": None} if is_asked else {}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": arrival.model}
    words = ["", "usage ", "ü🚀 ", "data: [DONE] ", "x"]
    chunks = [
        frame | {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]} | added
        for word in words]
    chunks.append(frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]} | added)
    if is_asked:
        chunks.append(frame | {"choices": [], "usage": chat_usage(arrival)})
    events = [b"data: " + compact(chunk) + b"\n\n" for chunk in chunks]
    return stream(arrival, [*events, b"data: [DONE]\n\n"])


def response(arrival):
    text = {"type": "output_text", "text": "x" * arrival.completion, "annotations": []}
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": arrival.model,
        "output": [{"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}],
        "usage": {
            "input_tokens": arrival.prompt, "input_tokens_details": {"cached_tokens": arrival.cached},
            "output_tokens": arrival.completion,
            "output_tokens_details": {"reasoning_tokens": arrival.reasoning},
            "total_tokens": arrival.prompt + arrival.completion}}


def response_stream(arrival):
    whole = response(arrival)
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    told = [("response.created", {"response": begun})]
    told += [("response.output_text.delta", place | {"delta": word}) for word in ["a ", "b ", "c"]]
    told.append(("response.completed", {"response": whole}))
    return stream(arrival, [
        f"event: {name}\n".encode() + b"data: " + compact({"type": name, "sequence_number": number} | fields) + b"\n\n"
        for number, (name, fields) in enumerate(told)])


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Payer(Client):
    """A connection whose requests say what they will be charged with."""

    def bill(self, who="", kind="chat", model="gpt-4.1-mini", prompt=5, completion=3, padding=0, **fields):
        """Target and body of a request. What is not named here goes to the metadata, but for the keys of the API."""
        told = {"who": who, "prompt": prompt, "completion": completion}
        keys = ("max_tokens", "max_output_tokens", "stream", "stream_options", "n")
        told |= {key: value for key, value in fields.items() if key not in keys}
        body = {"model": model, "metadata": told} | {key: fields[key] for key in keys if key in fields}
        text = "hello " + "x" * padding
        body |= {"messages": [{"role": "user", "content": text}]} if kind == "chat" else {"input": text}
        return PATHS[kind], json.dumps(body).encode()

    def message(self, target, body):
        head = (
            f"POST /v1/{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.credential}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
        return head.encode() + body

    async def pay(self, *args, **fields):
        """Status and body of one request; status 0 where the connection ended."""
        try:
            if self.writer is None:
                await self.connect()
            self.writer.write(self.message(*self.bill(*args, **fields)))
            return await self.answer()
        except (OSError, asyncio.IncompleteReadError):
            self.drop()
            return 0, b""
