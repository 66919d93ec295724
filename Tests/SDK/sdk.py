"""The OpenAI SDK, sync or async, behind one way of calling it, so that each test is written once and run as both.

What the SDK really sent and every response head it got are kept beside it, to be compared with what the upstream
saw.
"""

import asyncio
from dataclasses import dataclass

import httpx2
import openai


@dataclass
class Sent:
    method: str
    target: str
    body: bytes


class SyncSDK:
    def __init__(self, base_url, key, **options):
        self.sent = []
        self.response_heads = []
        hooks = {"request": [self._keep_request], "response": [self._keep_response]}
        options = {"max_retries": 0, "timeout": 30} | options
        self.client = openai.OpenAI(
            base_url=base_url, api_key=key, **options,
            http_client=httpx2.Client(event_hooks=hooks, follow_redirects=True, trust_env=False))

    def call(self, make):
        """The result of `make(client)`."""
        return make(self.client)

    def read(self, make):
        """All bytes of the binary response of `make(client)`."""
        return make(self.client).read()

    def items(self, make):
        """Everything the stream or page of `make(client)` yields, as a list."""
        return list(make(self.client))

    def collected(self, make, final):
        """What the SDK's own collector of a stream, `make(client)`, puts together: the result of its method `final`."""
        with make(self.client) as stream:
            return getattr(stream, final)()

    def open(self, make):
        """The stream of `make(client)`, to be driven by `next` and `leave`."""
        stream = make(self.client)
        return stream, iter(stream)

    def next(self, opened):
        return next(opened[1])

    def leave(self, opened):
        opened[0].close()

    def close(self):
        self.client.close()

    def _keep_request(self, request):
        body = request.read()
        self.sent.append(Sent(request.method, request.url.raw_path.decode(), body))

    def _keep_response(self, response):
        self.response_heads.append(response.headers)


class AsyncSDK:
    def __init__(self, base_url, key, **options):
        self.sent = []
        self.response_heads = []
        self._runner = asyncio.Runner()
        hooks = {"request": [self._keep_request], "response": [self._keep_response]}
        options = {"max_retries": 0, "timeout": 30} | options
        self.client = openai.AsyncOpenAI(
            base_url=base_url, api_key=key, **options,
            http_client=httpx2.AsyncClient(event_hooks=hooks, follow_redirects=True, trust_env=False))

    def call(self, make):
        async def run():
            return await make(self.client)

        return self._runner.run(run())

    def read(self, make):
        async def run():
            return await (await make(self.client)).aread()

        return self._runner.run(run())

    def items(self, make):
        async def run():
            return [item async for item in await make(self.client)]

        return self._runner.run(run())

    def collected(self, make, final):
        async def run():
            async with make(self.client) as stream:
                return await getattr(stream, final)()

        return self._runner.run(run())

    def open(self, make):
        async def run():
            stream = await make(self.client)
            return stream, aiter(stream)

        return self._runner.run(run())

    def next(self, opened):
        async def run():
            return await anext(opened[1])

        return self._runner.run(run())

    def leave(self, opened):
        self._runner.run(opened[0].close())

    def close(self):
        self._runner.run(self.client.close())
        self._runner.close()

    async def _keep_request(self, request):
        body = await request.aread()
        self.sent.append(Sent(request.method, request.url.raw_path.decode(), body))

    async def _keep_response(self, response):
        self.response_heads.append(response.headers)
