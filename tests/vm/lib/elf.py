# SPDX-License-Identifier: Apache-2.0
"""Which shared libraries a program needs, for any architecture."""
import pathlib
import re
import subprocess

from lib.failure import Failure


def _dynamic(path: pathlib.Path) -> tuple[list[str], str]:
    """Names of the libraries wanted, and of the program interpreter."""
    said = subprocess.run(["readelf", "-d", "-l", "--wide", path], capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", said.stdout)
    interpreter = re.search(r"Requesting program interpreter: (\S+)\]", said.stdout)
    return needed, interpreter.group(1) if interpreter else ""


class Libraries:
    """Finds libraries below `root`, where those of `triplet` are installed."""

    def __init__(self, root: pathlib.Path, triplet: str):
        self.root = root
        self.directories = [root / "lib" / triplet, root / "usr/lib" / triplet, root / "lib",
                            root / "usr/lib"]

    def _find(self, name: str, wanted_by: pathlib.Path) -> pathlib.Path:
        for directory in self.directories:
            if (directory / name).exists():
                return directory / name
        raise Failure(f"{wanted_by.name} needs {name}, which is not in {self.root}")

    def of(self, programs: list[pathlib.Path]) -> dict[str, pathlib.Path]:
        """Path in the guest -> file here, for all that `programs` need."""
        found, queue = {}, list(programs)
        while queue:
            path = queue.pop()
            needed, interpreter = _dynamic(path)
            wanted = [self._find(name, path) for name in needed]
            if interpreter:
                wanted.append(self._interpreter(interpreter))
            for library in wanted:
                inside = "/" + str(library.relative_to(self.root))
                if inside not in found:
                    found[inside] = library.resolve()
                    queue.append(library.resolve())
        return found

    def _interpreter(self, path: str) -> pathlib.Path:
        if not (self.root / path[1:]).exists():
            raise Failure(f"no {path} in {self.root}")
        return self.root / path[1:]
