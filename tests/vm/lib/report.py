# SPDX-License-Identifier: Apache-2.0
"""What cells found, kept as JSON, and as the tables of docs/kernel-support.md."""
import dataclasses
import json
import pathlib
import re
import time

PROGRAMS = ("sys_enter", "sys_exit", "process_fork", "process_exec", "process_exit")

HEAD = """# Kernels that footprint is proven on

Written by `tests/vm/grid`; do not edit. Each row is a virtual machine under software emulation
with Debian's kernel of that release, in which the tests named in
[`tests/vm/lib/selection.py`](../tests/vm/lib/selection.py) ran: the same programs as on the live
kernel. A cell is repeated by `tests/vm/run` with the options of its row. A test whose drivers the
kernel's package lacks is left out, and named below.

"*full*" reads kernel types by BTF; "*core*" needs none and serves where the full object is
refused. What a kernel lacks is found by trying, never by its version. Hooks: N of `sys_enter`,
`sys_exit`, `sched_process_fork`, `sched_process_exec`, `sched_process_exit`, `cgroup_attach_task`,
`task_rename` and the five of `module`; before 2026-11-28 there were neither `cgroup_attach_task`
nor `task_rename`. With `--caps` the daemon has a user of its own, CAP_BPF, CAP_PERFMON and
`LimitRTPRIO=1`, as in the unit, and `kernel.perf_event_paranoid` is 2, the kernel's own default.
"Quick" is the shorter list of tests that every `tests/run` takes.
"""


@dataclasses.dataclass
class Summary:
    facts: dict
    verified: dict  # "full/sys_enter" -> instructions
    passed: int = 0
    total: int = 0
    failures: list = dataclasses.field(default_factory=list)
    boot_seconds: float = 0
    seconds: float = 0
    unavailable: str = ""  # why there is no result
    quick: bool = False
    left_out: list = dataclasses.field(default_factory=list)
    when: str = ""


def summarize(outcome, seconds: float, quick: bool) -> Summary:
    facts, verified = {}, {}
    for name, value in outcome.facts:
        if name == "verified":
            program, _, count = value.partition(" ")
            verified[program] = int(count)
        else:
            facts[name] = value
    failures = [f"{r.name}: {_first(r.output)}" for r in outcome.results if not r.passed]
    return Summary(facts, verified, len(outcome.results) - len(failures), len(outcome.results),
                   failures, outcome.boot_seconds, seconds, quick=quick,
                   left_out=[f"{test}: {why}" for test, why in outcome.left_out],
                   when=time.strftime("%Y-%m-%d", time.gmtime()))


def _first(output: list) -> str:
    """The line that says most: what failed, else how it ended."""
    for number, line in enumerate(output):
        if line.strip().endswith("FAILED:"):
            return " ".join(" ".join(output[number:number + 2]).split())
    return output[-1] if len(output) > 1 and "exit status" in output[-1] else output[0]


def save(summary: Summary, file: pathlib.Path):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(dataclasses.asdict(summary), indent=1) + "\n")


def load(file: pathlib.Path):
    return Summary(**json.loads(file.read_text())) if file.exists() else None


def options(cell) -> str:
    words = [f"--kernel {cell.kernel}", f"--arch {cell.arch}"]
    words += [f"--variant {cell.variant}"] if cell.variant != "none" else []
    words += ["--btf hidden"] if cell.btf == "hidden" else []
    words += ["--lockdown"] if cell.lockdown else []
    words += ["--caps"] if cell.caps else []
    return " ".join(words)


def _table(header: list, rows: list) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(str(word) for word in line) + " |\n" for line in lines)


def _served(facts: dict) -> str:
    if "object" in facts:
        return f"{facts['object']}, {facts['tier']}"
    return "refused, told why" if "core" in facts else "?"


def _hooks(facts: dict) -> str:
    return f"{len(set(facts['hooks'].split(',')))} of 12" if facts.get("hooks") else "none"


def _without_root(text: str) -> str:
    """Source files as the project names them, wherever it stood."""
    return re.sub(r"\S*/(?=tests/\w+/\w+\.cc:)", "", text)


def render(results: list) -> str:
    """`results`: (cell, Summary or None)."""
    rows, counts, notes = [], [], []
    for cell, found in results:
        name = f"`{options(cell)}`"
        if found is None or found.unavailable:
            rows.append([name, "", "", "", "", "not run", ""])
            notes.append(f"* {name}: not run{': ' + found.unavailable if found else ''}")
            continue
        facts = found.facts
        rows.append([name, facts.get("release", "?"), facts.get("page_size", "?"),
                     _served(facts), _hooks(facts), f"{found.passed} of {found.total}" + (", quick" if found.quick else ""),
                     found.when])
        notes += [f"* {name}: {_without_root(failure)}" for failure in found.failures]
        notes += [f"* {name}: left out: {test}" for test in found.left_out]
        for kind in ("full", "core"):
            if facts.get(kind, "").startswith("refused"):
                notes.append(f"* {name}: the {kind} object is {facts[kind]}")
            elif (numbers := [found.verified.get(f"{kind}/{p}", 0) for p in PROGRAMS]) and any(numbers):
                counts.append([facts["release"], kind, *numbers])
    text = HEAD + "\n" + _table(["cell", "kernel", "page", "object, tier", "hooks", "tests", "when"], rows)
    text += "\n## Verifier\n\nInstructions that the verifier walked to accept each program, of "
    text += "1,000,000; kernels\nbefore 5.16 do not tell.\n\n"
    text += _table(["kernel", "object", *PROGRAMS], list(map(list, dict.fromkeys(map(tuple, counts)))))
    if notes:
        text += "\n## Refusals, failures, and what was left out\n\n" + "\n".join(notes) + "\n"
    return text
