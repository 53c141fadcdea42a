# SPDX-License-Identifier: Apache-2.0
"""What the profiler does to the wake-up of a real-time thread (cyclictest)."""
import re

from lib import machine, markdown, stats
from lib.process import Process, run
from lib.rounds import interleave
from lib.subjects import Daemon, Empty, Nothing

NAME, TITLE = "latency", "Wake-up of a real-time thread"
INTERVAL_US, MOST_US = 500, 20_000
# 20 threads, 200 calls each, every 10 ms: 400,000 calls a second, if the machine makes it.
LOAD = [20, 200, 10_000]


def cyclictest(loops: int) -> dict:
    """Microseconds to wake-ups; what is beyond the histogram counts as the latest of all."""
    told = run([machine.find("cyclictest"), "-q", "-m", "-p", 80, "-t", 1, "-i", INTERVAL_US,
                "-l", loops, "-h", MOST_US])
    return parse(told)


def parse(told: str) -> dict:
    """Histogram of what cyclictest -h prints for one thread."""
    counts = {int(us): int(count)
              for us, count in re.findall(r"^(\d+) (\d+)$", told, re.MULTILINE) if int(count)}
    beyond = re.search(r"# Histogram Overflows: (\d+)", told)
    most = re.search(r"# Max Latencies: (\d+)", told)
    if beyond and int(beyond.group(1)):
        counts[int(most.group(1))] = int(beyond.group(1))
    return counts


def measure(options) -> dict:
    loops = options.pick(20_000, 1000)
    histograms = {}

    def one(subject, watch):
        with Process([machine.build("bench/paced"), *LOAD]) as load:
            load.await_output("ready")
            counts = cyclictest(loops)
        if isinstance(subject, Daemon):
            subject.require_tier(watch)
        whole = histograms.setdefault(subject.name, {})
        for us, count in counts.items():
            whole[us] = whole.get(us, 0) + count
        return {"max": max(counts)}

    subjects = [Nothing(), Empty(True), Daemon("auto", "latency"), Daemon("auto", "full")]
    taken, failed = interleave(subjects, options.pick(3, 1), one)
    rows = {}
    for name, maxima in taken["max"].items():
        of = histograms[name]
        rows[name] = {"wakeups": sum(of.values()), "maxima": maxima, "max": max(maxima),
                      **{f"p{share}": stats.histogram_quantile(of, float(share) / 100)
                         for share in ("50", "99", "99.9", "99.99")}}
    return {"rows": rows, "failed": failed, "load": LOAD, "interval_us": INTERVAL_US}


def render(result: dict) -> str:
    threads, calls, pause = result["load"]
    text = (f"cyclictest at priority 80, one thread, every {result['interval_us']} us, beside "
            f"{threads} threads that make {calls} calls each and sleep for {pause} us. Wake-ups "
            "too late, in microseconds.\n\n")
    rows = [[name, f"{row['wakeups']:,}", row["p50"], row["p99"], row["p99.9"], row["p99.99"],
             row["max"], ", ".join(map(str, row["maxima"]))]
            for name, row in result["rows"].items()]
    text += markdown.table(["", "wake-ups", "median", "99 %", "99.9 %", "99.99 %", "max",
                            "max of each round"], rows)
    for name, reason in result["failed"].items():
        text += f"\n* {name}: not measured: {reason}"
    return text
