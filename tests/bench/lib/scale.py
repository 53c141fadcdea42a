# SPDX-License-Identifier: Apache-2.0
"""How the costs grow: with threads, with what they call, with the daemon's age, with clients."""
import json
import statistics
import time

from lib import load, machine, markdown, stats
from lib.process import Process, cpu_share, memory, run
from lib.rounds import interleave, loop
from lib.subjects import Daemon, Empty, Nothing

NAME, TITLE = "scale", "Scale"
KINDS = {"distinct": ("distinct calls of one thread (each ENOSYS)", [1, 16, 64]),
         "objects": ("distinct objects of one thread (fcntl of sockets)", [1, 8, 64]),
         "sleepers": ("threads that live (the last one is timed)", [10, 100, 1000, 10_000])}
AGE_SECONDS = 40  # longest that one churn may take


def _per_call(options) -> dict:
    losses = {}
    quick = options.quick

    def one(subject, watch):
        taken = {}
        for kind, (_, numbers) in KINDS.items():
            for number in numbers[:2] if quick else numbers:
                _, found = loop(watch, [f"{kind}:{number}"], 5000, options.pick(41, 3))
                taken.update(found)
                if isinstance(subject, Daemon):
                    _forget_ended(watch)
        if isinstance(subject, Daemon):
            for cause, count in subject.lost(watch).items():
                of = losses.setdefault(subject.name, {})
                of[cause] = of.get(cause, 0) + count
        return taken

    subjects = [Nothing(), Empty(True), Daemon(name="footprint, defaults"),
                Daemon(name="footprint, 16384 slots", slots=16_384)]
    taken, failed = interleave(subjects, options.pick(3, 1), one)
    rows = {kind: {name: {**stats.summary(values),
                          "added": stats.added(values, of["nothing"])}
                   for name, values in of.items()} for kind, of in taken.items()}
    return {"rows": rows, "failed": failed, "losses": losses}


def _forget_ended(watch):
    """Threads that ended free their slots in the second harvest after it; a request harvests."""
    for _ in range(3):
        watch.client("status")
        watch.client("show", "--limit", "1")


def churn(processes: int) -> int:
    """Short processes, one storm on each processor; answers how many there were."""
    storms = [Process([machine.build("workloads/storm")]) for _ in range(machine.processors())]
    done, end = 0, time.monotonic() + AGE_SECONDS
    try:
        while done < processes and time.monotonic() < end:
            time.sleep(0.2)
            for storm in storms:
                storm.write("x")
            told = [storm.out().split() for storm in storms]
            done = sum(int(lines[-1]) for lines in told if lines)
    finally:
        for storm in storms:
            storm.stop()
    return sum(int(storm.out().split()[-1]) for storm in storms)


def _age(options) -> dict:
    """A fresh daemon and one that has seen many processes take turns."""
    facts = {}

    def one(subject, watch):
        if subject.name == "footprint, aged":
            facts.setdefault("processes", []).append(churn(options.pick(200_000, 1000)))
        _, taken = loop(watch, ["getppid", "read"], 5000, options.pick(101, 5))
        if isinstance(subject, Daemon):
            time.sleep(options.pick(2.5, 0.1))
            status = watch.status()
            taken.update({"resident": memory(watch.process.pid)["resident"],
                          "kernel": status["kernel_bytes"], "complete": status["complete"]})
        return taken

    subjects = [Nothing(), Daemon(name="footprint, fresh"), Daemon(name="footprint, aged")]
    taken, failed = interleave(subjects, options.pick(3, 1), one)
    rows = {name: {what: statistics.median(of[name]) for what, of in taken.items() if name in of}
            for name in taken["read"]}
    for name, row in rows.items():
        if "complete" in row:
            row["complete"] = all(taken["complete"][name])
    return {"rows": rows, "failed": failed, **facts}


def _daemon(options) -> list:
    """CPU of one processor and memory, against busy threads and clients."""
    found = []
    pairs = [(10, 0), (100, 0), (500, 0), (1000, 0), (100, 1), (100, 10), (100, 50)]
    for threads, clients in options.pick(pairs, [(10, 1)]):
        with Daemon().attached() as watch, load.busy(threads), load.watchers(watch, clients):
            time.sleep(options.pick(3, 1))
            share = cpu_share(watch.process.pid, options.pick(6, 1))
            found.append({"threads": threads, "clients": clients, "cpu": share,
                          **memory(watch.process.pid),
                          "kernel": watch.status()["kernel_bytes"]})
    return found


def _visible(options) -> dict:
    found = {}
    for threads in (0, 500):
        with Daemon().attached() as watch, load.busy(threads):
            told = json.loads(run([machine.build("bench/visible"), watch.target(),
                                   options.pick(60, 5)]))
        found[str(threads)] = {what: {"median": statistics.median(ms), "max": max(ms),
                                      "p95": stats.quantile(ms, 0.95)}
                               for what, ms in told.items()}
    return found


def measure(options) -> dict:
    return {"per_call": _per_call(options), "age": _age(options), "daemon": _daemon(options),
            "visible": _visible(options)}


def render(result: dict) -> str:
    return "\n".join([_render_per_call(result["per_call"]), _render_age(result["age"]),
                      _render_daemon(result["daemon"]), _render_visible(result["visible"])])


def _render_per_call(result: dict) -> str:
    text = ""
    for kind, (title, numbers) in KINDS.items():
        rows, names = [], []
        for number in numbers:
            of = result["rows"].get(f"{kind}:{number}")
            if of:
                rows.append([f"{number:,}", of["nothing"]["median"]]
                            + [row["added"] for name, row in of.items() if name != "nothing"])
                names = [name for name in of if name != "nothing"]
        text += f"### Cost per call and {title}\n\nNanoseconds that are added to a call.\n\n"
        text += markdown.table(["", "nothing: the whole call", *names], rows) + "\n"
    for name, causes in result["losses"].items():
        told = ", ".join(f"`{cause}` {count:,}" for cause, count in causes.items())
        text += f"* {name} lost, and said so: {told}\n"
    for name, reason in result["failed"].items():
        text += f"* {name}: not measured: {reason}\n"
    return text


def _render_age(result: dict) -> str:
    rows = [[name, row["getppid"], row["read"], markdown.mib(row.get("resident")),
             markdown.mib(row.get("kernel")),
             {True: "yes", False: "no", None: ""}[row.get("complete")]]
            for name, row in result["rows"].items()]
    ages = ", ".join(f"{count:,}" for count in result.get("processes", []))
    return ("### Age\n\nThe aged daemon has seen this many short processes before it is measured, "
            f"in each round: {ages}. Medians.\n\n" + markdown.table(
                ["", "getppid, ns", "read, ns", "resident", "kernel memory", "complete"], rows))


def _render_daemon(rows: list) -> str:
    return "### The daemon against threads and clients\n\n" + markdown.table(
        ["busy threads", "clients that watch, 1 Hz", "CPU, % of one core", "resident", "private",
         "kernel memory"],
        [[row["threads"], row["clients"], f"{100 * row['cpu']:.2f} %",
          markdown.mib(row["resident"]), markdown.mib(row["private"]), markdown.mib(row["kernel"])]
         for row in rows])


def _render_visible(result: dict) -> str:
    names = {"own": "GetFootprint of the process itself", "system": "GetFootprint of the system",
             "watch": "WatchFootprint every 100 ms"}
    rows = [[names[what], threads, times["median"], times["p95"], times["max"]]
            for threads, of in result.items() for what, times in of.items()]
    return "### From a call to a client that sees it\n\nMilliseconds.\n\n" + markdown.table(
        ["", "busy threads", "median", "95 %", "max"], rows)
