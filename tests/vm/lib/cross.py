# SPDX-License-Identifier: Apache-2.0
"""The arm64 build: a cross compiler and a sysroot from Debian's packages, in the cache.

Nothing is installed on the machine: Debian's cross compilers and gcc-multilib, which many
machines have, cannot be installed together. See docs/decisions/0010-other-kernels.md.
"""
import os
import pathlib
import re
import shutil
import subprocess

from lib.archive import Archive, Lock, cache
from lib.failure import Failure

SOURCE = pathlib.Path(__file__).resolve().parents[3]
SUITE = "bookworm"  # the distribution that footprint is built on
COMPILERS = ("g++-12-aarch64-linux-gnu", "gcc-12-arm-linux-gnueabihf")
# Without a C library: that, and the kernel's headers, are the sysroot's.
OF_COMPILERS = re.compile(r"(?!libc6|linux-libc)(.*(aarch64-linux-gnu|arm64-cross"
                          r"|arm-linux-gnueabihf|armhf-cross)|gcc-12-cross-base)")
# Tools that run here while building; what they make is the same for every architecture.
HOST_TOOLS = {"cmake", "ninja-build", "g++", "pkg-config", "mawk", "clang", "bpftool",
              "protobuf-compiler"}
# What the programs in the guest take beside the libraries that they are linked to.
GUEST = ("busybox-static", "dash", "coreutils", "kmod", "strace", "catch2")


def _libraries() -> list[str]:
    lines = (SOURCE / "packaging/build-deps").read_text().splitlines()
    names = [line.split("#")[0].strip() for line in lines]
    return [name for name in names if name and name not in HOST_TOOLS]


def _ready(root: pathlib.Path, stamp: str) -> bool:
    mark = root / ".contents"
    return mark.exists() and mark.read_text() == stamp


def toolchain() -> pathlib.Path:
    root = cache() / "cross-compilers"
    stamp = " ".join(COMPILERS) + OF_COMPILERS.pattern
    with Lock(root.name):
        if not _ready(root, stamp):
            shutil.rmtree(root, ignore_errors=True)
            host = Archive(SUITE, "amd64")
            host.unpack([p for p in host.closure(*COMPILERS) if OF_COMPILERS.match(p)], root)
            (root / ".contents").write_text(stamp)
    return root


def _make_links_relative(root: pathlib.Path):
    """A link to /lib/... means the sysroot's /lib here, not the machine's."""
    for directory, subdirectories, files in os.walk(root):
        for name in subdirectories + files:
            path = pathlib.Path(directory, name)
            if path.is_symlink() and (to := os.readlink(path)).startswith("/"):
                path.unlink()
                path.symlink_to(os.path.relpath(root / to[1:], directory))


def sysroot(arch: str = "arm64") -> pathlib.Path:
    """Libraries and headers of another architecture, and the guest's small programs."""
    root = cache() / f"sysroot-{arch}"
    wanted = _libraries() + list(GUEST)
    stamp = " ".join(wanted)
    with Lock(root.name):
        if not _ready(root, stamp):
            shutil.rmtree(root, ignore_errors=True)
            target = Archive(SUITE, arch)
            target.unpack(target.closure(*wanted), root)
            _make_links_relative(root)
            (root / ".contents").write_text(stamp)
    return root


def environment() -> dict:
    """For the cross binutils, which find their own libraries there."""
    return {**os.environ, "LD_LIBRARY_PATH": str(toolchain() / "usr/lib/x86_64-linux-gnu")}


# What the guest runs; nothing else is worth the time of a second build.
TARGETS = ("footprintd", "footprint", "footprint_workloads", "e2e_tests", "bpf_tests",
           "bpf_objects")


def build(directory: pathlib.Path, jobs: int, kind: str = "RelWithDebInfo"):
    """Builds the product and the tests for arm64 in `directory`."""
    compilers, root = toolchain(), sysroot()
    configure = ["cmake", "-G", "Ninja", "-S", SOURCE, "-B", directory,
                 f"-DCMAKE_TOOLCHAIN_FILE={SOURCE}/cmake/toolchain-arm64.cmake",
                 f"-DFOOTPRINT_CROSS={compilers}", f"-DFOOTPRINT_SYSROOT={root}",
                 f"-DCMAKE_BUILD_TYPE={kind}", "-DCMAKE_UNITY_BUILD=ON"]
    make = ["cmake", "--build", directory, "-j", str(jobs), "--target", *TARGETS]
    for command in (configure, make):
        done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode != 0:
            said = "\n".join(done.stdout.splitlines()[-40:])
            raise Failure(f"the arm64 build failed:\n{said}")
