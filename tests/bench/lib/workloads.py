# SPDX-License-Identifier: Apache-2.0
"""What real programs lose in throughput while something watches."""
import os
import pathlib
import re
import tempfile
import time

from lib import machine, markdown, peers, stats
from lib.failure import Failure, Unavailable
from lib.process import Process, run
from lib.rounds import interleave, say
from lib.subjects import Daemon, Empty, Nothing, Watch

NAME, TITLE = "workloads", "Workloads"
# A tree of source files that every machine has which has built footprint.
TREE = "/usr/include"


def redis(watch, scale: float) -> float:
    """SET requests a second, 50 clients on a unix socket, nothing kept on disk."""
    with tempfile.TemporaryDirectory(prefix="footprint-bench-") as directory:
        where = f"{directory}/redis.sock"
        argv = [machine.find("redis-server"), "--port", 0, "--unixsocket", where, "--save", "",
                "--appendonly", "no", "--dir", directory]
        with Process(watch.wrap(argv)) as server:
            server.until(lambda: os.path.exists(where), "has no socket")
            told = run([machine.find("redis-benchmark"), "-s", where, "-t", "set", "-n",
                        max(1000, int(40_000 * scale)), "--csv"])
            run(["redis-cli", "-s", where, "shutdown", "nosave"])
            server.wait(30)
    return float(re.search(r'^"SET","([\d.]+)"', told, re.MULTILINE).group(1))


def _sqlite(watch, directory: str, rows: int) -> float:
    """Transactions of one row each, a second."""
    script = ("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);\n"
              + "".join(f"INSERT INTO t(b) VALUES('row {n}');\n" for n in range(rows)))
    with tempfile.TemporaryDirectory(prefix="footprint-bench-", dir=directory) as place:
        begin = time.monotonic()
        run(watch.wrap([machine.find("sqlite3"), f"{place}/data"]), text=script)
        return rows / (time.monotonic() - begin)


def sqlite_disk(watch, scale: float) -> float:
    return _sqlite(watch, str(machine.BUILD), max(20, int(200 * scale)))


def sqlite_memory(watch, scale: float) -> float:
    return _sqlite(watch, "/dev/shm", max(200, int(4000 * scale)))


def tar(watch, scale: float) -> float:
    """Files a second. Through cat: tar reads no files when it writes to /dev/null itself."""
    tree = pathlib.Path(TREE) if scale == 1 else pathlib.Path(TREE, "linux")
    files = sum(len(names) for _, _, names in os.walk(tree))
    begin = time.monotonic()
    run(watch.wrap(["sh", "-c", f"tar cf - -C {tree} . | cat > /dev/null"]))
    return files / (time.monotonic() - begin)


def _oref0() -> pathlib.Path:
    """Where the test e2e.oref0 keeps it."""
    cache = os.environ.get("XDG_CACHE_HOME") or f"{os.environ.get('HOME', '/root')}/.cache"
    home = pathlib.Path(cache, "footprint-oref0/node_modules/oref0")
    if not home.is_dir():
        raise Unavailable("no oref0: the test e2e.oref0 fetches it")
    return home


def oref0(watch, scale: float) -> float:
    """Runs of the OpenAPS algorithm on its own example files, a second."""
    home, times = _oref0(), 3 if scale == 1 else 1
    words = (f"cd '{home}' && for n in $(seq {times}); do "
             f"{machine.find('node')} bin/oref0-determine-basal.js examples/iob.json "
             "examples/temp_basal.json examples/glucose.json examples/profile.json "
             "> /dev/null || exit 1; done")
    begin = time.monotonic()
    run(watch.wrap(["sh", "-c", words]))
    return times / (time.monotonic() - begin)


def storm(watch, scale: float) -> float:
    """Forks a second, of children that end at once."""
    seconds = 0.7 if scale == 1 else 0.5
    # It counts between two bytes of input; what it takes to start is not counted.
    with Process(watch.wrap([machine.build("workloads/storm")])) as process:
        lines = []
        for wait in (0.2, seconds):
            time.sleep(wait)
            process.write("x")
            process.until(lambda: process.out().count("\n") > len(lines), "does not count")
            lines.append((time.monotonic(), int(process.out().splitlines()[-1])))
    (first, before), (last, after) = lines
    return (after - before) / (last - first)


def netdev(watch, scale: float) -> float:
    """Rounds of ioctls over the network devices, a second: one process that calls nothing else."""
    told = run(watch.wrap([machine.find("stress-ng"), "--netdev", 1, "--netdev-ops",
                           max(500, int(20_000 * scale)), "--metrics-brief", "--stdout"]))
    # Rounds; seconds of the wall, the program and the kernel; rounds a second by the first.
    return float(re.search(r"netdev +\d+(?: +[\d.]+){3} +([\d.]+)", told).group(1))


WORKLOADS = {
    "redis": (redis, "redis, SET requests/s"),
    "sqlite_disk": (sqlite_disk, "sqlite on disk, inserts/s"),
    "sqlite_memory": (sqlite_memory, "sqlite in memory, inserts/s"),
    "tar": (tar, "tar of " + TREE + ", files/s"),
    "oref0": (oref0, "oref0, runs/s"),
    "netdev": (netdev, "stress-ng netdev, rounds/s"),
    "storm": (storm, "storm of forks, forks/s"),
}


def measure(options) -> dict:
    skipped = {}
    for name, (work, _) in WORKLOADS.items():  # also warms up
        try:
            work(Watch(), 0.02)
        except (Failure, OSError) as reason:
            skipped[name] = str(reason)
            say(f"  skipped: {name}: {reason}")
    losses = {}

    def one(subject, watch):
        scale = options.pick(1.0, 0.05)
        if subject.name.startswith(("strace", "perf")):
            scale = min(scale, 0.1)
        found = {}
        for name, (work, _) in WORKLOADS.items():
            if name not in skipped:
                found[name] = work(watch, scale)
        if isinstance(subject, Daemon):
            subject.require_tier(watch)
            for cause, count in subject.lost(watch).items():
                of = losses.setdefault(subject.name, {})
                of[cause] = of.get(cause, 0) + count
        return found

    subjects = [Nothing(), Empty(True), Daemon("auto", "full"), Daemon("auto", "latency"),
                *peers.every()]
    taken, failed = interleave(subjects, options.pick(5, 1), one)
    names = [s.name for s in subjects if s.name not in failed]
    return {"rounds": options.pick(5, 1), "skipped": skipped, "failed": failed, "losses": losses,
            "rates": {name: {s: stats.summary(of[s]) for s in names}
                      for name, of in taken.items()}}


def render(result: dict) -> str:
    """Throughput without, and what is left of it with each."""
    rates = result["rates"]
    subjects = list(next(iter(rates.values())))
    rows = []
    for subject in subjects:
        row = [subject]
        for of in rates.values():
            nothing, here = of["nothing"], of[subject]
            share = here["median"] / nothing["median"]
            row.append(f"{markdown.figure(here['median'])}" if subject == "nothing" else
                       f"{100 * share:.1f} %")
        rows.append(row)
    spread = ["nothing, least to most"]
    for of in rates.values():
        middle = of["nothing"]["median"]
        spread.append(f"{100 * of['nothing']['min'] / middle:.0f} to "
                      f"{100 * of['nothing']['max'] / middle:.0f} %")
    rows.insert(1, spread)
    text = (f"Throughput, median of {result['rounds']} rounds; with an observer as a share of that "
            "with nothing.\n\n")
    text += markdown.table(["", *(WORKLOADS[name][1] for name in rates)], rows)
    for name, reason in {**result["skipped"], **result["failed"]}.items():
        text += f"\n* {name}: not measured: {reason}"
    for subject, causes in result["losses"].items():
        told = ", ".join(f"{cause} {count}" for cause, count in causes.items())
        text += f"\n* {subject} lost, and said so: {told}"
    return text

