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


@dataclasses.dataclass
class Ready:
    """A cell that can be booted: the kernel is fetched, the programs are built."""
    cell: Cell
    kernel: kernels.Kernel
    directory: pathlib.Path  # of the build

    def boot(self, lines: list, log: str, modules=(), silence=machine.SILENCE) -> machine.Outcome:
        """Runs `lines`, (test, seconds, command) each; the console goes to the file `log`."""
        cell = self.cell
        # A word that no program prints by chance.
        mark = f"@vm-{secrets.token_hex(4)}"
        settings = {"slowness": SLOWNESS, "hide_btf": "1" if cell.btf == "hidden" else "",
                    "daemon_as": DAEMON_USER if cell.caps else ""}
        contents = Contents(cell.arch, self.kernel, self.directory, lines, mark, settings,
                            tuple(modules))
        logs = self.directory / "vm"
        logs.mkdir(exist_ok=True)
        words = ["lockdown=confidentiality"] if cell.lockdown else []
        with tempfile.TemporaryDirectory(prefix="footprint-vm-") as scratch:
            initramfs = pathlib.Path(scratch) / "initramfs.gz"
            Guest(contents).write(initramfs)
            threads = "single" if (cell.kernel, cell.arch) in ONE_THREAD else "multi"
            command = machine.command(cell.arch, threads, self.kernel.image, initramfs, words)
            return machine.Run(lines, mark, silence).boot(command, logs / log)


def ready(cell: Cell, build=None, refresh=False) -> Ready:
    """`build`: see build_directory()."""
    machine.emulator(cell.arch)
    directory = build_directory(cell.arch, build)
    kernel = kernels.get(cell.kernel, cell.arch, cell.variant, refresh)
    if cell.arch != host_architecture():
        cross.build(directory, os.cpu_count())
    return Ready(cell, kernel, directory)


def run(cell: Cell, tests: list, build=None, refresh=False, modules=(), quick=False):
    """Boots the cell and runs `tests`, or those that belong to it. Answers machine.Outcome."""
    made = ready(cell, build, refresh)
    chosen, left_out = selection.possible(
        selection.named(tests) if tests else selection.for_cell(cell, quick), made.kernel)
    lines = [(name, limit, selection.command(name, made.directory)) for name, limit in chosen]
    outcome = made.boot(lines, f"{cell.name}.console", modules)
    outcome.left_out = left_out
    return outcome
