"""The loads: wrk for short requests, raw sockets for streams. A run with one wrong answer does not count."""

import asyncio
import http.client
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from contestants import ANSWER
from processes import DIRECT, BenchError

STREAMS = 500
EVENTS = 50
IDLE_STREAMS = 2_000
WARM_STREAMS = 100
ACTIVE_STREAMS = 10
ACTIVE_EVENTS = 1_000
ACTIVE_INTERVAL = 0.002
"""Seconds: events that come one by one, as fast as the upstream can send them."""
OPEN_STREAMS = 4_000
STREAMS_END_WITHIN = 60.0


def body(**fields):
    """A chat request of 1 KiB."""
    request = {"model": "bench", **fields, "messages": [{"role": "user", "content": ""}]}
    request["messages"][0]["content"] = "x" * (1024 - len(json.dumps(request)))
    return json.dumps(request)


@dataclass
class Requests:
    per_second: float
    median_latency: float
    """Seconds."""
    cpu_per_request: float
    """Seconds."""


def check_answers(contestant):
    """One request of each kind, compared with what the upstream says."""
    for target in [contestant.chat, contestant.tls_chat]:
        check_answer(contestant, target)


def check_answer(contestant, target):
    request = urllib.request.Request(
        target.url, data=body().encode(), method="POST",
        headers={"Authorization": target.authorization, "Content-Type": "application/json"})
    try:
        with DIRECT.open(request, timeout=10) as response:
            answered = response.read().decode()
    except urllib.error.HTTPError as error:
        answered = f"{error.code} {error.read().decode(errors='replace')}"
    except OSError as error:
        answered = str(error)
    if answered != ANSWER:
        raise BenchError(f"{contestant.name} does not answer as its upstream does: {answered[:500]}")


def run_requests(contestant, target, connections, seconds):
    before = contestant.service.cpu_seconds()
    environment = os.environ | {
        "BENCH_AUTHORIZATION": target.authorization, "BENCH_BODY": body()}
    script = os.path.join(os.path.dirname(__file__), "chat.lua")
    result = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, target.url],
        env=environment, capture_output=True, text=True, timeout=seconds + 60)
    cpu = contestant.service.cpu_seconds() - before
    line = next((line for line in result.stdout.splitlines() if line.startswith("RESULT ")), None)
    if result.returncode != 0 or line is None:
        raise BenchError(f"wrk failed:\n{result.stdout}{result.stderr}")
    requests, duration, median, _, errors = map(int, line.split()[1:])
    if errors or not requests:
        raise BenchError(
            f"{contestant.name}: {errors} of {requests} requests failed; such a run does not count.\n{result.stdout}"
            f"Refused as its log says, by status and reason: {contestant.service.refusals()}")
    return Requests(requests / duration * 1e6, median / 1e6, cpu / requests)


def send_requests(target, count):
    """One after the other, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    headers = {"Authorization": target.authorization, "Content-Type": "application/json"}
    for _ in range(count):
        connection.request("POST", "/v1/chat/completions", body(), headers)
        response = connection.getresponse()
        if response.status != 200 or response.read().decode() != ANSWER:
            raise BenchError(f"A request was answered {response.status}; such a run does not count.")
    connection.close()


def cpu_per_event(contestant):
    """Seconds of CPU time for one event of STREAMS streams at a time, what opening them costs included."""
    before = contestant.service.cpu_seconds()
    asyncio.run(asyncio.wait_for(read_streams(contestant.streams), STREAMS_END_WITHIN))
    return (contestant.service.cpu_seconds() - before) / (STREAMS * EVENTS)


def cpu_per_event_among(contestant, target, count):
    """Seconds of CPU time for one event of ACTIVE_STREAMS streams while `count` are open, the others silent."""
    return asyncio.run(asyncio.wait_for(read_among(contestant, target, count), STREAMS_END_WITHIN))


async def read_among(contestant, target, count):
    held = await hold(target, count - ACTIVE_STREAMS)
    before = contestant.service.cpu_seconds()
    await read_streams(target, ACTIVE_STREAMS, ACTIVE_EVENTS, ACTIVE_INTERVAL)
    used = contestant.service.cpu_seconds() - before
    await close(held)
    return used / (ACTIVE_STREAMS * ACTIVE_EVENTS)


async def read_streams(target, streams=STREAMS, events=EVENTS, interval=0.1):
    counts = await asyncio.gather(*(read_stream(target, events, interval) for _ in range(streams)))
    if any(count != events for count in counts):
        raise BenchError(f"A stream had {min(counts)} of {events} events; such a run does not count.")


async def read_stream(target, events, interval):
    reader, writer = await open_stream(target, events, interval)
    count, tail = 0, b""
    try:
        while data := await reader.read(65536):
            # The last five bytes are kept: a mark may be cut in two, and a whole one is six bytes long.
            count += (tail + data).count(b"data: ")
            tail = (tail + data)[-5:]
            if tail == b"0\r\n\r\n":
                break
    finally:
        writer.close()
    return count


async def open_stream(target, events, interval=0.1):
    """A connection whose request for a stream was answered 200."""
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    payload = body(stream=True, events=events, interval=interval)
    writer.write((
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{target.port}\r\n"
        f"Authorization: {target.authorization}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(payload)}\r\n\r\n{payload}").encode())
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        writer.close()
        raise BenchError(f"A stream was refused:\n{head.decode('latin-1')}")
    return reader, writer


def bytes_per_idle_stream(contestant):
    """Resident bytes that one open stream adds once it has sent its first event and is silent."""
    return asyncio.run(asyncio.wait_for(hold_streams(contestant), STREAMS_END_WITHIN))


async def hold_streams(contestant):
    await close(await hold(contestant.streams, WARM_STREAMS))
    before = contestant.service.resident_bytes()
    held = await hold(contestant.streams, IDLE_STREAMS)
    after = contestant.service.resident_bytes()
    await close(held)
    return (after - before) / IDLE_STREAMS


async def hold(target, count):
    held = []
    # In steps, so that the listener's backlog is not what is measured.
    for _ in range(0, count, 100):
        held += await asyncio.gather(*(open_stream(target, 1) for _ in range(100)))
    for reader, _ in held:
        await reader.readuntil(b"\n\n")
    await asyncio.sleep(1)
    return held


async def close(held):
    for _, writer in held:
        writer.close()
    await asyncio.sleep(1)
