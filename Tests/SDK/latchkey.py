"""The real binary, started on a free port with a data folder of its own, and its command line.

It is driven the way a person drives it: nothing here knows more than `latchkey --help` tells. The folder outlives
the process so that a test can look through everything that was written.
"""

import http.client
import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from user import AS_USER

STARTS_WITHIN = 30.0
PATIENCE = 30.0
"""Seconds after which a wait gives up: a bound for what hangs, not a measurement."""
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores the proxies of whoever runs the tests."""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)


class Latchkey:
    def __init__(self, binary, folder, **settings):
        self.binary = os.path.abspath(binary)
        self.command = [*AS_USER, self.binary]
        self.folder = folder
        self.admin_key = "admin-" + secrets.token_hex(24)
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = self.origin + "/v1"
        # The server refuses variables it does not know, and must not see those of whoever runs the tests.
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("LATCHKEY_")}
        self._environment |= {
            "LATCHKEY_DATA_DIR": str(folder / "data"),
            "LATCHKEY_LISTEN": f"127.0.0.1:{self.port}",
            "LATCHKEY_LOG_LEVEL": "trace",
            "SWIFT_BACKTRACE": "enable=no",
        } | settings
        self.data = Path(self._environment["LATCHKEY_DATA_DIR"])
        self.output_path = folder / "output"
        self._process = None

    def start(self):
        self.run("init", LATCHKEY_ADMIN_KEY=self.admin_key)
        self.serve()

    def serve(self, *options, stdout=None, before=None):
        """Starts a server on the folder and waits for it; returns the seconds that took.

        `stdout` is a file for standard output alone; `before` runs in the new process first.
        """
        began = time.monotonic()
        with open(self.output_path, "ab") as output:
            self._process = subprocess.Popen(
                [*self.command, "serve", *options], env=self._environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=stdout or output, stderr=output, preexec_fn=before)
        while not self.is_ready():
            assert self._process.poll() is None, f"the server ended:\n{self.output()}"
            assert time.monotonic() - began < STARTS_WITHIN, f"the server is not ready:\n{self.output()}"
            time.sleep(0.01)
        return time.monotonic() - began

    @property
    def pid(self):
        return self._process.pid

    def signal(self, number):
        self._process.send_signal(number)

    def wait(self, seconds=20):
        """The exit status of a server that was told to end."""
        return self._process.wait(timeout=seconds)

    def has_ended(self):
        return self._process.poll() is not None

    def kill(self):
        """Ends the server as a crash does."""
        self._process.kill()
        return self._process.wait()

    def stop(self):
        """Ends the server as an operator does. Returns its exit status, of an earlier end too."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            return self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def output(self):
        return self.output_path.read_text(errors="replace")

    def run(self, *arguments, standard_input="", **environment):
        """Standard output of one command; fails with what the command said on standard error."""
        result = self._run(arguments, standard_input, environment)
        assert result.returncode == 0, f"latchkey {' '.join(arguments)}:\n{result.stdout}{result.stderr}"
        return result.stdout

    def _run(self, arguments, standard_input, environment):
        return subprocess.run(
            [*self.command, *arguments], env=self._environment | environment, cwd=self.folder,
            input=standard_input, capture_output=True, text=True, timeout=30)

    @property
    def _operator(self):
        return {"LATCHKEY_URL": self.origin, "LATCHKEY_ADMIN_KEY": self.admin_key}

    def attempt(self, *arguments, standard_input=""):
        """A command that asks the running server, and may fail: the process that has ended."""
        return self._run(arguments, standard_input, self._operator)

    def manage(self, *arguments, standard_input=""):
        """A command that asks the running server: what it answers, read as JSON."""
        text = self.run(*arguments, "--json", standard_input=standard_input, **self._operator)
        return json.loads(text) if text.strip() else None

    def create_project(self, name, upstream_url, upstream_key=None, *options):
        key = () if upstream_key is None else ("--upstream-key-file", "-")
        return self.manage(
            "project", "create", name, "--upstream-url", upstream_url, *key, *options,
            standard_input=upstream_key or "")

    def set_project_state(self, name, state):
        return self.manage("project", "update", name, "--state", state)

    def issue_token(self, project, *options, expires_in="30d"):
        return self.manage(
            "token", "issue", "--project", project, "--name", "bob", "--expires-in", expires_in, *options)

    def limits(self, identifier):
        """The limits of an access token as they stand, by their metric."""
        limits = self.ask("GET", f"/manage/tokens/{identifier}").json()["limits"]
        return {limit["metric"]: limit for limit in limits}

    def revoke_token(self, identifier):
        return self.manage("token", "revoke", identifier)

    def ask(self, method, path, body=None, key=None, connection=None, headers=None):
        """One request as the management API or a client of /v1 makes it: an Answer. Raises OSError or HTTPException.

        `key` is the credential, the operator's where none is given; `connection` an open one to be used;
        `headers` are sent beside those.
        """
        headers = {"authorization": f"Bearer {key or self.admin_key}"} | (headers or {})
        if body is not None:
            headers["content-type"] = "application/json"
        own = connection or self.connect()
        try:
            own.request(method, path, None if body is None else json.dumps(body), headers)
            response = own.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            if own is not connection:
                own.close()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def metric(self, name, connection=None):
        """The value of a metric, its labels included in the name; 0 of labels that were never counted."""
        for line in self.ask("GET", "/metrics", connection=connection).body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split(" ")[1])
        assert "{" in name, f"there is no metric {name}"
        return 0

    def descriptors(self, connection=None):
        """How many are open. The process itself is closed to others."""
        return self.metric("process_open_fds", connection)

    def is_ready(self):
        try:
            with DIRECT.open(self.origin + "/ready", timeout=2) as response:
                return response.status == 200
        except OSError:
            return False


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def until(condition, what, seconds=PATIENCE):
    """Waits for the condition; returns what it gave, and the seconds that took."""
    began = time.monotonic()
    while not (result := condition()):
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return result, time.monotonic() - began
