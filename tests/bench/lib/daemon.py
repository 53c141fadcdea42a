# SPDX-License-Identifier: Apache-2.0
"""What the daemon itself takes: CPU, memory, kernel memory, bytes on the wire."""
import time

from lib import load, machine, markdown, stats
from lib.process import cpu_share, memory, run
from lib.subjects import Daemon
from lib.wire import Counter

NAME, TITLE = "daemon", "The daemon"
# What the defaults come to on a board with 1 GiB and processors enough (packaging/footprintd.toml).
BOARD = {"slots": 1024, "object_classes": 256}


def _at_work(options, threads: int) -> dict:
    with Daemon().attached() as watch, load.busy(threads):
        time.sleep(options.pick(4, 0.5))
        shares = [cpu_share(watch.process.pid, options.pick(8, 0.5))
                  for _ in range(options.pick(3, 1))]
        status = watch.status()
        return {"threads": threads, "cpu": stats.summary(shares), **memory(watch.process.pid),
                "slots_used": status["slots"]["used"], "complete": status["complete"]}


def _kernel() -> dict:
    found = {}
    for name, settings in (("defaults here", {}), ("defaults of a board with 1 GiB", BOARD)):
        with Daemon(**settings).attached() as watch:
            status = watch.status()
            found[name] = {"kernel": status["kernel_bytes"], "slots": status["slots"]["total"],
                           "processors": machine.processors()}
    return found


def _bytes(watch, count: int, arguments: list) -> tuple:
    """(to the daemon, from it) of one `footprint watch`."""
    with Counter(watch.target().removeprefix("unix:")) as counter:
        run([machine.build("bin/footprint"), "watch", "--interval", 0.2, "--count", count,
             *arguments], env={"FOOTPRINT_TARGET": f"unix:{counter.path}"})
        return counter.sent, counter.received


def _wire(options) -> list:
    """Bytes of one more footprint: of many less those of one, over their number."""
    more, found = options.pick(20, 3), []
    with Daemon().attached() as watch, load.busy(500):
        time.sleep(1.5)
        for name, arguments in (("totals, without processes", ["--format", "csv"]),
                                ("differences, without processes", ["--format", "csv", "--delta"]),
                                ("totals", ["--format", "json"]),
                                ("differences", ["--format", "json", "--delta"])):
            sent, received = _bytes(watch, 1, arguments)
            sent_all, received_all = _bytes(watch, 1 + more, arguments)
            found.append({"what": name, "first": received + sent,
                          "from_daemon": (received_all - received) / more,
                          "to_daemon": (sent_all - sent) / more})
    return found


def measure(options) -> dict:
    return {"at_work": [_at_work(options, threads) for threads in options.pick((0, 500, 1000),
                                                                               (0, 20))],
            "kernel": _kernel(), "wire": _wire(options)}


def budget(result: dict) -> dict:
    of = {row["threads"]: row for row in result["at_work"]}
    measured = {"kernel": [(f"{row['slots']} slots, {row['processors']} processors", row["kernel"])
                           for name, row in result["kernel"].items() if "board" in name]}
    if 0 in of:
        measured["resident_idle"] = [("", of[0]["resident"])]
    if 500 in of:
        measured["cpu_busy"] = [("", of[500]["cpu"]["median"])]
    if 1000 in of:
        measured["resident_1000"] = [("", of[1000]["resident"])]
    return measured


def render(result: dict) -> str:
    rows = [["idle" if row["threads"] == 0 else f"{row['threads']} threads busy",
             f"{100 * row['cpu']['median']:.3f} %",
             f"{100 * row['cpu']['min']:.3f} to {100 * row['cpu']['max']:.3f} %",
             markdown.mib(row["resident"]), markdown.mib(row["private"]), row["slots_used"],
             "yes" if row["complete"] else "no"] for row in result["at_work"]]
    text = "Harvests once a second, no clients.\n\n" + markdown.table(
        ["", "CPU, of one core", "least to most", "resident", "private", "slots used", "complete"],
        rows)
    text += "\n" + markdown.table(
        ["maps and programs", "slots", "processors", "kernel memory"],
        [[name, row["slots"], row["processors"], markdown.mib(row["kernel"])]
         for name, row in result["kernel"].items()])
    text += ("\nBytes on the wire of `footprint watch`, 500 threads busy, for each footprint after "
             "the first.\n\n")
    return text + markdown.table(
        ["", "from the daemon", "to it", "connection and first footprint, both ways"],
        [[row["what"], row["from_daemon"], row["to_daemon"], f"{row['first']:,}"]
         for row in result["wire"]])
