"""Processes that a measurement starts: their CPU time and memory, and their certain end.

Each is stopped by its own process id, whatever ends the measurement.
"""

import collections
import os
import re
import resource
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

OPEN_FILES = 16_000
"""Two sockets for each of 4,000 streams, in every process, and room beside them."""


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Ignores the proxies of the environment: all that is measured is on this machine."""


class BenchError(Exception):
    """Why a measurement does not count."""


def raise_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < OPEN_FILES:
        raise BenchError(f"Only {hard} open files are allowed; {OPEN_FILES} are needed. Hint: ulimit -Hn {OPEN_FILES}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, hard))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Service:
    """A server process with its workers."""

    def __init__(self, command, log, environment=None, folder=None):
        self._command = command
        self._log = log
        self._environment = environment
        self._folder = folder
        self._start()

    def _start(self):
        with open(self._log, "ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT)

    def restart(self):
        """Ends the process and starts another, which answers where this one did."""
        self.stop()
        self._start()
        self.wait_for(self._url)

    def wait_for(self, url):
        """Returns once `url` is answered, with any status."""
        self._url = url
        deadline = time.monotonic() + 30
        while True:
            try:
                DIRECT.open(url, timeout=5).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    with open(self._log, errors="replace") as log:
                        raise BenchError(f"A server did not start:\n{log.read()[-2000:]}") from None
                time.sleep(0.05)

    @property
    def pid(self):
        return self._process.pid

    def pids(self):
        main = self.pid
        with open(f"/proc/{main}/task/{main}/children") as children:
            return [main, *map(int, children.read().split())]

    def cpu_seconds(self):
        """User and system time of all threads, the ended ones too, to the nanosecond.

        It is the kernel's CPU clock of each process (clock_getcpuclockid(3)); /proc/PID/stat tells the same
        number in steps of 10 ms, which is too coarse for a short run.
        """
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self.pids())

    def resident_bytes(self):
        return sum(self._resident_bytes(pid) for pid in self.pids())

    @staticmethod
    def _resident_bytes(pid):
        with open(f"/proc/{pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) * 1024

    def refusals(self):
        """How often Latchkey's access log tells of each error that it answered; empty for a log without such lines."""
        with open(self._log, errors="replace") as log:
            found = (re.search(r'"status":([45]\d\d),.*"reason":"?(\w+)', line) for line in log)
            return dict(collections.Counter(" ".join(match.groups()) for match in found if match))

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                for pid in self.pids():
                    os.kill(pid, signal.SIGKILL)
                self._process.wait()
