# SPDX-License-Identifier: Apache-2.0
"""Reads an unpacked kernel source tree: syscall tables, definitions, MAINTAINERS."""

import fnmatch
import pathlib
import re
from typing import Iterator, NamedTuple


class Call(NamedTuple):
    number: int
    name: str
    entry: str    # "sys_read"; "" where the table gives none
    compat: str   # what a 64-bit kernel enters instead; "" where it is the same


class Abi(NamedTuple):
    name: str
    arch: str           # directory under arch/
    table: str          # path of the syscall table
    columns: frozenset  # values of its ABI column that belong to this ABI
    bits: int


def abis(tree: pathlib.Path) -> list[Abi]:
    """The ABIs of this project, with the ABI columns that the kernel's own build selects."""
    found = [
        Abi("x86_64", "x86", "arch/x86/entry/syscalls/syscall_64.tbl",
            frozenset({"common", "64"}), 64),
        Abi("x32", "x86", "arch/x86/entry/syscalls/syscall_64.tbl",
            frozenset({"common", "x32"}), 32),
        Abi("i386", "x86", "arch/x86/entry/syscalls/syscall_32.tbl", frozenset({"i386"}), 32),
        Abi("arm", "arm", "arch/arm/tools/syscall.tbl", frozenset({"common", "eabi"}), 32),
    ]
    for name, arch in (("arm64", "arm64"), ("riscv64", "riscv")):
        columns = {"common", "64"}
        makefile = (tree / f"arch/{arch}/kernel/Makefile.syscalls").read_text()
        for line in re.findall(r"^syscall_abis_64\s*\+=(.*)$", makefile, re.M):
            columns |= set(line.replace(",", " ").split())
        table = f"arch/{arch}/tools/syscall_64.tbl"
        if not (tree / table).exists():
            table = "scripts/syscall.tbl"
        found.append(Abi(name, arch, table, frozenset(columns), 64))
    return found


def table_rows(path: pathlib.Path, columns: frozenset) -> Iterator[Call]:
    for line in path.read_text().splitlines():
        fields = line.split("#")[0].split()
        if len(fields) < 3 or fields[1] not in columns:
            continue
        entry = fields[3] if len(fields) > 3 else ""
        compat = fields[4] if len(fields) > 4 and fields[4] != "-" else ""
        yield Call(int(fields[0]), fields[2], entry, compat)


def calls_of(tree: pathlib.Path, abi: Abi) -> dict[int, Call]:
    calls: dict[int, Call] = {}
    for call in table_rows(tree / abi.table, abi.columns):
        if call.number in calls:
            raise ValueError(f"{abi.table}: {abi.name} {call.number} appears twice")
        calls[call.number] = call
    if abi.name == "arm":
        add_arm64_compat(tree, calls)
        add_arm_private(tree, calls)
    return calls


def add_arm64_compat(tree: pathlib.Path, calls: dict[int, Call]) -> None:
    """What arm64 enters for these calls stands in a table of its own."""
    path = tree / "arch/arm64/tools/syscall_32.tbl"
    for row in table_rows(path, frozenset({"common"})):
        call = calls.get(row.number)
        if call is None or call.name != row.name:
            raise ValueError(f"{path}: {row.number} {row.name} differs from arch/arm")
        entered = row.compat or row.entry
        if entered != call.entry:
            calls[row.number] = call._replace(compat=entered)


def add_arm_private(tree: pathlib.Path, calls: dict[int, Call]) -> None:
    """Calls at __ARM_NR_BASE, outside the table; all are cases of one function."""
    header = (tree / "arch/arm/include/uapi/asm/unistd.h").read_text()
    base = int(re.search(r"__ARM_NR_BASE\s+\(__NR_SYSCALL_BASE\+(0x\w+)\)", header)[1], 16)
    for name, offset in re.findall(r"__ARM_NR_(\w+)\s+\(__ARM_NR_BASE\+(\d+)\)", header):
        calls[base + int(offset)] = Call(base + int(offset), name, "arm_syscall", "")


DEFINE = re.compile(
    r"^[ \t]*(COMPAT_SYSCALL|SYSCALL32|SYSCALL)_DEFINE[0-6]\(\s*(\w+)", re.M)
PLAIN = re.compile(r"^asmlinkage (?:long|int) ((?:compat_)?(?:sys_|arm_syscall)\w*)\(", re.M)
# arm64 enters sys_arm64_personality for sys_personality.
ALIAS = re.compile(r"^#define __(\w+?)_(sys_\w+)\s+__\1_(sys_\w+)$", re.M)
ASSEMBLY = re.compile(r"^(?:ENTRY\(|SYM_FUNC_START\()?(sys_\w+)(?:\)|:)", re.M)


def parameters(text: str, match: re.Match) -> list[str]:
    """Names of the parameters of the definition at `match`, in order."""
    start = text.index("(", match.start()) if "DEFINE" in match[0] else match.end() - 1
    parts = re.sub(r"/\*.*?\*/", "", text[start + 1:text.index(")", start)], flags=re.S).split(",")
    if "DEFINE" in match[0]:
        return [name.strip() for name in parts[2::2]]
    return [re.split(r"[^\w]+", " " + part.strip())[-1] for part in parts]


class Definitions:
    """Where each entry symbol is defined: symbol -> [(path, line)]."""

    def __init__(self, tree: pathlib.Path, skipped: tuple[str, ...]):
        self.sites: dict[str, list[tuple[str, int]]] = {}
        self.lists: dict[tuple[str, str], list[list[str]]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        for path in sorted(tree.rglob("*.[cS]")):
            name = str(path.relative_to(tree))
            if name.startswith(skipped):
                continue
            text = path.read_text(errors="replace")
            if "SYSCALL" in text or "asmlinkage" in text or name.endswith(".S"):
                self.scan(name, text)

    def scan(self, name: str, text: str) -> None:
        if name.endswith(".S"):
            found = [(m, m[1]) for m in ASSEMBLY.finditer(text)]
        else:
            found = [(m, ("sys_" if m[1] == "SYSCALL" else "compat_sys_") + m[2])
                     for m in DEFINE.finditer(text)]
            self.aliases |= {(m[1], m[2]): m[3] for m in ALIAS.finditer(text)}
            # A declaration of the same shape ends in ");".
            found += [(m, m[1]) for m in PLAIN.finditer(text)
                      if text.find("{", m.end()) < (text.find(";", m.end()) % (1 << 40))]
        for match, symbol in found:
            line = text.count("\n", 0, match.start(match.lastindex)) + 1
            self.sites.setdefault(symbol, []).append((name, line))
            if not name.endswith(".S"):
                self.lists.setdefault((name, symbol), []).append(parameters(text, match))

    def find(self, symbol: str, arch: str) -> list[tuple[str, int]]:
        """First line of each file that may define `symbol` for `arch`; its own tree wins."""
        files: dict[str, int] = {}
        for path, line in self.sites.get(self.aliases.get((arch, symbol), symbol), []):
            if not path.startswith("arch/") or path.startswith(f"arch/{arch}/"):
                files[path] = min(line, files.get(path, line))
        own = [site for site in files.items() if site[0].startswith("arch/")]
        return own or list(files.items())

    def parameters(self, symbol: str, arch: str) -> list[list[str]]:
        """Names of the parameters, in each definition that find() answers."""
        real = self.aliases.get((arch, symbol), symbol)
        return [names for path, _ in self.find(symbol, arch)
                for names in self.lists.get((path, real), [])]


class Maintainers:
    """Titles of the sections of MAINTAINERS that name a file."""

    def __init__(self, tree: pathlib.Path):
        self.sections: list[tuple[str, list[str], list[str], list[str]]] = []
        text = (tree / "MAINTAINERS").read_text()
        for block in re.split(r"\n\s*\n", text[text.index("\nMaintainers List"):]):
            lines = block.strip("\n").splitlines()
            fields = [re.match(r"([FXN]):\s+(\S+)", line) for line in lines]
            by_key = {key: [m[2] for m in fields if m and m[1] == key] for key in "FXN"}
            if lines and (by_key["F"] or by_key["N"]):
                self.sections.append((lines[0], by_key["F"], by_key["X"], by_key["N"]))

    @staticmethod
    def matches(pattern: str, path: str) -> bool:
        if pattern.endswith("/"):
            return path.startswith(pattern) if "*" not in pattern else \
                fnmatch.fnmatchcase(path, pattern + "*")
        return pattern.count("/") == path.count("/") and fnmatch.fnmatchcase(path, pattern)

    def titles(self, path: str) -> list[str]:
        """Most specific first: by the length of the pattern; THE REST only when alone."""
        found = []
        for title, files, excluded, regexes in self.sections:
            if any(self.matches(pattern, path) for pattern in excluded):
                continue
            lengths = [len(p) for p in files if self.matches(p, path)]
            lengths += [1 for regex in regexes if re.search(regex, path)]
            if lengths:
                found.append((-max(lengths), title))
        titles = [title for _, title in sorted(found)]
        return [title for title in titles if title != "THE REST"] or titles
