# SPDX-License-Identifier: Apache-2.0
"""The generated part of docs/performance.md."""
import pathlib

from lib import budgets, daemon, latency, markdown, per_call, scale, workloads

SECTIONS = {module.NAME: module for module in (per_call, workloads, latency, scale, daemon)}


def render(results: dict) -> str:
    measured = {}
    for name, module in SECTIONS.items():
        if name in results and hasattr(module, "budget"):
            measured.update(module.budget(results[name]))
    text = "## Budgets\n\n" + budgets.table(measured)
    for name, module in SECTIONS.items():
        if name in results:
            text += f"\n## {module.TITLE}\n\n{_circumstances(results[name])}\n\n"
            text += module.render(results[name]).strip() + "\n"
    return text


def _circumstances(result: dict) -> str:
    machine, noise = result["machine"], result["noise"]
    kind = "virtual machine" if machine["virtual"] else "machine"
    watched = noise["observers"]
    others = f" **Others watched, too: {', '.join(watched)}.**" if watched else ""
    return (f"Measured {noise['when']} UTC in {noise['seconds']:.0f} s at commit "
            f"{machine['commit']}, on a {kind} with kernel {machine['kernel']} "
            f"{machine['machine']}, {machine['processors']} x {machine['processor']}, "
            f"{machine['memory_bytes'] / 1024 ** 3:.1f} GiB. Before it the "
            f"processors were {100 * noise['busy_before']:.0f} % busy; the hypervisor took {100 * noise['steal']:.2f} % of the "
            f"processors away.{others}")


def write(page: pathlib.Path, results: dict):
    page.write_text(markdown.replace_generated(page.read_text(), render(results)))
