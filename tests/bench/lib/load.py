# SPDX-License-Identifier: Apache-2.0
"""Threads that are busy in every second, and clients that watch."""
import contextlib

from lib import machine
from lib.process import Process

# Each makes 40 calls of four kinds, then sleeps for 50 ms.
PACE = [40, 50_000]


@contextlib.contextmanager
def busy(threads: int):
    if threads == 0:
        yield
        return
    with Process([machine.build("bench/paced"), threads, *PACE]) as process:
        process.await_output("ready")
        yield


@contextlib.contextmanager
def watchers(watch, clients: int):
    """Each wants a footprint of the system once a second."""
    argv = [machine.build("bin/footprint"), "watch", "--interval", 1, "--format", "csv"]
    with contextlib.ExitStack() as stack:
        for _ in range(clients):
            stack.enter_context(Process(argv, discard=True, env=watch.environment()))
        yield
