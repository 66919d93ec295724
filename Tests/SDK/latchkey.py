"""The real binary, started on a free port with a data folder of its own, and its command line.

It is driven the way a person drives it: nothing here knows more than `latchkey --help` tells. The folder outlives
the process so that a test can look through everything that was written.
"""

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.request

STARTS_WITHIN = 30.0
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores the proxies of whoever runs the tests."""


class Latchkey:
    def __init__(self, binary, folder):
        self.binary = os.path.abspath(binary)
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
        }
        self.output_path = folder / "output"
        self._process = None

    def start(self):
        self.run("init", LATCHKEY_ADMIN_KEY=self.admin_key)
        with open(self.output_path, "wb") as output:
            self._process = subprocess.Popen(
                [self.binary, "serve"], env=self._environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + STARTS_WITHIN
        while not self._is_ready():
            assert self._process.poll() is None, f"the server ended:\n{self.output()}"
            assert time.monotonic() < deadline, f"the server is not ready:\n{self.output()}"
            time.sleep(0.05)

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
        result = subprocess.run(
            [self.binary, *arguments], env=self._environment | environment, cwd=self.folder,
            input=standard_input, capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, f"latchkey {' '.join(arguments)}:\n{result.stdout}{result.stderr}"
        return result.stdout

    def manage(self, *arguments, standard_input=""):
        """A command that asks the running server: what it answers, read as JSON."""
        text = self.run(
            *arguments, "--json", standard_input=standard_input, LATCHKEY_URL=self.origin,
            LATCHKEY_ADMIN_KEY=self.admin_key)
        return json.loads(text) if text.strip() else None

    def create_project(self, name, upstream_url, upstream_key=None):
        key = () if upstream_key is None else ("--upstream-key-file", "-")
        return self.manage(
            "project", "create", name, "--upstream-url", upstream_url, *key, standard_input=upstream_key or "")

    def set_project_state(self, name, state):
        return self.manage("project", "update", name, "--state", state)

    def issue_token(self, project, expires_in="30d"):
        return self.manage("token", "issue", "--project", project, "--name", "bob", "--expires-in", expires_in)

    def revoke_token(self, identifier):
        return self.manage("token", "revoke", identifier)

    def _is_ready(self):
        try:
            with DIRECT.open(self.origin + "/ready", timeout=2) as response:
                return response.status == 200
        except OSError:
            return False


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
