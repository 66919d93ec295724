"""README.md: its commands work one after another, in one clone and one shell, as they are written."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import UPSTREAM_KEY
from latchkey import DIRECT, free_port, until
from user import AS_USER, give

README = (Path(__file__).parents[2] / "README.md").read_text()
DEFAULT = "127.0.0.1:8080"


def block(heading):
    """The commands of the section's first shell block."""
    section = README.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.search(r"^```sh\n(.*?)^```$", section, re.M | re.S)[1].splitlines()


@pytest.fixture
def shell(binary, tmp_path):
    """Runs commands in a folder that looks like the clone after a build, as the user, on a port that is free."""
    release = tmp_path / ".build" / "release"
    release.mkdir(parents=True)
    (release / "latchkey").symlink_to(binary)
    give(tmp_path / ".build", release)
    address = f"127.0.0.1:{free_port()}"
    environment = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ} | {
        "PATH": "/usr/local/bin:/usr/bin:/bin", "SWIFT_BACKTRACE": "enable=no", "OPENAI_API_KEY": UPSTREAM_KEY,
        "LATCHKEY_LISTEN": address, "LATCHKEY_URL": f"http://{address}"}
    running = []

    def start(script, **options):
        process = subprocess.Popen(
            [*AS_USER, "bash", "-eu", "-c", script.replace(DEFAULT, address)], cwd=tmp_path, env=environment,
            stdin=subprocess.DEVNULL, text=True, start_new_session=True, **options)
        running.append(process)
        return process, f"http://{address}"

    yield start
    for process in running:
        # The server that the commands left in the background is of this session.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def test_the_steps_for_a_real_upstream_work_as_written(shell, tmp_path):
    commands = block("A token for a real upstream")
    # Building takes minutes, and has been done.
    assert commands.pop(0) == "make build"
    with open(tmp_path / "said", "wb+") as said:
        process, url = shell("\n".join(commands), stdout=said, stderr=subprocess.STDOUT)
        assert process.wait(timeout=50) == 0, (tmp_path / "said").read_text()

    text = (tmp_path / "said").read_text()
    assert re.search(r"\blk_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\b", text), text
    assert UPSTREAM_KEY not in text
    assert (tmp_path / "data" / "latchkey.db").exists() and not (tmp_path / "demo").exists()
    with DIRECT.open(url + "/ready", timeout=5) as ready:
        assert ready.status == 200


def test_after_the_demo_the_steps_begin_with_an_empty_data_folder(shell, tmp_path):
    last = (Path(__file__).parents[2] / "scripts" / "run").read_text().splitlines()[-1]
    with open(tmp_path / "said", "wb+") as said:
        demo, _ = shell(last, stdout=said, stderr=subprocess.DEVNULL)
        until(lambda: b"Try it:" in (tmp_path / "said").read_bytes(), "the demo tells how to try it")
        curl = (tmp_path / "said").read_text().split("Try it:\n", 1)[1].split("\n\nBoth", 1)[0]
        tried, _ = shell("curl() { command curl --silent --fail-with-body \"$@\"; };" + curl.strip(), stdout=subprocess.PIPE)
        assert '"chat.completion"' in tried.communicate(timeout=20)[0]
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(timeout=20) == 0
    assert (tmp_path / "demo" / "latchkey.db").exists() and not (tmp_path / "data").exists()

    made, _ = shell("PATH=$PWD/.build/release:$PATH; latchkey init", stdout=subprocess.PIPE)

    assert re.fullmatch(r"lkm_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}\n", made.communicate(timeout=20)[0])
    assert made.returncode == 0
