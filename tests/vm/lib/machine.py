# SPDX-License-Identifier: Apache-2.0
"""Boots a guest under software emulation and reads what it says on its console."""
import dataclasses
import pathlib
import queue
import re
import shutil
import subprocess
import threading
import time
import typing

from lib import board
from lib.failure import Unavailable

# "max" is what the emulator can do, 16 KiB pages and 32-bit programs among it. Pointer
# authentication by the architected algorithm takes half of the time, large addresses
# trouble old kernels.
MACHINES = {
    "amd64": ("qemu-system-x86_64", ["-machine", "q35", "-cpu", "max"], "ttyS0"),
    "arm64": ("qemu-system-aarch64",
              ["-machine", "virt", "-cpu", "max,pauth-impdef=on,lpa2=off"], "ttyAMA0"),
}
BOOT_LIMIT = 180  # seconds until the first mark
SILENCE = 60  # seconds beyond a test's own limit, then the guest hangs
TAIL = 100  # lines of the console that a failure shows: a trace takes 40, and what led to it


@dataclasses.dataclass
class Result:
    name: str
    passed: bool
    seconds: int
    output: list


@dataclasses.dataclass
class Outcome:
    results: list = dataclasses.field(default_factory=list)
    facts: list = dataclasses.field(default_factory=list)  # [name, value]
    left_out: list = dataclasses.field(default_factory=list)  # (test, why), see selection.possible
    boot_seconds: float = 0


def emulator(arch: str) -> str:
    program = MACHINES[arch][0]
    if not shutil.which(program):
        raise Unavailable(f"{program} is not installed (packaging/test-deps)")
    return program


def command(arch: str, threads: str, kernel: pathlib.Path, initramfs: pathlib.Path,
            boot: list) -> list:
    """Of the emulator; `boot`: words for the kernel."""
    program, machine, console = emulator(arch), MACHINES[arch][1], MACHINES[arch][2]
    hardware = [program, *machine, "-smp", "2", "-m", "2048", "-nodefaults", "-no-user-config",
                "-display", "none"]
    if arch == "arm64":
        hardware += ["-dtb", board.device_tree(hardware, initramfs.parent)]
    # A panic ends the machine; an oops is a panic.
    words = [f"console={console}", "panic=-1", "oops=panic", "loglevel=4", "rdinit=/init",
             "random.trust_cpu=on", "mitigations=off", *boot]
    return [*hardware, "-accel", f"tcg,thread={threads}", "-serial", "stdio", "-no-reboot",
            "-kernel", kernel, "-initrd", initramfs, "-append", " ".join(words)]


class Console:
    """Lines of the console as they come; keeps all of them, and writes them to `log`."""

    def __init__(self, process: subprocess.Popen, log: typing.TextIO):
        self.lines, self._queue = [], queue.Queue()
        self._log = log
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        self._reader.start()

    def _read(self, stream):
        for raw in stream:
            self._queue.put(raw.decode(errors="replace").rstrip("\r\n"))
        self._queue.put(None)

    def next(self, most: float):
        """The next line; None at the end; raises queue.Empty after `most` seconds."""
        if most <= 0:
            raise queue.Empty
        line = self._queue.get(timeout=most)
        if line is not None:
            # Firmware talks to a terminal.
            line = re.sub(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1bc", "", line)
            self.lines.append(line)
            self._log.write(line + "\n")
            self._log.flush()
        return line

    def tail(self) -> list:
        return [line for line in self.lines if line.strip()][-TAIL:]


class Run:
    """One boot. Every test that was planned has a result at the end."""

    def __init__(self, tests: list, mark: str, silence: int = SILENCE):
        self.planned = {name: int(limit) for name, limit, _ in tests}
        self.mark, self.silence = mark, silence
        self.outcome = Outcome()
        self.current = None
        self.output = []
        self.done = False

    def _marked(self, line: str):
        kind, _, rest = line[len(self.mark) + 1:].partition(" ")
        if kind == "fact":
            self.outcome.facts.append(rest.split(" ", 1))
        elif kind == "begin":
            self.current, self.output = rest, []
        elif kind == "end":
            name, status, seconds = rest.rsplit(" ", 2)
            # 77 is a test that skipped itself: what is planned must run, see selection.possible.
            self.outcome.results.append(
                Result(name, status == "0", int(seconds), self.output + [f"exit status {status}"]))
            self.current = None
        elif kind == "kernel":
            self.outcome.results.append(Result("kernel log", False, 0, [rest]))
        elif kind == "done":
            self.done = True

    def _give_up(self, why: str, console: Console):
        name = self.current or ("boot" if not self.outcome.results else "guest")
        self.outcome.results.append(Result(name, False, 0, [why, *console.tail()]))

    def _read(self, console: Console):
        begin = time.monotonic()
        limit, end = BOOT_LIMIT, begin + BOOT_LIMIT
        while not self.done:
            try:
                line = console.next(end - time.monotonic())
            except queue.Empty:
                self._give_up(f"no test ended or began for {limit} s: the guest hangs", console)
                return
            if line is None:
                self._give_up("the guest ended before its tests did", console)
                return
            if line.startswith(self.mark + " "):
                if not self.outcome.boot_seconds:
                    self.outcome.boot_seconds = time.monotonic() - begin
                self._marked(line)
                # Not at other lines: a kernel that hangs may talk about it for ever.
                limit = self.planned.get(self.current, 0) + self.silence
                end = time.monotonic() + limit
            elif self.current and line.strip():
                self.output.append(line)

    def _finish(self) -> Outcome:
        seen = {result.name for result in self.outcome.results}
        for name in self.planned:
            if name not in seen:
                self.outcome.results.append(Result(name, False, 0, ["did not run"]))
        return self.outcome

    def boot(self, command: list, log: pathlib.Path) -> Outcome:
        """`log`: file that takes all that the console says."""
        with open(log, "w") as copy, subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT) as process:
            try:
                self._read(Console(process, copy))
            finally:
                process.kill()
        return self._finish()
