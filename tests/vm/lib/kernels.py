# SPDX-License-Identifier: Apache-2.0
"""Kernels of Debian's packages, unpacked into the cache."""
import dataclasses
import functools
import pathlib
import re
import shutil
import subprocess

from lib.archive import Archive, Lock, cache
from lib.failure import Failure, Unavailable

# How the newest kernel of a suite is called, by (architecture, variant).
PACKAGES = {
    ("amd64", "none"): "linux-image-amd64",
    ("amd64", "rt"): "linux-image-rt-amd64",
    ("arm64", "none"): "linux-image-arm64",
    ("arm64", "rt"): "linux-image-rt-arm64",
    ("arm64", "16k"): "linux-image-arm64-16k",
}


@dataclasses.dataclass
class Kernel:
    release: str
    image: pathlib.Path
    modules: pathlib.Path  # lib/modules/RELEASE, with modules.dep

    @functools.cached_property
    def needs(self) -> dict:
        """Module file -> the files that it needs, by modules.dep."""
        lines = (self.modules / "modules.dep").read_text().splitlines()
        return {file: others.split() for file, _, others in (line.partition(":") for line in lines)}

    @functools.cached_property
    def _files(self) -> dict:
        built_in = self.modules / "modules.builtin"
        files = built_in.read_text().split() if built_in.exists() else []
        return {_name(pathlib.Path(file).name.partition(".ko")[0]): file
                for file in (*files, *self.needs)}

    def module(self, name: str):
        """Its file, which is in `needs` unless it is built in; None: the kernel has none."""
        return self._files.get(_name(name))


def _name(module: str) -> str:
    return module.replace("-", "_")


def _open(root: pathlib.Path) -> Kernel:
    # Where it lies depends on the suite: /boot, or beside its modules.
    images = list(root.glob("boot/vmlinuz-*")) + list(root.glob("usr/lib/modules/*/vmlinuz"))
    if len(images) != 1:
        raise Failure(f"{root.name}: {len(images)} kernel images in the package, not one")
    image = images[0]
    release = image.parent.name if image.name == "vmlinuz" else image.name.partition("-")[2]
    return Kernel(release, image, root / "lib/modules" / release)


def get(suite: str, arch: str, variant: str, refresh: bool = False) -> Kernel:
    """The newest kernel of `suite`; a cached one is kept until `refresh`."""
    if (arch, variant) not in PACKAGES:
        raise Unavailable(f"there is no {variant} kernel for {arch}")
    name = f"{suite}-{arch}-{variant}"
    root = cache() / "kernels" / name
    with Lock(name):
        if refresh:
            shutil.rmtree(root, ignore_errors=True)
        if not root.is_dir():
            _fetch(Archive(suite, arch), PACKAGES[arch, variant], root)
    return _open(root)


def _fetch(archive: Archive, package: str, root: pathlib.Path):
    # Image and modules, which newer suites keep in packages of their own.
    wanted = [p for p in archive.closure(package)
              if re.match(r"linux-(image|modules|binary)[a-z-]*-\d", p)]
    if not wanted:
        raise Unavailable(f"{archive.suite} {archive.arch}: {package} brings no kernel image")
    fresh = root.with_name(root.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    archive.unpack(wanted, fresh)
    if not (fresh / "lib").exists():
        (fresh / "lib").symlink_to("usr/lib")
    kernel = _open(fresh)
    done = subprocess.run(["/sbin/depmod", "-b", fresh, kernel.release], capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise Failure(f"depmod of {kernel.release}: {done.stderr.strip()}")
    fresh.rename(root)
