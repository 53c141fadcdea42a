# SPDX-License-Identifier: Apache-2.0
"""What the profiler may cost, what it would like to cost, and what it does cost."""
from lib import markdown

# name: (what, budget, moonshot, how a figure is written)
BUDGETS = {
    "calls": ("calls alone, of the empty sys_enter program", 1.35, 1.15, markdown.times),
    "errors": ("calls and errors, of the empty pair", 1.3, 1.1, markdown.times),
    "latency": ("and latency, of the empty pair", 2.0, 1.6, markdown.times),
    "full": ("and the driver behind the descriptor, of the empty pair", 2.4, 1.8, markdown.times),
    "cpu_busy": ("daemon's CPU at 1 Hz, 500 threads busy, of one core", 0.005, 0.002,
                 lambda v: f"{100 * v:.2f} %"),
    "resident_idle": ("daemon's resident memory, idle", 32 << 20, 20 << 20, markdown.mib),
    "resident_1000": ("daemon's resident memory, 1000 threads", 40 << 20, 24 << 20, markdown.mib),
    "kernel": ("kernel memory at the defaults of a board with 1 GiB", 8 << 20, 4 << 20,
               markdown.mib),
}


def verdict(name: str, measured: float) -> str:
    _, budget, moonshot, _ = BUDGETS[name]
    if measured <= moonshot:
        return "moonshot"
    return "met" if measured <= budget else "**missed**"


def table(measured: dict) -> str:
    """`measured`: name of a budget to [(where, figure)]."""
    rows = []
    for name, (what, budget, moonshot, write) in BUDGETS.items():
        for where, value in measured.get(name) or [("", None)]:
            rows.append([what + (f": {where}" if where else ""), write(budget), write(moonshot),
                         "not measured" if value is None else write(value),
                         "" if value is None else verdict(name, value)])
    return markdown.table(["", "budget", "moonshot", "measured", ""], rows)
