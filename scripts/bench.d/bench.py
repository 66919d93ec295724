"""Measures Latchkey beside nginx, and beside another build of itself, and prints a table.

Machines are noisy and differ, so nothing absolute is judged: the contestants run in turn, A B A B, each round gives
one ratio, and the median of the ratios is the result; their quartiles tell how much it is to be trusted. Two processes
of one program differ too, by where their memory lies: for the CPU time of a request each round starts its own. Memory
comes first, while the processes are fresh.
"""

import argparse
import contextlib
import json
import pathlib
import signal
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import contestants
import instructions
import load
from processes import BenchError, raise_open_files

STREAM_ROUNDS = 3
TLS_ROUNDS = 7


@dataclass
class Measure:
    """One line of the table: what was measured of each contestant, one value a round."""

    name: str
    unit: str
    values: dict[str, list[float]]
    scale: float = 1
    """From seconds, bytes or requests a second to the unit shown."""
    bounds: "tuple[Bound, ...]" = ()

    def median(self, name):
        return statistics.median(self.values[name]) * self.scale

    def ratio(self, one, other):
        """The median over the rounds of one's value by the other's in the same round."""
        return statistics.median(self.ratios(one, other))

    def ratios(self, one, other):
        return [a / b if b else float("inf") for a, b in zip(self.values[one], self.values[other])]

    def spread(self, one, other):
        """The lower and the upper quartile of the rounds' ratios: the machine's noise. None for a single round."""
        ratios = self.ratios(one, other)
        return statistics.quantiles(ratios, method="inclusive")[::2] if len(ratios) > 1 else None

    def broken(self):
        """The bounds that it does not keep to."""
        return [bound for bound in self.bounds if not bound.holds(self)]


@dataclass
class Bound:
    """What Latchkey is held to."""

    text: str
    holds: Callable[[Measure], bool]


def ratio_at_least(limit):
    return Bound(f"ratio ≥ {limit}", lambda measure: measure.ratio("latchkey", "nginx") >= limit)


def ratio_at_most(limit):
    return Bound(f"ratio ≤ {limit}", lambda measure: measure.ratio("latchkey", "nginx") <= limit)


def at_most(limit):
    return Bound(f"latchkey ≤ {limit}", lambda measure: measure.median("latchkey") <= limit)


def against_base(limit):
    """Held where there is a base: by the lower quartile, so that a machine's noise alone breaks nothing."""

    def holds(measure):
        if "base" not in measure.values:
            return True
        lower, _ = measure.spread("latchkey", "base") or 2 * [measure.ratio("latchkey", "base")]
        return lower <= limit

    return Bound(f"≤ {limit} × base", holds)


def main():
    arguments = parse()
    # Both end by way of the exit stack, which stops what was started.
    for number in [signal.SIGINT, signal.SIGTERM]:
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        raise_open_files()
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="latchkey-bench-")))
            upstreams = contestants.start_upstreams(stack, folder)
            field = start(stack, folder, upstreams, arguments)
            measures = measure(field, arguments)
            if arguments.base:
                measures.append(count_instructions(stack, folder, upstreams, arguments))
    except BenchError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    names = [contestant.name for contestant in field]
    print(as_json(measures, names) if arguments.json else as_table(measures, names))
    if arguments.check:
        check(measures)


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.split("\n")[0])
    parser.add_argument("--latchkey", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--base", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each load (default 7)")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of one run of wrk (default 4)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every bound holds")
    return parser.parse_args()


def start(stack, folder, upstreams, arguments):
    field = [
        contestants.start_nginx_proxy(stack, folder, upstreams),
        contestants.start_latchkey(stack, folder, "latchkey", arguments.latchkey, upstreams),
    ]
    if arguments.base:
        field.append(contestants.start_latchkey(stack, folder, "base", arguments.base, upstreams))
    return field


def count_instructions(stack, folder, upstreams, arguments):
    say("instructions of a request")
    return Measure("instructions per request, one event loop", "", {
        name: [instructions.per_request(stack, folder, name, binary, upstreams)]
        for name, binary in [("latchkey", arguments.latchkey), ("base", arguments.base)]}, bounds=(against_base(1.05),))


def measure(field, arguments):
    for contestant in field:
        load.check_answers(contestant)
    say(f"memory of {load.IDLE_STREAMS} idle streams")
    memory = {c.name: [load.bytes_per_idle_stream(c)] for c in field}
    for contestant in field:
        load.run_requests(contestant, contestant.chat, 64, 1)  # To warm up: not counted.

    def rounds(what, count, run, those=field):
        results = {c.name: [] for c in those}
        for number in range(count):
            say(f"{what}, round {number + 1} of {count}")
            for contestant in those:
                results[contestant.name].append(run(contestant))
        return results

    seconds = arguments.seconds
    many = rounds("64 connections", arguments.rounds, lambda c: load_anew(c, seconds))
    one = rounds("1 connection", arguments.rounds, lambda c: load.run_requests(c, c.chat, 1, seconds))
    tls = rounds(
        "64 connections, TLS", min(arguments.rounds, TLS_ROUNDS), lambda c: load.run_requests(c, c.tls_chat, 64, seconds))
    events = rounds(f"{load.STREAMS} streams", STREAM_ROUNDS, load.cpu_per_event)
    # nginx reads no streams here: what is looked for is what others that are open cost, and it has no list of them.
    ours = [c for c in field if c.tls_streams]
    among = {
        (kind, count): rounds(
            f"{count} streams open, {kind}", STREAM_ROUNDS,
            lambda c: load.cpu_per_event_among(c, c.tls_streams if kind == "TLS" else c.streams, count), ours)
        for kind in ["plain", "TLS"] for count in [load.ACTIVE_STREAMS, load.OPEN_STREAMS]}

    def of(results, field_name):
        return {name: [getattr(r, field_name) for r in runs] for name, runs in results.items()}

    return [
        Measure("throughput, 64 connections", "req/s", of(many, "per_second"), bounds=(ratio_at_least(0.5),)),
        Measure(
            "CPU per request, 64 connections", "µs", of(many, "cpu_per_request"), 1e6,
            (ratio_at_most(3.0), against_base(1.03))),
        Measure("median latency, 64 connections", "µs", of(many, "median_latency"), 1e6),
        Measure("throughput, 1 connection", "req/s", of(one, "per_second")),
        Measure("CPU per request, 1 connection", "µs", of(one, "cpu_per_request"), 1e6),
        Measure("median latency, 1 connection", "µs", of(one, "median_latency"), 1e6, (ratio_at_most(2.0),)),
        Measure("throughput, 64 connections, TLS", "req/s", of(tls, "per_second")),
        Measure("CPU per request, 64 connections, TLS", "µs", of(tls, "cpu_per_request"), 1e6),
        Measure(f"CPU per event, {load.STREAMS} streams", "µs", events, 1e6),
        *(Measure(
            f"CPU per event, {load.ACTIVE_STREAMS} of {load.OPEN_STREAMS:,} streams by 10 of 10, {kind}", "",
            {name: [many / few for many, few in zip(values, among[kind, load.ACTIVE_STREAMS][name])]
             for name, values in among[kind, load.OPEN_STREAMS].items()}, bounds=(at_most(1.2),))
          for kind in ["plain", "TLS"]),
        Measure("memory per idle stream", "KiB", memory, 1 / 1024, (at_most(32), against_base(1.05))),
    ]


def load_anew(contestant, seconds):
    contestant.service.restart()
    load.run_requests(contestant, contestant.chat, 64, 1)
    return load.run_requests(contestant, contestant.chat, 64, seconds)


def say(text):
    print(text, file=sys.stderr, flush=True)


def check(measures):
    broken = [f"{measure.name}: {bound.text}" for measure in measures for bound in measure.broken()]
    for text in broken:
        print(f"Not held: {text}", file=sys.stderr)
    sys.exit(1 if broken else 0)


def ratios(names):
    """The pairs that are compared: Latchkey with nginx, and with its base where there is one."""
    return [("latchkey", other) for other in names if other != "latchkey"]


def median_text(measure, name):
    return f"{measure.median(name):,.1f}" if name in measure.values else ""


def ratio_text(measure, pair):
    if not measure.values.keys() >= set(pair):
        return ""
    text, spread = f"{measure.ratio(*pair):.2f}", measure.spread(*pair)
    return f"{text} ({spread[0]:.2f} to {spread[1]:.2f})" if spread else text


def as_table(measures, names):
    head = ["", "unit", *names, *(f"{one}/{other}" for one, other in ratios(names)), "bound", ""]
    lines = [head]
    for measure in measures:
        lines.append([
            measure.name, measure.unit, *(median_text(measure, name) for name in names),
            *(ratio_text(measure, pair) for pair in ratios(names)),
            ", ".join(bound.text for bound in measure.bounds),
            "" if not measure.bounds else "NOT HELD" if measure.broken() else "held"])
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    left = {0, 1, len(head) - 2, len(head) - 1}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def as_json(measures, names):
    return json.dumps([
        {
            "name": measure.name, "unit": measure.unit,
            "medians": {name: measure.median(name) for name in measure.values},
            "ratios": {f"{one}/{other}": measure.ratio(one, other) for one, other in ratios(measure.values)},
            "quartiles": {f"{one}/{other}": measure.spread(one, other) for one, other in ratios(measure.values)},
            "bounds": [bound.text for bound in measure.bounds], "holds": not measure.broken(),
        } for measure in measures], indent=2, ensure_ascii=False)


main()
