# SPDX-License-Identifier: Apache-2.0
"""Writes an initramfs: a cpio archive in the "newc" form, which needs no rights to make."""
import gzip
import os
import pathlib
import stat


class Initramfs:
    def __init__(self):
        self.files = {}  # path without the first slash -> (mode, content, device)
        self.add_directory("/")

    def add_directory(self, path: str, mode: int = 0o755):
        path = path.strip("/")
        if path in self.files or not path:
            return
        self.add_directory(os.path.dirname(path))
        self.files[path] = (stat.S_IFDIR | mode, b"", (0, 0))

    def _add(self, path: str, mode: int, content: bytes, device=(0, 0)):
        self.add_directory(os.path.dirname(path))
        self.files[path.strip("/")] = (mode, content, device)

    def add(self, path: str, content: bytes, mode: int = 0o644):
        self._add(path, stat.S_IFREG | mode, content)

    def add_file(self, path: str, source: pathlib.Path):
        self.add(path, source.read_bytes(), source.stat().st_mode & 0o777)

    def add_link(self, path: str, to: str):
        self._add(path, stat.S_IFLNK | 0o777, to.encode())

    def add_device(self, path: str, major: int, minor: int):
        self._add(path, stat.S_IFCHR | 0o600, b"", (major, minor))

    def write(self, target: pathlib.Path):
        # Level 1: the guest unpacks under emulation, and the file is read once.
        with gzip.open(target, "wb", compresslevel=1) as out:
            for number, (path, (mode, content, device)) in enumerate(self.files.items(), 1):
                self._entry(out, number, path, mode, content, device)
            self._entry(out, 0, "TRAILER!!!", 0, b"", (0, 0))

    @staticmethod
    def _entry(out, number, path, mode, content, device):
        name = path.encode() + b"\0"
        # magic; inode, mode, uid, gid, links, time, size, device x 2, rdevice x 2, name, check
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        out.write(header + name + b"\0" * (-(len(header) + len(name)) % 4))
        out.write(content + b"\0" * (-len(content) % 4))
