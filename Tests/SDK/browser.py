"""A real browser without a window: Chromium, driven over the pipe of its DevTools protocol, so nothing else is needed."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from user import AS_USER, give

PATIENCE = 30
"""Seconds in which the page comes to what a test waits for: a bound for what hangs."""


def find_browser():
    """The program; fails where the tests' own packages should have brought it, and skips where they cannot."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, (shutil.which(name) for name in names if name)), None)
    if found is None and "CI" not in os.environ and "ID=debian" not in Path("/etc/os-release").read_text().splitlines():
        pytest.skip("no Chromium here, and no package of it for this system; CHROMIUM names one")
    assert found, "there is no Chromium: scripts/prepare installs it"
    return found


class Browser:
    """One page at a time; what went wrong on it is in `complaints`."""

    def __init__(self, folder):
        give(folder)
        commands, self._commands = os.pipe()
        self._events, events = os.pipe()
        # The program finds its ends as 3 and 4, whatever they are here.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (commands, events)]
        for end in (commands, events):
            os.close(end)

        def place():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [*AS_USER, find_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--no-proxy-server", "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}",
             "--lang=en-US"],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
            pass_fds=(3, 4), preexec_fn=place)
        for end in ends:
            os.close(end)
        self._buffer = b""
        self._number = 0
        self._session = None
        self.complaints = []
        self.requests = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def close(self):
        os.close(self._commands)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._events)

    def send(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def _read(self):
        while b"\0" not in self._buffer:
            received = os.read(self._events, 1 << 16)
            assert received, "the browser has ended"
            self._buffer += received
        message, self._buffer = self._buffer.split(b"\0", 1)
        event = json.loads(message)
        match event.get("method"):
            case "Runtime.exceptionThrown":
                self.complaints.append(event["params"]["exceptionDetails"])
            case "Log.entryAdded" if event["params"]["entry"]["source"] in ("security", "javascript", "violation"):
                self.complaints.append(event["params"]["entry"])
            case "Network.requestWillBeSent":
                self.requests.append(event["params"]["request"])
        return event

    def open(self, url):
        """Goes to an address and waits until the page is loaded; a change of the fragment alone loads nothing."""
        if "loaderId" not in self.send("Page.navigate", url=url):
            return
        self._wait("Page.loadEventFired")

    def reload(self):
        self.send("Page.reload")
        self._wait("Page.loadEventFired")

    def _wait(self, method):
        while self._read().get("method") != method:
            pass

    def run(self, script):
        """The value of a script, awaited."""
        result = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def until(self, condition):
        """Waits, by what changes on the page, until a script's value is true; returns the value."""
        return self.run(f"""new Promise((resolve, reject) => {{
            const look = () => {{ const value = {condition}; if (value) {{ observer.disconnect(); resolve(value); }} }};
            const observer = new MutationObserver(look);
            observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
            setTimeout(() => reject(new Error({json.dumps(condition)} + " never came:\\n" + document.body.innerText)),
                {PATIENCE * 1000});
            look();
        }})""")

    def until_shown(self, identifier):
        """Waits until the element is visible; returns what it reads."""
        shown = f"document.getElementById('{identifier}')"
        return self.until(f"{shown} && {shown}.checkVisibility() && {shown}.innerText")

    def is_shown(self, identifier):
        return self.run(f"document.getElementById('{identifier}').checkVisibility()")

    def press(self, *keys):
        codes = {"Tab": 9, "Enter": 13}
        for key in keys:
            text = {"text": "\r"} if key == "Enter" else {}
            for kind in ("keyDown", "keyUp"):
                self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=codes[key],
                          **(text if kind == "keyDown" else {}))

    def focused(self):
        return self.run("document.activeElement.id")

    def emulate(self, width=800, dark=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path):
        Path(path).write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))
