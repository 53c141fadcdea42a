# SPDX-License-Identifier: Apache-2.0
"""Reads the feature-support matrix of a kernel source tree: Documentation/features."""

import pathlib
import re

COLUMNS = ("category", "name", "kconfig", "description")
FIELD = re.compile(r"^#\s+(Feature name|Kconfig|description):\s+(.*?)\s*$", re.M)
STATUS = re.compile(r"^\s*\|\s*(\w+):\s*\|\s*(ok|TODO|\.\.|N/A)\s*\|\s*$", re.M)


def matrix(tree: pathlib.Path) -> tuple[tuple[str, ...], list[list[str]], list[str]]:
    """(columns, rows, problems): one row a feature, one column an architecture."""
    archs: list[str] = []
    rows, problems = [], []
    top = tree / "Documentation/features"
    for path in sorted(top.glob("*/*/arch-support.txt")) + sorted(top.glob("*/*/*/arch-support.txt")):
        text = path.read_text()
        found = FIELD.findall(text)
        fields = dict(found)
        # Any of several: one selects the other.
        fields["Kconfig"] = "|".join(value for name, value in found if name == "Kconfig")
        statuses = STATUS.findall(text)
        archs = archs or [arch for arch, _ in statuses]
        if [arch for arch, _ in statuses] != archs or len(fields) != 3 or not all(fields.values()):
            problems.append(f"{path.relative_to(tree)}: not of the shape of the others")
            continue
        category = str(path.relative_to(top).parts[0])
        rows.append([category, fields["Feature name"], fields["Kconfig"], fields["description"],
                     *[status for _, status in statuses]])
    lines = len(list(top.rglob("arch-support.txt"))) - (top / "arch-support.txt").exists()
    if len(rows) + len(problems) != lines or not rows:
        problems.append(f"Documentation/features: {len(rows)} of {lines} files read")
    return (*COLUMNS, *archs), sorted(rows), problems
