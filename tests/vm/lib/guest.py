# SPDX-License-Identifier: Apache-2.0
"""What is in a guest: the product, the tests, their libraries, modules, a shell."""
import dataclasses
import lzma
import pathlib
import re
import subprocess
import tempfile

from lib import cross
from lib.elf import Libraries
from lib.failure import Failure
from lib.initramfs import Initramfs
from lib.kernels import Kernel

HERE = pathlib.Path(__file__).resolve().parents[1]
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
PRODUCT = ("bin/footprintd", "bin/footprint", "bin/e2e_tests", "bin/bpf_tests", "bin/bpf_objects")
# Real ones beside busybox: tests copy and count them, and busybox is one program with many names.
COMMANDS = ("dash", "true", "false", "cat", "ls", "env", "sleep", "head", "sort", "tr", "uniq",
            "wc", "kmod")
KMOD = ("modprobe", "insmod", "rmmod", "lsmod", "depmod", "modinfo")
# Modules that tests load, with what these need; a kernel may lack some.
MODULES = ("loop", "dummy", "tun", "fuse", "i2c-dev", "i2c-stub", "bluetooth", "hci_vhci",
           "hci_uart", "spidev", "spi-gpio", "i2c-gpio", "cdc-acm", "ftdi_sio",
           # What Bluetooth asks for when a controller comes up.
           "ctr", "hmac", "sha512_generic", "jitterentropy_rng", "cmac", "drbg")


def host_architecture() -> str:
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True,
                          text=True).stdout.strip()


def _inside(path: str) -> str:
    """Where a file goes: /bin, /sbin and /lib are links into /usr."""
    return re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", path)


@dataclasses.dataclass
class Contents:
    """All that a guest is made of."""
    arch: str
    kernel: Kernel
    build: pathlib.Path
    tests: list  # lines of /vm/tests
    mark: str
    settings: dict
    modules: tuple = ()  # beside MODULES; a kernel without one of these is a failure


class Guest:
    def __init__(self, contents: Contents):
        self.contents = contents
        self.image = Initramfs()
        native = contents.arch == host_architecture()
        self.root = pathlib.Path("/") if native else cross.sysroot(contents.arch)
        self.libraries = Libraries(self.root, TRIPLETS[contents.arch])

    def write(self, target: pathlib.Path):
        self._skeleton()
        with tempfile.TemporaryDirectory() as scratch:
            self._programs(pathlib.Path(scratch))
        self._modules()
        self.image.write(target)

    def _skeleton(self):
        image = self.image
        for name in ("bin", "sbin", "lib", "lib64"):
            image.add_directory(f"/usr/{name}")
            image.add_link(f"/{name}", f"usr/{name}")
        for name in ("proc", "sys", "dev", "run", "root", "etc", "vm", "var"):
            image.add_directory(name)
        image.add_directory("/tmp", 0o1777)
        # The first process has them before devtmpfs is there.
        image.add_device("/dev/console", 5, 1)
        image.add_device("/dev/null", 1, 3)
        image.add("/etc/passwd", b"root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
        image.add("/etc/group", b"root:x:0:\nnogroup:x:65534:\n")
        image.add_file("/init", HERE / "init")
        image.add("/vm/mark", self.contents.mark.encode() + b"\n")
        image.add("/vm/tests", "".join("\t".join(map(str, test)) + "\n"
                                       for test in self.contents.tests).encode())
        image.add("/vm/settings", "".join(f"{name}='{value}'\n" for name, value
                                          in self.contents.settings.items()).encode())

    def _strip(self, program: pathlib.Path, scratch: pathlib.Path) -> pathlib.Path:
        tool = "strip"
        environment = None
        if self.root != pathlib.Path("/"):
            environment = cross.environment()
            tool = cross.toolchain() / f"usr/bin/{TRIPLETS[self.contents.arch]}-strip"
        small = scratch / program.name
        done = subprocess.run([tool, "-o", small, program], capture_output=True, text=True,
                              env=environment)
        if done.returncode != 0:
            raise Failure(f"strip {program}: {done.stderr.strip()}")
        return small

    def _find(self, command: str) -> pathlib.Path:
        for directory in ("bin", "usr/bin"):
            if (path := self.root / directory / command).exists():
                return path
        raise Failure(f"no {command} in {self.root}")

    def _programs(self, scratch: pathlib.Path):
        image, build = self.image, self.contents.build
        linked = []
        for name in PRODUCT:
            if not (build / name).exists():
                raise Failure(f"{build / name} is not built")
            small = self._strip(build / name, scratch)
            # Where it was built: the tests know the product by that path.
            image.add_file(str(build / name), small)
            linked.append(small)
        for workload in sorted((build / "workloads").iterdir()):
            if workload.is_file():
                image.add_file(str(workload), workload)
                linked.append(workload)
        for command in COMMANDS:
            image.add_file(f"/usr/bin/{command}", path := self._find(command))
            linked.append(path.resolve())
        image.add_link("/usr/bin/sh", "dash")
        for name in KMOD:
            image.add_link(f"/usr/sbin/{name}", "../bin/kmod")
        image.add_file("/usr/bin/busybox", self._find("busybox"))
        for inside, library in self.libraries.of(linked).items():
            image.add_file(_inside(inside), library)

    def _modules(self):
        kernel, image = self.contents.kernel, self.image
        needs = kernel.needs
        wanted = []
        for name in MODULES + self.contents.modules:
            file = kernel.module(name)
            if file in needs:
                wanted += [file] + needs[file]
            elif file is None and name in self.contents.modules:
                raise Failure(f"kernel {kernel.release} has no module {name}")
        there = f"/usr/lib/modules/{kernel.release}"
        lines = []
        for file in dict.fromkeys(wanted):
            content = (kernel.modules / file).read_bytes()
            if file.endswith(".xz"):
                content = lzma.decompress(content)
            image.add(f"{there}/{_plain(file)}", content)
            lines.append(f"{_plain(file)}: {' '.join(map(_plain, needs[file]))}".rstrip())
        image.add(f"{there}/modules.dep", "".join(line + "\n" for line in lines).encode())
        # Aliases (char-major-..., bt-proto-...) and built-in modules, for request_module.
        for name in ("modules.alias", "modules.softdep", "modules.builtin", "modules.order",
                     "modules.builtin.modinfo"):
            if (kernel.modules / name).exists():
                image.add_file(f"{there}/{name}", kernel.modules / name)


def _plain(file: str) -> str:
    return file.removesuffix(".xz")
