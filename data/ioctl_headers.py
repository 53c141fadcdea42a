# SPDX-License-Identifier: Apache-2.0
"""Finds and evaluates the ioctl commands of kernel headers, with the compiler's own eyes."""

import pathlib
import re
import shutil
import subprocess
from typing import NamedTuple


class Variant(NamedTuple):
    """A view of the headers: sizes of structs, and with them commands, depend on it."""
    name: str
    arch: str    # whose asm/ headers
    bits: int
    flags: tuple[str, ...]


TIME64 = ("-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64")
# ARM lays out structs as i386 does, but aligns 64-bit members to 8 bytes.
ARM = ("-m32", "-malign-double", "-D__arm__", "-D__ARM_EABI__")
VARIANTS = (
    Variant("x86_64", "x86", 64, ("-m64",)),
    Variant("arm64", "arm64", 64, ("-m64", "-D__aarch64__")),
    Variant("riscv64", "riscv", 64, ("-m64", "-D__riscv", "-D__riscv_xlen=64")),
    Variant("i386", "x86", 32, ("-m32",)),
    Variant("i386-time64", "x86", 32, ("-m32", *TIME64)),
    Variant("arm", "arm", 32, ARM),
    Variant("arm-time64", "arm", 32, (*ARM, *TIME64)),
)

# What the headers of the kernel expect to be there.
PRELUDE = """#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <sys/types.h>
#include <sys/time.h>
#include <sys/socket.h>
#include <linux/types.h>
#include <linux/ioctl.h>
#include <linux/major.h>
"""
DEFINE = re.compile(r"#define (\w+)(\(([^)]*)\))?(?: (.*))?$")
MARKER = re.compile(r'# \d+ "([^"]*)"')
ENUM = re.compile(r"^\s*(\w+)\s*=\s*(?:_IO(?:R|W|WR|C)?|DRM_IO\w*)\s*\(", re.M)


class Macro(NamedTuple):
    name: str
    parameters: int  # -1: not function-like
    encoded: bool    # made by _IO() and its like


class Headers:
    """The user-space headers of one architecture, installed by the kernel's own makefile."""

    def __init__(self, tree: pathlib.Path, work: pathlib.Path):
        self.tree = tree
        self.work = work
        self.installed: dict[str, pathlib.Path] = {}
        self.needs: dict[str, list[str]] = {}  # header -> what to include before it
        self.lines: set[str] = set()           # of these only the definitions are read
        self.partial: set[str] = set()         # of these some may be left out
        self.left_out: set[tuple[str, str]] = set()
        for arch in {variant.arch for variant in VARIANTS}:
            out = work / f"{tree.name}-{arch}"
            if not (out / "done").exists():
                shutil.rmtree(out, ignore_errors=True)
                subprocess.run(["make", "-s", "-j2", f"ARCH={arch}", f"O={out}", "headers"],
                               cwd=tree, check=True, stdout=subprocess.DEVNULL)
                (out / "done").touch()
            self.installed[arch] = out / "usr/include"

    def all(self) -> list[str]:
        """Every header that any architecture installs and that mentions _IO."""
        found = set()
        for include in self.installed.values():
            for path in include.rglob("*.h"):
                if re.search(r"\b_IO(R|W|WR|C)?\b|DRM_IO", path.read_text(errors="replace")):
                    found.add(str(path.relative_to(include)))
        return sorted(found)

    def path(self, header: str, variant: Variant) -> pathlib.Path:
        """Installed headers by their name; those of the kernel alone by their path."""
        installed = self.installed[variant.arch] / header
        return installed if installed.exists() else self.tree / header

    def compiler(self, variant: Variant) -> list[str]:
        return ["gcc", "-std=gnu11", "-w", *variant.flags, "-D__user=", "-isystem",
                str(self.installed[variant.arch]), "-idirafter", str(self.tree / "include")]

    def source(self, header: str, variant: Variant) -> str:
        path = self.path(header, variant)
        before = PRELUDE + "".join(n + "\n" if " " in n else f"#include <{n}>\n"
                                   for n in self.needs.get(header, []))
        if header not in self.lines:
            return before + f'#include "{path}"\n'
        lines = re.findall(r"^#define\s+\w+(?:\(\w*\))?\s+.*_IO.*$|^#define\s+\w+\s+\w+.*$",
                           path.read_text(), re.M)
        return before + "".join(line.split("/*")[0].strip().rstrip(";") + "\n" for line in lines)

    def preprocess(self, text: str, variant: Variant, *flags: str) -> str:
        done = subprocess.run([*self.compiler(variant), "-E", *flags, "-x", "c", "-"], input=text,
                              text=True, capture_output=True)
        if done.returncode:
            raise ValueError(done.stderr.strip().splitlines()[0])
        return done.stdout

    def macros(self, header: str, variant: Variant) -> list[Macro]:
        """What a header itself defines: macros, and constants of enums that are commands."""
        source = self.source(header, variant)
        own = "<stdin>" if header in self.lines else str(self.path(header, variant))
        here, defined = False, {}
        for line in self.preprocess(source, variant, "-dD").splitlines():
            marker, define = MARKER.match(line), DEFINE.match(line)
            if marker:
                here = marker[1] == own
            elif define and here and define[4]:
                defined[define[1]] = len(re.findall(r"[^,\s]+", define[3])) if define[2] else -1
        encoded = self.encoded(source, defined, variant)
        text = self.path(header, variant).read_text(errors="replace") if own != "<stdin>" else ""
        enums = [Macro(name, -1, True) for name in ENUM.findall(text)]
        return [Macro(n, p, n in encoded) for n, p in defined.items()] + enums

    def encoded(self, source: str, defined: dict[str, int], variant: Variant) -> set[str]:
        """Those whose expansion ends in _IOC(), which is what all of _IO() expand to."""
        probe = source + "#undef _IOC\n"
        for name, parameters in defined.items():
            call = "" if parameters < 0 else "(" + ",".join("1" * parameters) + ")"
            probe += f'@"{name}" {name}{call}\n'
        expanded = self.preprocess(probe, variant, "-P")
        found = set()
        for part in expanded.split('@"')[1:]:
            name, _, body = part.partition('"')
            if re.search(r"\b_IOC\b", body):
                found.add(name)
        return found

    def evaluate(self, header: str, variant: Variant, expressions: list[str]) -> dict[str, int]:
        """The values of constant expressions, by a program that prints them."""
        if not expressions:
            return {}
        program = self.work / f"{re.sub(r'[^a-z0-9]', '_', header.lower())}_{variant.name}"
        text = self.source(header, variant) + "#include <stdio.h>\nint main(void) {\n"
        first = text.count("\n") + 1
        for expression in expressions:
            text += f'  printf("%s\\t%u\\n", "{expression}", (unsigned)({expression}));\n'
        # The last flag: an error is reported where the macro is used, not where it is defined.
        done = subprocess.run([*self.compiler(variant), "-x", "c", "-", "-o", str(program),
                               "-fmax-errors=0", "-ftrack-macro-expansion=0"],
                              input=text + "  return 0;\n}\n", text=True, capture_output=True)
        if done.returncode:
            lines = {int(line) for line in
                     re.findall(r"^<stdin>:(\d+):\d+: error", done.stderr, re.M)}
            bad = {expressions[line - first] for line in lines
                   if 0 <= line - first < len(expressions)}
            if not bad or header not in self.partial:
                errors = [e for e in done.stderr.splitlines() if "error:" in e]
                raise ValueError("; ".join([*sorted(bad), *errors[:2]]))
            self.left_out |= {(header, name) for name in bad}
            return self.evaluate(header, variant, [e for e in expressions if e not in bad])
        printed = subprocess.run([str(program)], check=True, text=True, capture_output=True).stdout
        program.unlink()
        return {name: int(value) for name, value in
                (line.split("\t") for line in printed.splitlines())}
