# SPDX-License-Identifier: Apache-2.0
"""Other observers of system calls, set to do as much as the daemon does, or less.

Each may be missing: find() says so. None is judged by what it costs alone: `delivers` says what
there is for it, and reported() how many of the calls it told of.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import tempfile
import time

from lib import machine
from lib.failure import Failure
from lib.process import Process, run
from lib.subjects import EMPTY_ENTER, EMPTY_PAIR, Nothing, Watch

TRACEFS = pathlib.Path("/sys/kernel/tracing")
# A loop's comm is its file's name.
LOOP = "loop"


class Peer(Nothing):
    """One that is started, and tells what it saw when it ends by SIGINT."""

    settle = 0.5  # seconds; it does not say when it begins

    def __init__(self, name: str, delivers: str, least: str, argv: list, ready: str = ""):
        self.name, self.delivers, self.least = name, delivers, least
        self.argv, self._ready = argv, ready

    @contextlib.contextmanager
    def attached(self):
        machine.find(self.argv[0])
        with Process([machine.find(self.argv[0]), *self.argv[1:]], stop=signal.SIGINT) as process:
            if self._ready:
                process.await_output(self._ready)
            time.sleep(self.settle)
            if process.ended():
                raise Failure(f"{self.name} ended: {(process.err() or process.out()).strip()}")
            yield Watch(process)

    def reported(self, watch, pid, name):
        watch.process.stop()
        return self.count(watch.process.out() + watch.process.err(), pid, name)

    def count(self, text: str, pid: int, name: str):
        raise NotImplementedError


NUMBERS = {"x86_64": {"getppid": 110, "read": 0}, "aarch64": {"getppid": 173, "read": 63}}


def number_of(name: str):
    return NUMBERS.get(os.uname().machine, {}).get(name)


def _bpftrace_map(text: str, wanted: str) -> dict:
    for line in text.splitlines():
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if told.get("type") in ("map", "hist") and wanted in told["data"]:
                return told["data"][wanted]
    return {}


class BpftraceCount(Peer):
    def __init__(self):
        script = "tracepoint:raw_syscalls:sys_enter { @[pid, args->id] = count(); }"
        super().__init__("bpftrace, count", "calls by process and number", EMPTY_ENTER,
                         ["bpftrace", "-f", "json", "-e", script], "attached_probes")

    def count(self, text, pid, name):
        return _bpftrace_map(text, "@").get(f"{pid},{number_of(name)}", 0)


class BpftraceTimes(Peer):
    def __init__(self):
        script = ("tracepoint:raw_syscalls:sys_enter { @start[tid] = nsecs; } "
                  "tracepoint:raw_syscalls:sys_exit /@start[tid]/ "
                  "{ @ns[args->id] = hist(nsecs - @start[tid]); delete(@start[tid]); } "
                  "END { clear(@start); }")
        super().__init__("bpftrace, histograms", "a histogram of times by number", EMPTY_PAIR,
                         ["bpftrace", "-f", "json", "-e", script], "attached_probes")

    def count(self, text, pid, name):
        # Of the whole system: a lower bound of what was lost.
        histograms = _bpftrace_map(text, "@ns")
        return sum(bar["count"] for bar in histograms.get(str(number_of(name)), []))


class Syscount(Peer):
    settle = 1.5  # what it says stays in its buffer until it ends

    def __init__(self, times: bool):
        more = ["-L"] if times else []
        super().__init__("syscount -P" + (" -L" if times else ""),
                         "calls of each process" + (", sums of times" if times else ""),
                         EMPTY_PAIR if times else EMPTY_ENTER,
                         ["syscount", "-P", "-T", "10000", *more])

    def count(self, text, pid, name):
        row = re.search(rf"^{pid}\s+\S+\s+(\d+)", text, re.MULTILINE)
        return int(row.group(1)) if row else 0


class PerfTrace(Peer):
    settle, scale = 1.0, 0.05

    def __init__(self):
        super().__init__("perf trace -s", "calls, errors, least, mean and most time by thread",
                         EMPTY_PAIR, ["perf", "trace", "-s", "-a"])

    def count(self, text, pid, name):
        # One part for each thread: " COMM (TID), N events, N%" and a table.
        calls = 0
        for part in re.split(r"^(?= \S.* \(\d+\), \d+ events)", text, flags=re.MULTILINE):
            row = re.search(rf"^\s+{name}\s+(\d+)", part, re.MULTILINE)
            if part.startswith(f" {LOOP} (") and row:
                calls += int(row.group(1))
        return calls


class Ftrace(Nothing):
    name, least = "ftrace raw_syscalls", EMPTY_PAIR
    delivers = "a record of each call and return in a ring, overwritten and read by nobody"

    @contextlib.contextmanager
    def attached(self):
        if not (TRACEFS / "instances").is_dir():
            raise Failure(f"no tracefs at {TRACEFS}")
        instance = TRACEFS / "instances" / f"footprint-bench-{os.getpid()}"
        instance.mkdir()
        try:
            (instance / "events/raw_syscalls/enable").write_text("1")
            yield Watch(directory=instance)
        finally:
            (instance / "events/raw_syscalls/enable").write_text("0")
            instance.rmdir()

    def reported(self, watch, _pid, _name):
        return None  # what is in the ring are the last records alone


class Strace(Nothing):
    """Of one command and its children alone."""

    name, least, scale = "strace -f -c", EMPTY_PAIR, 0.02
    delivers = "calls, errors and system time by number, of one command alone"

    @contextlib.contextmanager
    def attached(self):
        with tempfile.TemporaryDirectory(prefix="footprint-bench-") as directory:
            watch = Watch(directory=directory)
            watch.prefix = [machine.find("strace"), "-f", "-c", "-o", f"{directory}/summary"]
            yield watch

    def reported(self, watch, _pid, name):
        text = pathlib.Path(watch.directory, "summary").read_text()
        for words in map(str.split, text.splitlines()):
            if words[-1:] == [name]:  # % time, seconds, usecs/call, calls, errors, syscall
                return int(words[3])
        return 0


def system_wide() -> list:
    return [Syscount(False), BpftraceCount(), Syscount(True), BpftraceTimes(), Ftrace(),
            PerfTrace()]


def every() -> list:
    return [*system_wide(), Strace()]


def versions() -> dict:
    """Of what is here."""
    found = {}
    for program in ("bpftrace", "perf", "strace", "redis-server", "sqlite3", "node"):
        with contextlib.suppress(Failure):
            found[program] = run([machine.find(program), "--version"]).strip().splitlines()[0][:60]
    return found
