"""The upstream of the stream measurements: chat streams of slow events, as many at a time as are asked for.

The request's body says what to send: `"events": 50` is that many events, one every `"interval"` seconds (0.1), and a clean
end; `"events": 1` is one event and then silence, until the client leaves. Run as `stream_upstream.py PORT [TLS-PORT CERTIFICATE KEY]`.
"""

import asyncio
import json
import ssl
import sys

INTERVAL = 0.1
"""Seconds between the events of one stream: 500 streams are 5,000 events a second, far below what this can send."""

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n")


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


EVENT = chunk(b"data: " + json.dumps({
    "id": "chatcmpl-bench", "object": "chat.completion.chunk", "created": 1700000000, "model": "bench",
    "choices": [{"index": 0, "delta": {"content": " token"}, "finish_reason": None}]}).encode() + b"\n\n")
DONE = chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.lower().split(":", 1) for line in head.decode("latin-1").strip().split("\r\n")[1:])
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            if not body:
                writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
                continue
            wanted = json.loads(body)
            await stream(wanted["events"], wanted.get("interval", INTERVAL), reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def stream(count, interval, reader, writer):
    writer.write(HEAD + EVENT)
    if count == 1:
        await reader.readexactly(1)
    for _ in range(count - 2):
        await asyncio.sleep(interval)
        writer.write(EVENT)
    await asyncio.sleep(interval)
    writer.write(DONE)


async def main(port, tls_port=None, certificate=None, key=None):
    servers = [await asyncio.start_server(serve, "127.0.0.1", int(port), backlog=4096)]
    if tls_port:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        servers.append(await asyncio.start_server(serve, "127.0.0.1", int(tls_port), backlog=4096, ssl=context))
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main(*sys.argv[1:]))
