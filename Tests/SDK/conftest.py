"""One server and one scripted upstream for the whole run; a fresh look at both for each test.

Every test, whatever it is about, also proves what must not have happened: see `exchange`.
"""

import base64
import os
import re
import shutil
import urllib.parse

import pytest
from biller import Biller
from latchkey import Latchkey
from sdk import AsyncSDK, SyncSDK
from upstream import Upstream
from user import IS_ROOT, give, reachable_copy, reachable_folder

UPSTREAM_KEY = "sk-canary-Zq7_Kp/3+xYw9vT2mB8nR5dL1cF4hJ6g"
CREDENTIAL = re.compile(rb"lkm?_[0-9A-Za-z]{12}_")


def pytest_configure(config):
    """pytest's own folder is closed to the user that the binary runs as."""
    if IS_ROOT and config.option.basetemp is None:
        config.latchkey_folder = reachable_folder()
        config.option.basetemp = str(config.latchkey_folder / "pytest")


def pytest_sessionfinish(session, exitstatus):
    folder = getattr(session.config, "latchkey_folder", None)
    if folder and exitstatus == 0:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """Makes folders that are the user's."""
    tmp_path_factory.getbasetemp().chmod(0o711)

    def make(name):
        folder = tmp_path_factory.mktemp(name)
        give(folder)
        return folder

    return make


@pytest.fixture
def tmp_path(folders, tmp_path):
    give(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def binary(folders):
    binary = os.environ.get("BINARY", ".build/debug/latchkey")
    if not os.path.exists(binary):
        pytest.exit(f"There is no {binary}. Hint: run `swift build` first, or set BINARY.", returncode=2)
    folder = folders("binary")
    folder.chmod(0o755)
    return reachable_copy(binary, folder)


@pytest.fixture(scope="session")
def server(binary, folders):
    server = Latchkey(binary, folders("latchkey"))
    server.secrets = [UPSTREAM_KEY, server.admin_key]
    try:
        server.start()
        yield server
    finally:
        status = server.stop()
    assert status == 0, f"the server ended with {status}:\n{server.output()[-4000:]}"
    assert_no_secret_was_written(server)


@pytest.fixture
def own(binary, tmp_path):
    """Makes servers for a test that breaks them: not started yet, and ended with the test however it ends."""
    servers = []

    def own(**settings):
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        give(folder)
        server = Latchkey(binary, folder, **({"LATCHKEY_LOG_LEVEL": "info"} | settings))
        server.secrets = [UPSTREAM_KEY, server.admin_key]
        servers.append(server)
        return server

    yield own
    for server in servers:
        server.stop()
        assert_no_secret_was_written(server)


@pytest.fixture
def biller():
    biller = Biller()
    yield biller
    biller.close()


@pytest.fixture
def billed(own, biller):
    """A server of one's own, with a project on the upstream that bills."""
    server = own()
    server.start()
    server.create_project("acme", biller.url, UPSTREAM_KEY)
    return server


@pytest.fixture(scope="session")
def shared_upstream():
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="session")
def project(server, shared_upstream):
    """A project on the scripted upstream, with one access token for all tests that do not end it."""
    server.create_project("acme", shared_upstream.url, UPSTREAM_KEY)
    issued = issue(server, "acme")
    return {"name": "acme", "token": issued["token"]}


@pytest.fixture
def upstream(shared_upstream):
    shared_upstream.reset()
    yield shared_upstream
    assert_only_our_credential(shared_upstream.requests)


@pytest.fixture(params=[SyncSDK, AsyncSDK], ids=["sync", "async"])
def connect(request, server):
    """Makes an SDK client of the flavour under test; closes it, and looks at what it was told, when the test ends."""
    clients = []

    def connect(key, **options):
        client = request.param(server.url, key, **options)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()
        assert_nothing_of_ours_came_back(client)


@pytest.fixture
def sdk(connect, project, upstream):
    return connect(project["token"])


@pytest.fixture(scope="session")
def dummy_token(server):
    server.create_project("demo", "dummy:")
    return issue(server, "demo")["token"]


@pytest.fixture
def dummy(connect, dummy_token, upstream):
    """An SDK client of the built-in provider, whose models parse strictly; no upstream hears of it."""
    yield connect(dummy_token, _strict_response_validation=True)
    assert upstream.requests == []


def issue(server, project, *options, **named):
    """A new access token, remembered so that the sweep at the end looks for it."""
    issued = server.issue_token(project, *options, **named)
    server.secrets.append(issued["token"])
    return issued


def assert_only_our_credential(requests):
    for request in requests:
        assert request.all("authorization") == [f"Bearer {UPSTREAM_KEY}"]
        assert not CREDENTIAL.search(request.raw_head + request.body), "a credential of ours reached the upstream"


def assert_nothing_of_ours_came_back(client):
    for headers in client.response_heads:
        assert UPSTREAM_KEY not in str(headers.raw)
        assert "x-latchkey-request-id" in headers


def assert_no_secret_was_written(server):
    """No secret stands in the output or in any file of the data folder, in any of its usual spellings."""
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert server.output_path in files
    for path in files:
        content = path.read_bytes()
        for secret in server.secrets:
            for spelling in spellings(secret):
                assert spelling not in content, f"a secret stands in {path.name}"


def spellings(secret):
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield secret.replace("/", "\\/").encode()
    for shift in range(3):
        # Base64 of a longer text that holds the secret at any offset; what its neighbours decide is cut off.
        yield base64.b64encode(b"\0" * shift + raw)[4:-4]
