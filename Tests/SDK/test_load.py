"""What load, and clients that misbehave in numbers, may cost: memory, descriptors, and others' time.

Everything runs over loopback, is bounded in number and time, and ends by itself. Times are held to their bounds only
in full runs (VERIFY=1).
"""

import asyncio
import os
import random
import resource
import socket
import statistics
import time

import pytest
from conftest import UPSTREAM_KEY
from crowd import Client, Crowd, resident
from latchkey import until

FULL = os.environ.get("VERIFY") == "1"
MiB = 1024 * 1024

pytestmark = pytest.mark.timeout(1200 if FULL else 120)


@pytest.fixture
def crowd():
    crowd = Crowd()
    yield crowd
    crowd.close()


@pytest.fixture
def serve(own, crowd):
    """A server in front of the crowd's upstream, and an access token for it."""

    def serve(**settings):
        server = own(LATCHKEY_ACCESS_LOG="off", **settings)
        server.start()
        server.create_project("acme", crowd.url, UPSTREAM_KEY)
        credential = server.issue_token("acme")["token"]
        server.secrets.append(credential)
        return server, credential

    return serve


def test_readers_that_stall_cost_little_and_are_dropped(serve, crowd):
    count, size = (200, 100 * MiB) if FULL else (30, 20 * MiB)
    server, credential = serve(LATCHKEY_WRITE_TIMEOUT="20s" if FULL else "5s")
    assert crowd.run(Client(server.port, credential).ask("fast"))[0] == 200
    before = resident(server.pid)

    async def stall():
        clients = []
        for _ in range(count):
            client = Client(server.port, credential)
            await client.connect(limit=1)
            client.writer.transport.pause_reading()
            client.writer.write(client.request(f"flood/{size}"))
            clients.append(client)
        # Every stream has come as far as it comes.
        seen = -1
        while seen != crowd.sent or crowd.open < count:
            seen = crowd.sent
            await asyncio.sleep(0.3)
        return clients

    clients = crowd.run(stall())
    assert (resident(server.pid) - before) / count < 256 * 1024
    # The upstream feels it: what it could send is what sockets and buffers hold.
    assert crowd.sent / count < 12 * MiB
    until(lambda: crowd.open <= 1, "the upstream's streams are ended")
    until(lambda: server.metric("latchkey_requests_in_flight") == 0, "the requests are settled")
    for client in clients:
        client.drop()


def test_large_bodies_pass_without_staying(serve, crowd):
    size = 100 * MiB
    server, credential = serve()

    async def both():
        client = Client(server.port, credential)
        await client.connect()
        client.writer.write(client.request("swallow", "POST", size))
        for _ in range(size // 65536):
            client.writer.write(b"y" * 65536)
            await client.writer.drain()
        assert (await client.answer())[0] == 200
        client.writer.write(client.request(f"flood/{size}"))
        await client.reader.readuntil(b"\r\n\r\n")
        left = size
        while left > 0:
            left -= len(await client.reader.read(262_144))
        client.drop()

    assert crowd.run(Client(server.port, credential).ask("fast"))[0] == 200
    before = resident(server.pid)
    crowd.run(both())
    assert crowd.swallowed == size
    assert resident(server.pid) - before < 16 * MiB


async def honest(port, credential, rate, seconds):
    """The times of requests that come at a steady rate on four connections."""
    clients = [Client(port, credential) for _ in range(4)]
    times = []

    async def one(client, number):
        await asyncio.sleep(number / rate)
        due = time.monotonic()
        for index in range(int(rate * seconds / len(clients))):
            status, _, took = await client.ask("fast")
            assert status == 200
            times.append(took)
            due += len(clients) / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    await asyncio.gather(*(one(client, number) for number, client in enumerate(clients)))
    for client in clients:
        client.drop()
    return times


def test_slow_connections_do_not_slow_the_honest(serve, crowd):
    count, rounds, seconds = (1000, 10, 2) if FULL else (100, 1, 1)
    server, credential = serve(LATCHKEY_HEAD_TIMEOUT="60s", LATCHKEY_BODY_TIMEOUT="60s")

    async def beside_slow_ones(port):
        slow = [Client(port, credential) for _ in range(count)]
        for number, client in enumerate(slow):
            await client.connect()
            client.writer.write(client.request("fast", "POST", 100_000) if number % 2 else b"GET /v1/chat/fast HT")
        if port == server.port:
            # What they cost to set up is not what is asked.
            begun = lambda: server.metric("latchkey_requests_in_flight") >= count / 2  # noqa: E731
            await asyncio.to_thread(until, begun, "the slow uploads are under way")
        dripping = asyncio.create_task(drip(slow))
        times = await honest(server.port, credential, 200, seconds)
        dripping.cancel()
        for client in slow:
            client.drop()
        return times

    async def run():
        await honest(server.port, credential, 200, 1)
        return [await pair() for _ in range(rounds)]

    async def pair():
        """In pairs, so that what else the machine does meets both. What the crowd itself costs, it costs in both:
        in one it drips on a socket that nobody reads.
        """
        with socket.create_server(("127.0.0.1", 0), backlog=4096) as sink:
            alone = await beside_slow_ones(sink.getsockname()[1])
        return alone, await beside_slow_ones(server.port)

    async def drip(slow):
        """A byte on each of them every five seconds."""
        while True:
            for client in slow:
                client.writer.write(b"x")
                await asyncio.sleep(5 / count)

    pairs = crowd.run(run())
    assert all(len(times) == int(200 * seconds / 4) * 4 for pair in pairs for times in pair)
    ratios = [statistics.median(crowded) / statistics.median(alone) for alone, crowded in pairs]
    if FULL:
        assert statistics.median(ratios) <= 1.2, ratios


def test_overload_is_refused_fast_and_harms_nobody(serve, crowd):
    places, wait = 40, 100
    seconds = 60 if FULL else 3
    server, credential = serve(LATCHKEY_MAX_IN_FLIGHT=str(places), LATCHKEY_MAX_IN_FLIGHT_PER_TOKEN=str(places))
    streams = 10
    capacity = (places - streams) / (wait / 1000)
    refusals, served = [], []

    async def flood(number, stop):
        client = Client(server.port, credential)
        period = 300 / (3 * capacity)
        due = time.monotonic() + number * period / 300
        while time.monotonic() < stop:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            status, _, took = await client.ask(f"wait/{wait}")
            assert status in (200, 503)
            (served if status == 200 else refusals).append(took)
            due = max(due + period, time.monotonic())
        client.drop()

    async def stream():
        client = Client(server.port, credential)
        ticks = int(seconds / 0.05)
        status, body, _ = await client.ask(f"ticks/{ticks}")
        client.drop()
        return status == 200 and body == b"data: tick\n" * ticks

    async def run():
        running = [asyncio.create_task(stream()) for _ in range(streams)]
        while crowd.open < streams:
            await asyncio.sleep(0.01)
        stop = time.monotonic() + seconds
        await asyncio.gather(*(flood(number, stop) for number in range(300)))
        began = time.monotonic()
        client = Client(server.port, credential)
        while (await client.ask("fast"))[0] != 200:
            pass
        recovery = time.monotonic() - began
        client.drop()
        return await asyncio.gather(*running), recovery

    whole, recovery = crowd.run(run())
    assert all(whole)
    assert served and refusals
    if FULL:
        assert statistics.quantiles(refusals, n=100)[98] < 0.05
        assert recovery < 2


def test_after_mixed_load_nothing_is_left(serve, crowd):
    seconds = 600 if FULL else 5
    server, credential = serve()
    draw = random.Random(1)

    async def one(stop):
        client = Client(server.port, credential)
        while time.monotonic() < stop:
            chance = draw.random()
            if chance < 0.05:
                if client.writer is None:
                    await client.connect()
                client.writer.write(client.request(draw.choice(["ticks/20", f"flood/{4 * MiB}", "wait/50"])))
                await asyncio.sleep(draw.random() * 0.1)
                client.drop()
            elif chance < 0.07:
                status, _, _ = await client.ask("fault")
                assert status in (0, 502)
                client.drop()
            else:
                status, body, _ = await client.ask(draw.choice(["fast", "fast", "fast", "ticks/2", f"flood/{MiB}"]))
                assert status == 200 and body
        client.drop()

    async def run(length):
        stop = time.monotonic() + length
        await asyncio.gather(*(one(stop) for _ in range(32)))

    crowd.run(run(seconds / 5))
    until(lambda: server.metric("latchkey_requests_in_flight") == 0, "the requests are settled")
    held, memory = server.descriptors(), resident(server.pid)
    crowd.run(run(seconds))
    until(lambda: server.metric("latchkey_requests_in_flight") == 0, "the requests are settled")
    until(lambda: server.descriptors() <= held + 8, "the descriptors are given back", 70)
    assert resident(server.pid) - memory < 8 * MiB
    assert server.metric("latchkey_permit_defects_total") == 0


@pytest.fixture
def many_files():
    """The limit on open files that a full run needs; what it was comes back."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = 48_000 if FULL else before[0]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, max(need, before[1])))
    except (ValueError, PermissionError):
        pytest.skip(f"this user may not open {need} files")
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_streams_that_are_open_at_once_all_end_well(many_files, serve, crowd):
    count = 10_000 if FULL else 300
    server, credential = serve(
        LATCHKEY_MAX_CONNECTIONS="12000", LATCHKEY_MAX_IN_FLIGHT="12000", LATCHKEY_JOURNAL_SLOTS="16384",
        LATCHKEY_MAX_IN_FLIGHT_PER_TOKEN="12000")
    clients = [Client(server.port, credential) for _ in range(count)]

    async def open_all():
        for start in range(0, count, 100):
            await asyncio.gather(*(client.connect() for client in clients[start:start + 100]))
            for client in clients[start:start + 100]:
                client.writer.write(client.request("held/3"))
            await asyncio.gather(*(client.reader.readuntil(b"data: 0\n\n\r\n") for client in clients[start:start + 100]))

    crowd.run(open_all())
    assert server.metric("latchkey_requests_in_flight") == count
    assert server.metric('latchkey_upstream_connections{state="active"}') == count
    crowd.let_go()

    async def read_all():
        return await asyncio.gather(*(client.reader.readuntil(b"0\r\n\r\n") for client in clients))

    assert all(b"data: 1\n\n" in rest and b"data: 2\n\n" in rest for rest in crowd.run(read_all()))
    until(lambda: server.metric("latchkey_requests_in_flight") == 0, "the requests are settled")
    for client in clients:
        client.drop()
