# SPDX-License-Identifier: Apache-2.0
"""One cell of the grid: a kernel, an architecture, and what is taken away."""
import dataclasses
import os
import pathlib
import secrets
import tempfile

from lib import cross, kernels, machine, selection
from lib.failure import Unavailable
from lib.guest import Contents, Guest, host_architecture

SOURCE = pathlib.Path(__file__).resolve().parents[3]
# Emulation against the processor it runs on; deadlines inside tests are multiplied by it.
SLOWNESS = 10
# The emulator runs each processor in a thread of its own, but for kernels that then panic now and
# then (7.2: "Oops: int3") where one processor patches code that another is about to run.
ONE_THREAD = {("sid", "amd64")}
DAEMON_USER = 65534  # for cells without CAP_SYS_ADMIN


@dataclasses.dataclass(frozen=True)
class Cell:
    kernel: str  # the suite
    arch: str
    variant: str = "none"
    btf: str = "shown"
    lockdown: bool = False
    caps: bool = False

    @property
    def name(self) -> str:
        words = [self.kernel, self.arch]
        words += [self.variant] if self.variant != "none" else []
        words += ["nobtf"] if self.btf == "hidden" else []
        words += ["lockdown"] if self.lockdown else []
        words += ["caps"] if self.caps else []
        return "-".join(words)


def build_directory(arch: str, given) -> pathlib.Path:
    if arch == host_architecture():
        return pathlib.Path(given or SOURCE / "build").resolve()
    if (host_architecture(), arch) != ("amd64", "arm64"):
        raise Unavailable(f"{arch} programs are not built on {host_architecture()}")
    return SOURCE / "build-arm64"


def run(cell: Cell, tests: list, build=None, refresh=False, modules=(), quick=False):
    """Boots the cell and runs `tests`, or those that belong to it. Answers machine.Outcome."""
    machine.emulator(cell.arch)
    directory = build_directory(cell.arch, build)
    kernel = kernels.get(cell.kernel, cell.arch, cell.variant, refresh)
    if cell.arch != host_architecture():
        cross.build(directory, os.cpu_count())
    chosen, left_out = selection.possible(
        selection.named(tests) if tests else selection.for_cell(cell, quick), kernel)
    lines = [(name, limit, selection.command(name, directory)) for name, limit in chosen]
    # A word that no program prints by chance.
    mark = f"@vm-{secrets.token_hex(4)}"
    settings = {"slowness": SLOWNESS, "hide_btf": "1" if cell.btf == "hidden" else "",
                "daemon_as": DAEMON_USER if cell.caps else ""}
    contents = Contents(cell.arch, kernel, directory, lines, mark, settings, tuple(modules))
    logs = directory / "vm"
    logs.mkdir(exist_ok=True)
    words = ["lockdown=confidentiality"] if cell.lockdown else []
    with tempfile.TemporaryDirectory(prefix="footprint-vm-") as scratch:
        initramfs = pathlib.Path(scratch) / "initramfs.gz"
        Guest(contents).write(initramfs)
        threads = "single" if (cell.kernel, cell.arch) in ONE_THREAD else "multi"
        outcome = machine.boot(cell.arch, threads, kernel.image, initramfs, lines, mark, words,
                               logs / f"{cell.name}.console")
    outcome.left_out = left_out
    return outcome
