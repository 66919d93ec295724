"""docs/operations.md: every command that stands there does what stands there, in the order of the page.

A `console` block is a terminal's text: `$ ` is in front of a command, the rest is what it prints. What is different at
every run (ids, secrets, times) is learnt from the output, and put into the commands that follow; `…` is what the page
leaves out.
"""

import datetime
import os
import re
import subprocess
from pathlib import Path

import pytest
from latchkey import until
from user import AS_USER, give

PAGE = Path(__file__).parents[2] / "docs/operations.md"
WALKTHROUGHS = ["A contractor on board", "A leak", "The end of a month"]
VARIABLE = re.compile(
    r"lk[im]?_[0-9A-Za-z]{12}_(?:[0-9A-Za-z]{49}|…)|latchkey-[-0-9T.]+Z\.db|[0-9-]{10}(?:T[0-9:.]+| [0-9:]{5})Z|[0-9]+:[0-9a-f]{64}"
    r"|\b(?:[a-z]+_)?[0-9A-Za-z]{12}\b")


def steps(page):
    """Heading, command and output of every step, from the top."""
    heading = None
    for part in re.split(r"^(## [^\n]+|```\w+\n.*?^```)$", page, flags=re.M | re.S):
        if part.startswith("## "):
            heading = part[3:]
        elif part.startswith("```console\n"):
            for step in re.split(r"^\$ ", part.removeprefix("```console\n").removesuffix("```"), flags=re.M)[1:]:
                command, output = re.fullmatch(r"((?:[^\n]*\\\n)*[^\n]*\n)(.*)", step, re.S).groups()
                yield heading, command, output


class Terminal:
    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.known = {}
        # What would show the operator's own settings stays out.
        self.environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ} | {
            "PATH": f"{Path(server.binary).parent}:{os.environ['PATH']}", "TZ": "UTC", "SWIFT_BACKTRACE": "enable=no",
            "LATCHKEY_URL": server.origin, "LATCHKEY_ADMIN_KEY": server.admin_key}

    def run(self, command, output):
        real = VARIABLE.sub(lambda found: self.known.get(found[0], found[0]), command)
        assert "_…" not in real, f"nothing on the page tells what this stands for: {command}"
        done = subprocess.run(
            [*AS_USER, "bash", "-c", real], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        assert done.returncode == 0, f"{command}{done.stdout}"
        self.learn(output, done.stdout, command)

    def learn(self, output, printed, command):
        """Holds what was printed to the page, and keeps what it has in place of the page's ids."""
        names, pattern, end = [], "", 0
        for found in re.finditer(f"{VARIABLE.pattern}|^ *…\n|…", output, re.M):
            pattern += re.escape(output[end:found.start()])
            end = found.end()
            if found[0].endswith("…\n"):
                pattern += r"(?:.*\n)*?"
            elif found[0] == "…":
                pattern += ".*?"
            else:
                names.append(found[0])
                pattern += f"({VARIABLE.pattern})"
        printed = printed.rstrip("\n") + "\n" if printed else ""
        match = re.fullmatch(pattern + re.escape(output[end:]), printed)
        assert match, f"the page:\n$ {command}{output}\nas run:\n{printed}"
        for name, value in zip(names, match.groups(), strict=True):
            if not re.match("[0-9-]{10}[T ]", name):
                assert self.known.setdefault(name, value) == value, f"{name} is two things:\n{printed}"
            if value.startswith("lk") and "_" in value:
                self.server.secrets.append(value)


def of_today(page):
    today = datetime.datetime.now(datetime.UTC).date()
    month, next_month = today.replace(day=1), (today.replace(day=1) + datetime.timedelta(days=31)).replace(day=1)
    dates = {
        "2026-11-21": today.isoformat(), "2026-11-01": month.isoformat(), "2026-12-01": next_month.isoformat(),
        "2026-11": f"{today:%Y-%m}"}
    # In one pass, the longest first: today may be a date that the page has, too.
    return re.sub("|".join(dates), lambda found: dates[found[0]], page)


@pytest.mark.timeout(120)
def test_the_page_does_what_it_says(own, tmp_path):
    server = own(LATCHKEY_ACCESS_LOG="off")
    server.start()
    safe = tmp_path / "safe"
    safe.mkdir()
    give(safe)
    log = server.folder / "build.log"
    places = {
        "127.0.0.1:8080": f"127.0.0.1:{server.port}", "/mnt/safe": str(safe),
        "/var/lib/latchkey": str(tmp_path / "restored")}
    page = of_today(PAGE.read_text())
    for ours, real in places.items():
        page = page.replace(ours, real)
    terminal = Terminal(server, server.folder)
    headings = []
    try:
        for heading, command, output in steps(page):
            if heading == "A leak" and heading not in headings:
                used = lambda: server.manage("usage")["total"]["requests"]
                until(lambda: used() == 1, "the request is in the ledger")
                token = next(secret for secret in server.secrets if secret.startswith("lk_"))
                log.write_text(f"+ export OPENAI_API_KEY={token}\n+ make deploy\n")
            headings.append(heading)
            terminal.run(command, output)
    finally:
        log.unlink(missing_ok=True)
    for heading in WALKTHROUGHS:
        assert 1 <= headings.count(heading) <= 4, heading
    assert (server.folder / f"acme-{datetime.datetime.now(datetime.UTC):%Y-%m}.csv").stat().st_size > 0
