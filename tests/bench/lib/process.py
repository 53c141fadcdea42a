# SPDX-License-Identifier: Apache-2.0
"""Programs that a measurement starts, and what they cost.

A Process owns its child: it ends it with the `with` block, and the kernel ends it with this script.
"""
import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import tempfile
import time

from lib.failure import Failure

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def _die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    def __init__(self, argv: list, stop: int = signal.SIGTERM, discard: bool = False, env=None):
        self.argv, self._stop = [str(word) for word in argv], stop
        self._out = subprocess.DEVNULL if discard else tempfile.TemporaryFile()
        self._err = tempfile.TemporaryFile()
        self._child = subprocess.Popen(
            self.argv, stdin=subprocess.PIPE, stdout=self._out, stderr=self._err,
            preexec_fn=_die_with_parent, start_new_session=True,
            env={**os.environ, **(env or {})})
        self.pid = self._child.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        for file in (self._out, self._err):
            if file != subprocess.DEVNULL:
                file.close()

    def out(self) -> str:
        return _text(self._out)

    def err(self) -> str:
        return _text(self._err)

    def write(self, text: str):
        self._child.stdin.write(text.encode())
        self._child.stdin.flush()

    def finish_input(self, text: str):
        with contextlib.suppress(BrokenPipeError):
            self.write(text)
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()

    def ended(self) -> bool:
        return self._child.poll() is not None

    def await_output(self, word: str, seconds: float = 30):
        self.until(lambda: word in self.out(), f"did not say \"{word}\"", seconds)

    def until(self, yes, complaint: str, seconds: float = 30):
        end = time.monotonic() + seconds
        while not yes():
            if self.ended() or time.monotonic() > end:
                raise Failure(f"{self.argv[0]} {complaint}: {last_lines(self.err() or self.out())}")
            time.sleep(0.01)

    def wait(self, seconds: float) -> int:
        """Its exit status, when it ends by itself."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.argv[0]} took longer than {seconds:.0f} s") from None

    def stop(self, seconds: float = 20):
        """Asks it, and what it started, to end; then makes it."""
        if not self.ended():
            with contextlib.suppress(OSError):
                self._child.stdin.close()
            _signal_all(self.pid, self._stop)
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            _signal_all(self.pid, signal.SIGKILL)
            self._child.wait()
        return self._child.returncode


def _signal_all(session: int, number: int):
    """strace leaves what it traces behind when it is told to end: that is told as well."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(session, number)


def _text(file) -> str:
    if file == subprocess.DEVNULL:
        return ""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors="replace")


def last_lines(text: str, count: int = 2) -> str:
    return " / ".join(line.strip() for line in text.strip().splitlines()[-count:])


def run(argv: list, seconds: float = 300, text: str = "", env=None) -> str:
    """Its output; a Failure when it does not end well or in time."""
    with Process(argv, env=env) as process:
        process.finish_input(text)
        status = process.wait(seconds)
        out = process.out()
        if status != 0:
            raise Failure(f"{argv[0]} ended with {status}: {last_lines(process.err() or out)}")
    return out


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of its threads, ended ones included, to the nanosecond."""
    # The clock that clock_getcpuclockid(3) answers.
    return time.clock_gettime((~pid << 3) | 2)


def cpu_share(pid: int, seconds: float) -> float:
    """Of one processor, over the next `seconds`."""
    begin, before = time.monotonic(), cpu_seconds(pid)
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begin)


def memory(pid: int) -> dict:
    """Resident bytes, and those of them that no other process shares."""
    sizes = {}
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) * 1024
    return {"resident": sizes["Rss"], "private": sizes["Private_Clean"] + sizes["Private_Dirty"]}
