# SPDX-License-Identifier: Apache-2.0
"""Debian packages of other suites and architectures, without touching the machine's apt.

Each (suite, architecture) has apt directories of its own in the cache, so a suite that
moves or disappears breaks what needs it and nothing else. The mirror is the one that the
machine uses for its own suite.
"""
import fcntl
import os
import pathlib
import re
import subprocess
import urllib.parse

from lib.failure import Failure, Unavailable

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def cache() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base) / "footprint-vm"


class Lock:
    """Two cells that run at once fetch a thing once."""

    def __init__(self, name: str):
        self.path = cache() / "locks" / name

    def __enter__(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = open(self.path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def _ask_apt(*words: str) -> list[str]:
    try:
        return subprocess.run(["apt-get", *words], capture_output=True,
                              text=True).stdout.splitlines()
    except FileNotFoundError:
        raise Unavailable("this machine has no apt, which fetches kernels") from None


def mirror() -> str:
    """Where the machine gets its Debian packages from."""
    for line in _ask_apt("indextargets", "--format", "$(REPO_URI) $(CODENAME) $(LABEL)",
                         "Created-By: Packages"):
        words = line.split()
        # Not the updates of a suite, nor another vendor: these do not hold every suite.
        if len(words) == 3 and words[2] == "Debian" and "-" not in words[1]:
            return words[0]
    # An image whose lists were removed still says where it would get them.
    for line in _ask_apt("update", "--print-uris"):
        if match := re.match(r"'(\S+/debian/)dists/[a-z]+/InRelease'", line):
            return match.group(1)
    raise Unavailable("apt knows no Debian mirror on this machine (apt-get indextargets)")


class Archive:
    """The main section of one suite for one architecture."""

    def __init__(self, suite: str, arch: str):
        self.suite, self.arch = suite, arch
        self.directory = cache() / "apt" / f"{suite}-{arch}"
        self.updated = False

    def _apt(self, tool: str, *words: str, cwd=None) -> str:
        options = {
            "APT::Architecture": self.arch, "APT::Architectures::": self.arch,
            "APT::Sandbox::User": "root", "APT::Install-Recommends": "false",
            "Acquire::Languages": "none", "Acquire::Retries": "2",
            "Dir::State": self.directory / "state",
            "Dir::State::status": self.directory / "status",
            "Dir::Cache": self.directory / "cache",
            "Dir::Etc::sourcelist": self.directory / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null", "Dir::Etc::preferencesparts": "/dev/null",
        }
        command = [tool, "-q"]
        # The list of architectures is emptied first: the machine's own may name others.
        clear = self.directory / "apt.conf"
        for name, value in options.items():
            command += ["-o", f"{name}={value}"]
        done = subprocess.run(command + list(words), capture_output=True, text=True, cwd=cwd,
                              env={**os.environ, "APT_CONFIG": str(clear), "LC_ALL": "C"})
        if done.returncode != 0:
            said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
            errors = [line for line in said if line.startswith("E:")] or said[-3:]
            raise Unavailable(f"{self.suite} {self.arch}: {tool} {words[0]}: " + "; ".join(errors))
        return done.stdout

    def update(self):
        """Reads the suite's index, once in a process."""
        if self.updated:
            return
        for part in ("state/lists/partial", "cache/archives/partial"):
            (self.directory / part).mkdir(parents=True, exist_ok=True)
        # An empty list of installed packages: what is asked for comes with all it needs.
        (self.directory / "status").write_text("")
        (self.directory / "apt.conf").write_text("#clear APT::Architectures;\n")
        (self.directory / "sources.list").write_text(
            f"deb [arch={self.arch} signed-by={KEYRING}] {mirror()} {self.suite} main\n")
        self._apt("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
        self.updated = True

    def closure(self, *packages: str) -> list[str]:
        """`packages` and all that they depend on, as name=version."""
        self.update()
        listing = self._apt("apt-get", "install", "--print-uris", "-y", "--allow-unauthenticated",
                            *packages)
        found = []
        for line in listing.splitlines():
            if match := re.match(r"'[^']+' (\S+)\.deb \d+", line):
                name, version, _ = match.group(1).rsplit("_", 2)
                found.append(f"{name}={urllib.parse.unquote(version)}")
        return found

    def unpack(self, packages: list[str], root: pathlib.Path):
        """Downloads packages (name=version) and unpacks them over one another in `root`."""
        self.update()
        debs = root.with_name(root.name + ".debs")
        debs.mkdir(parents=True, exist_ok=True)
        self._apt("apt-get", "download", *packages, cwd=debs)
        root.mkdir(parents=True, exist_ok=True)
        for deb in sorted(debs.glob("*.deb")):
            done = subprocess.run(["dpkg-deb", "--extract", deb, root], capture_output=True,
                                  text=True)
            if done.returncode != 0:
                raise Failure(f"cannot unpack {deb.name}: {done.stderr.strip()}")
            deb.unlink()
        debs.rmdir()
