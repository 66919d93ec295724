"""Many clients and an upstream for them, all in one event loop of a thread of its own."""

import asyncio
import threading
import time
from pathlib import Path

CHUNK = b"x" * 65536


class Crowd:
    """Runs coroutines beside the test, and an upstream that does what the target's last part says.

    `/v1/chat/fast` answers at once; `/v1/chat/wait/MS` after so many milliseconds; `/v1/chat/flood/BYTES` sends that much as fast
    as it is taken, and `/v1/chat/swallow` reads whatever is uploaded; `/v1/chat/ticks/N` sends N events, 50 ms apart, and
    `/v1/chat/held/N` one at once and the others behind `let_go()`; `/v1/chat/fault` hangs up in the middle of an answer.
    """

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.sent = 0
        self.swallowed = 0
        self.open = 0
        self._gate = asyncio.Event()
        self.port = self.run(self._listen())

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def run(self, coroutine, timeout=900):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def close(self):
        self.run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def let_go(self):
        self.loop.call_soon_threadsafe(self._gate.set)

    async def _end(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=4096)
        return self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader, writer):
        self.open += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Cancelled with the crowd's end; raised further, it would fill the log of a test that fails.
            pass
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        length = next(
            (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length:")), 0)
        while length > 0:
            data = await reader.read(min(length, 262_144))
            if not data:
                return False
            length -= len(data)
            self.swallowed += len(data)
        what, _, value = head.split(" ", 2)[1].removeprefix("/v1/chat/").partition("/")
        if what == "fault":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            await writer.drain()
            return False
        if what == "flood":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % int(value))
            for _ in range(int(value) // len(CHUNK)):
                writer.write(CHUNK)
                await writer.drain()
                self.sent += len(CHUNK)
            return True
        if what == "ticks":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(int(value)):
                writer.write(b"b\r\ndata: tick\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
            return True
        if what == "held":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in range(int(value)):
                data = b"data: %d\n\n" % number
                writer.write(b"%x\r\n%s\r\n" % (len(data), data))
                await self._gate.wait()
            writer.write(b"0\r\n\r\n")
            return True
        if what == "wait":
            await asyncio.sleep(int(value) / 1000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        return True


class Client:
    """One connection to the server under test."""

    def __init__(self, port, credential):
        self.port = port
        self.credential = credential
        self.writer = None

    async def connect(self, **options):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, **options)

    def request(self, target, method="GET", length=None):
        framing = "" if length is None else f"Content-Length: {length}\r\n"
        return (
            f"{method} /v1/chat/{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.credential}\r\n{framing}\r\n"
        ).encode()

    async def ask(self, target):
        """Status and whole body of one request, and the seconds it took; status 0 where the connection ended."""
        began = time.monotonic()
        try:
            if self.writer is None:
                await self.connect()
            self.writer.write(self.request(target))
            status, body = await self.answer()
        except (OSError, asyncio.IncompleteReadError):
            self.drop()
            return 0, b"", time.monotonic() - began
        return status, body, time.monotonic() - began

    async def answer(self):
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        lower = head.lower()
        body = b""
        if b"transfer-encoding: chunked" in lower:
            while size := int(await self.reader.readuntil(b"\r\n"), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
        elif b"content-length: " in lower:
            body = await self.reader.readexactly(int(lower.split(b"content-length: ")[1].split(b"\r\n")[0]))
        if b"connection: close" in lower:
            self.drop()
        return status, body

    def drop(self):
        if self.writer:
            self.writer.transport.abort()
        self.writer = None


def resident(pid):
    """Bytes of memory that the process has in use."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024

