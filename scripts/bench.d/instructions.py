"""Instructions of one request on an event loop, counted by valgrind's callgrind.

They say what a change costs where the machine's noise hides it. Requests go one after the other through a server with
one event loop; its thread is the one that executes most.
"""

import re
import subprocess

import contestants
import load
from processes import BenchError

WARM_REQUESTS = 300
REQUESTS = 1_000


def per_request(stack, folder, name, binary, upstreams):
    name += "-counted"
    profile = folder / f"{name}.profile"
    under = [
        "valgrind", "--tool=callgrind", "--separate-threads=yes", "--instr-atstart=no",
        f"--callgrind-out-file={profile}"]
    contestant = contestants.start_latchkey(
        stack, folder, name, binary, upstreams, under=under, LATCHKEY_THREADS="1")
    load.send_requests(contestant.chat, WARM_REQUESTS)
    control("--instr=on", contestant)
    load.send_requests(contestant.chat, REQUESTS)
    control("--dump", contestant)
    contestant.service.stop()
    counts = [
        int(count) for part in folder.glob(f"{profile.name}.1-*")
        for count in re.findall(r"^totals: (\d+)", part.read_text(), re.MULTILINE)]
    if not counts:
        raise BenchError("callgrind counted nothing")
    return max(counts) / REQUESTS


def control(option, contestant):
    subprocess.run(
        ["callgrind_control", option, str(contestant.service.pid)], check=True, capture_output=True, timeout=60)
