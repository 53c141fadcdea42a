# SPDX-License-Identifier: Apache-2.0
"""Which tests a cell runs. All of them run unchanged on the live kernel, too.

Not here: what needs programs that the guest lacks (strace's samples, python), what is about
the client and the server and not about the kernel; twenty thousand lives and the sum rule, which
take ten minutes and more under emulation: `tests/vm/run ... bpf.sum_rule.cgroup_exactly/full`.
"""
import pathlib

from lib.failure import Failure

# (test, seconds that it may take under emulation)
OBJECTS = [("e2e.load.an_object_or_why_not", 240)]
# These force an object, one after the other.
BOTH_OBJECTS = [
    ("e2e.exact.million", 600), ("e2e.exact.errors", 240), ("e2e.exact.denied_by_seccomp", 240),
    ("e2e.exact.unfinished", 240), ("e2e.lives.reused_pid_inherits_nothing", 240),
    ("e2e.loss.another_thread_execs", 240),
]
OF_ARCHITECTURE = {"amd64": [("e2e.exact.i386", 240)], "arm64": [("e2e.exact.arm", 240)]}
# These take the object that the kernel accepts.
EITHER_OBJECT = [
    ("e2e.exact.tiers", 240), ("e2e.exact.in_flight", 240),
    ("e2e.exact.killed_while_blocked", 240), ("e2e.stream.deltas_add_up", 240),
    ("e2e.stream.events_of_a_life", 240), ("e2e.loss.slots_64_spill_holds", 600),
    ("e2e.loss.slots_64_spill_full", 600), ("e2e.degrade.missing_hooks", 400),
    ("e2e.clock.steps_of_the_wall_clock", 240),
]
# Needs tracefs, which lockdown closes.
BESIDE = [("e2e.beside.a_tool_of_perf", 300)]
# Debian's arm64 kernels preempt nothing (CONFIG_PREEMPT_COUNT=n) and do without perf.
REFUSED = {"amd64": [("e2e.beside.perf_is_refused", 300)], "arm64": []}
# What every run of the project's tests does on its two cells, for both objects where they load.
# What stands behind a descriptor: where the full object serves.
BEHIND = [("e2e.objects.every_kind_of_file", 300),
          ("e2e.objects.every_kind_of_file_without_typed_loads", 300),
          ("e2e.objects.a_number_changes_hands", 240), ("e2e.objects.ioctl_commands", 240)]
# Modules: the ledger, and drivers behind descriptors that come and go.
MODULES = [("e2e.modules.hooks_are_told", 240), ("e2e.modules.exact_to_the_count", 400),
           ("e2e.modules.table_is_that_of_the_kernel", 300),
           ("e2e.modules.requests_name_who_asked", 300),
           ("e2e.modules.rig_against_its_baseline", 300)]
OF_BOTH = {"e2e.modules.exact_to_the_count"}  # for both objects, one after the other
# Where the board has the bus, see board.py.
ON_BOARD = {"amd64": [], "arm64": [("e2e.modules.spi_behind_its_descriptor", 300)]}
MODULES_BEHIND = [("e2e.modules.i2c_behind_its_descriptor", 300),
                  ("e2e.modules.bluetooth_behind_its_descriptors", 300),
                  ("e2e.modules.a_driver_that_comes_back_is_not_the_one_that_went", 300)]
QUICK = {"e2e.modules.i2c_behind_its_descriptor", "e2e.modules.spi_behind_its_descriptor",
         "e2e.modules.bluetooth_behind_its_descriptors",
         "e2e.objects.every_kind_of_file",
         "e2e.clock.steps_of_the_wall_clock", "e2e.load.an_object_or_why_not", "e2e.exact.million", "e2e.exact.errors",
         "e2e.exact.unfinished", "e2e.exact.i386", "e2e.exact.arm", "e2e.exact.tiers",
         "e2e.exact.in_flight", "e2e.stream.events_of_a_life",
         "bpf.objects.every_kind_of_file_has_its_name"}
NAMES = [("bpf.objects.every_kind_of_file_has_its_name", 240)]
WITHOUT_BTF = [("e2e.exact.million_without_btf", 400)]
# Suites whose kernel refuses the full object: 5.10 has no bpf_get_current_task_btf. The daemon
# finds that out by itself, which the first test checks; here it only says what to expect.
CORE_ALONE = {"bullseye"}
# Drivers that not every kernel's package has.
NEEDS = {
    "e2e.modules.i2c_behind_its_descriptor": ("i2c-stub", "i2c-dev"),
    "e2e.modules.bluetooth_behind_its_descriptors": ("bluetooth", "hci_vhci"),
    "e2e.modules.a_driver_that_comes_back_is_not_the_one_that_went": ("i2c-stub", "i2c-dev"),
    "e2e.modules.requests_name_who_asked": ("bluetooth",),
    "e2e.modules.spi_behind_its_descriptor": ("spi-gpio",),
}
# Suites whose kernel preempts tracepoint programs: there the core object is stamped incomplete.
FULL_ALONE = {"sid"}
PROGRAMS = {"e2e": "e2e_tests", "bpf.sum_rule": "bpf_tests", "bpf.objects": "bpf_objects"}


def for_cell(cell, quick: bool = False) -> list:
    """(test, limit) of a cell, see lib/cell.py."""
    return [(name, limit) for name, limit in _all_of(cell)
            if not quick or name.partition("/")[0] in QUICK]


def _all_of(cell) -> list:
    both = BOTH_OBJECTS + OF_ARCHITECTURE[cell.arch]
    if cell.lockdown:  # takes away the helpers without which the core object knows nothing
        return OBJECTS + [(f"{name}/full", limit) for name, limit in both] + EITHER_OBJECT
    if cell.kernel in FULL_ALONE:
        modules = [(name + "/full" if name in OF_BOTH else name, limit) for name, limit in MODULES]
        alone = OBJECTS + [(f"{name}/full", limit) for name, limit in both] + EITHER_OBJECT
        if cell.caps:
            return alone + BESIDE + BEHIND + modules + REFUSED[cell.arch]
        return (alone + BESIDE + BEHIND + NAMES + modules + MODULES_BEHIND + ON_BOARD[cell.arch])
    if cell.btf == "hidden" or cell.kernel in CORE_ALONE:
        return OBJECTS + [(f"{name}/core", limit) for name, limit in both] + EITHER_OBJECT + BESIDE
    if cell.caps:
        return OBJECTS + both + EITHER_OBJECT + BESIDE + BEHIND + MODULES
    return (OBJECTS + both + WITHOUT_BTF + EITHER_OBJECT + BESIDE + BEHIND + NAMES + MODULES +
            MODULES_BEHIND + ON_BOARD[cell.arch])


def possible(chosen: list, kernel) -> tuple:
    """Those of `chosen` that the kernel has the drivers for, and (test, why) of the others."""
    left_out = []
    for name, _ in chosen:
        missing = [m for m in NEEDS.get(name, ()) if not kernel.module(m)]
        if missing:
            left_out.append((name, f"kernel {kernel.release} has no {', '.join(missing)}"))
    without = {name for name, _ in left_out}
    return [test for test in chosen if test[0] not in without], left_out


def named(names: list) -> list:
    groups = (OBJECTS, BOTH_OBJECTS, EITHER_OBJECT, BESIDE, BEHIND, NAMES, MODULES, MODULES_BEHIND,
              WITHOUT_BTF, *OF_ARCHITECTURE.values(), *ON_BOARD.values(), *REFUSED.values())
    known = {name: limit for group in groups for name, limit in group}
    return [(name, known.get(name.partition("/")[0], 1200)) for name in names]


def command(test: str, build: pathlib.Path) -> str:
    """`bpf.sum_rule.x`, or with one of its sections: `bpf.sum_rule.x/core`."""
    name, _, section = test.partition("/")
    for prefix, program in PROGRAMS.items():
        if name.startswith(prefix + "."):
            words = f"exec {build}/bin/{program} '{name}'"
            return words + (f" -c '{section}'" if section else "")
    raise Failure(f"no program has a test {name}")
