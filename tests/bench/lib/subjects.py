# SPDX-License-Identifier: Apache-2.0
"""What watches while something is measured: nothing, empty programs, the daemon at a tier.

A subject is attached with `with subject.attached() as watch`; `watch.wrap(argv)` is how a command
is started under it, and `subject.reported(watch, pid, calls)`, afterwards or before the end, how
many calls of a loop it told of.
"""
import contextlib
import json
import os
import pathlib
import socket
import tempfile

from lib import machine
from lib.failure import Failure
from lib.process import Process, run

EMPTY_ENTER, EMPTY_PAIR = "empty sys_enter", "empty pair"


class Watch:
    """While it is attached."""

    def __init__(self, process=None, directory=None):
        self.process, self.directory = process, directory
        self.prefix = []

    def wrap(self, argv: list) -> list:
        return self.prefix + [str(word) for word in argv]

    def client(self, *arguments, seconds: float = 60) -> str:
        """`footprint` that asks this daemon."""
        return run([machine.build("bin/footprint"), *arguments], seconds, env=self.environment())

    def environment(self) -> dict:
        return {"FOOTPRINT_TARGET": self.target()}

    def target(self) -> str:
        return f"unix:{self.directory}/query.sock"

    def status(self) -> dict:
        return json.loads(self.client("status", "--format", "json"))


class Nothing:
    name, delivers, least, scale = "nothing", "", None, 1.0

    @contextlib.contextmanager
    def attached(self):
        yield Watch()

    def reported(self, _watch, _pid, _name):
        """Calls of a loop that it told of; None where it has no such number."""
        return None


class Empty(Nothing):
    def __init__(self, pair: bool):
        self.name = EMPTY_PAIR if pair else EMPTY_ENTER
        self.delivers = "nothing: the least that an observer can cost"
        self._which = "pair" if pair else "enter"

    @contextlib.contextmanager
    def attached(self):
        with Process([machine.build("bench/empty"), self._which]) as process:
            process.await_output("ready")
            yield Watch(process)


class Daemon(Nothing):
    """footprintd as a user would start it, but for `settings` of its configuration."""

    COUNTS = "calls of each thread"
    DELIVERS = {"calls": COUNTS, "errors": COUNTS + ", errnos",
                "latency": COUNTS + ", errnos, times, histograms",
                "full": COUNTS + ", errnos, times, histograms, who serves the descriptor"}

    def __init__(self, object_kind: str = "auto", tier: str = "full", name: str = "",
                 ignore: dict = None, **settings):
        self.name = name or f"footprint {'core' if object_kind == 'core' else 'full'}, {tier}"
        self.delivers, self.tier = self.DELIVERS[tier], tier
        self.least = EMPTY_ENTER if tier == "calls" else EMPTY_PAIR
        self._settings = {"object": object_kind, "tier": tier, **settings}
        self._ignore = ignore or {}

    @contextlib.contextmanager
    def attached(self):
        with tempfile.TemporaryDirectory(prefix="footprint-bench-") as directory:
            config = pathlib.Path(directory, "config.toml")
            config.write_text(_toml(self._settings) + "[ignore]\n" + _toml(self._ignore))
            watch = Watch(directory=directory)
            argv = [machine.build("bin/footprintd"), "--listen", watch.target(), "--config", config]
            with _started(argv, f"{directory}/notify") as process:
                watch.process = process
                yield watch

    def reported(self, watch, pid, name):
        # Of this daemon's life: one loop.
        report = json.loads(watch.client("show", "--command", "loop", "--format", "json"))
        return sum(row["calls"] for row in report["syscalls"] if row["name"] == name)

    def require_tier(self, watch):
        """A Failure when it does not measure what it was asked to: refused here, or given up."""
        status = watch.status()
        if status["tier"] != self.tier:
            why = status.get("degraded_because") or "no reason given"
            raise Failure(f"it measures {status['tier']}, not {self.tier}: {why}")

    @staticmethod
    def lost(watch) -> dict:
        """Causes that are not zero."""
        return {cause: count for cause, count in watch.status()["losses"].items() if count}


def _toml(settings: dict) -> str:
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())


def _started(argv: list, path: str) -> Process:
    """A daemon that has said READY=1, as to systemd."""
    # Closed then: nobody would read what it says later, and it would wait for a reader.
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.setblocking(False)
        process = Process(argv, env={"NOTIFY_SOCKET": path})
        try:
            process.until(lambda: _ready(notify), "was not ready")
        except Failure:
            process.stop()
            raise
    return process


def _ready(notify) -> bool:
    try:
        return b"READY=1" in notify.recv(4096)
    except BlockingIOError:
        return False


def program_ids(pid: int) -> list:
    """BPF programs that a process holds, each once; not those that it only has links to."""
    ids = []
    for file in os.listdir(f"/proc/{pid}/fdinfo"):
        with contextlib.suppress(OSError):
            lines = pathlib.Path(f"/proc/{pid}/fdinfo/{file}").read_text().splitlines()
            fields = dict(line.split(":", 1) for line in lines if ":" in line)
            if "prog_id" in fields and "link_id" not in fields:
                ids.append(int(fields["prog_id"]))
    return sorted(set(ids))


def programs(pid: int) -> list:
    ids = program_ids(pid)
    return json.loads(run([machine.build("bench/programs"), *ids])) if ids else []


def tiers() -> list:
    """The daemon's objects and tiers, cheapest first; the core object knows no descriptors."""
    return ([Daemon("core", tier) for tier in ("calls", "errors", "latency")]
            + [Daemon("auto", tier) for tier in ("calls", "errors", "latency", "full")])


def ignoring() -> list:
    """The daemon where its configuration leaves out what the loop does."""
    subjects = [Daemon(name="footprint, the call ignored",
                       ignore={"syscalls": ["getppid", "read"]}),
                Daemon(name="footprint, the program ignored", ignore={"commands": ["loop"]})]
    for subject in subjects:
        subject.delivers = "nothing of what is ignored"
    return subjects
