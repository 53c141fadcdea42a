# SPDX-License-Identifier: Apache-2.0
"""This machine: what it is, what it lacks, and how much of it others took."""
import contextlib
import os
import pathlib
import platform
import re
import shutil
import time

from lib.failure import Unavailable
from lib.process import run

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("FOOTPRINT_BUILD", ROOT / "build"))
PROGRAMS = ["bin/footprintd", "bin/footprint", "bench/loop", "bench/empty", "bench/programs",
            "bench/paced", "bench/visible", "workloads/storm"]
# Programs to the Debian packages of packaging/bench-deps that have them.
PACKAGES = {"bpftrace": "bpftrace", "syscount": "libbpf-tools", "perf": "linux-perf",
            "strace": "strace", "redis-server": "redis-server", "redis-benchmark": "redis-tools",
            "sqlite3": "sqlite3", "cyclictest": "rt-tests", "node": "nodejs"}


def build(name: str) -> pathlib.Path:
    return BUILD / name


def find(program: str) -> str:
    """Where it is; Unavailable, with the package, when it is not."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Unavailable(f"no {program}: package {PACKAGES[program]}, which "
                          "`packaging/install-build-deps packaging/bench-deps` installs")
    return path


def check():
    """Raises Unavailable unless measurements can begin."""
    if os.geteuid() != 0:
        raise Unavailable("loading BPF programs takes root")
    missing = [name for name in PROGRAMS if not build(name).exists()]
    if missing:
        raise Unavailable(f"{BUILD} lacks {', '.join(missing)}: "
                          "cmake --preset release && cmake --build build --target footprint_bench")


def processors() -> int:
    return os.cpu_count() or 1


def missing_programs() -> list:
    """(program, package) of each that is not here."""
    lacking = []
    for program, package in PACKAGES.items():
        try:
            find(program)
        except Unavailable:
            lacking.append((program, package))
    return lacking


def facts() -> dict:
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    virtual = " hypervisor" in cpuinfo
    return {"kernel": platform.release(), "machine": platform.machine(),
            "processor": model.group(1).strip() if model else "unknown",
            "processors": processors(), "memory_bytes": int(memory.group(1)) * 1024,
            "virtual": virtual, "commit": commit()}


def commit() -> str:
    try:
        name = run(["git", "-C", ROOT, "rev-parse", "--short=12", "HEAD"]).strip()
        # Of what is measured; a page that was written since changes nothing.
        dirty = run(["git", "-C", ROOT, "status", "--porcelain", "--", "bpf", "daemon", "client",
                     "proto", "data", "tests/bench"]).strip()
        return name + (" with changes" if dirty else "")
    except Exception:  # pylint: disable=broad-except
        return "unknown"


def observers() -> list:
    """Processes with BPF programs on sys_enter or sys_exit: they are part of every figure."""
    found = set()
    for file in pathlib.Path("/proc").glob("[0-9]*/fdinfo/*"):
        with contextlib.suppress(OSError):
            if re.search(r"^tp_name:\s*sys_(enter|exit)$", file.read_text(), re.MULTILINE):
                process = file.parent.parent
                found.add(f"{(process / 'comm').read_text().strip()} ({process.name})")
    return sorted(found)


class Noise:
    """Of a stretch of time: how busy others were before it, who watched, and what the hypervisor
    took away."""

    def __init__(self):
        self.observers = set(observers())
        before = _cpu_times()
        time.sleep(2)
        took = [now - then for now, then in zip(_cpu_times(), before)]
        self.busy = 1 - (took[3] + took[4]) / max(1, sum(took))  # all but idle and iowait
        self._begin, self._times = time.monotonic(), _cpu_times()

    def result(self) -> dict:
        took = [now - then for now, then in zip(_cpu_times(), self._times)]
        watched = sorted(self.observers | set(observers()))
        return {"busy_before": self.busy, "observers": watched, "steal": took[7] / max(1, sum(took)),
                "seconds": time.monotonic() - self._begin,
                "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime())}


def _cpu_times() -> list:
    with open("/proc/stat", encoding="ascii") as file:
        return [int(word) for word in file.readline().split()[1:9]]
