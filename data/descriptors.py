# SPDX-License-Identifier: Apache-2.0
"""Which arguments of a call hold a descriptor, by its definition and descriptors.rules."""

import re

# Parameters that look like a descriptor; each needs a row, whatever it says.
SUSPECT = re.compile(r"(fd|fds|fildes|mqdes)$")
VERDICT = re.compile(
    r"(none|pipe|returns|[0-5](,[0-5])?( ioctl)?)( unless [0-5]&0x[0-9a-f]+)?$")


class Descriptors:
    """Verdicts for the column `descriptors`; remembers what the rules did not decide."""

    def __init__(self, rules):
        self.rules = rules
        self.problems: list[str] = []
        self.calls = {}
        self.params = {}
        for i, (kind, what, verdict, _) in enumerate(rules.rows):
            known = self.calls if kind == "call" else self.params
            wanted = VERDICT.match(verdict) if kind == "call" else \
                verdict in ("descriptor", "none")
            if kind not in ("call", "param") or not wanted or what in known:
                self.problems.append(f"descriptors.rules: {kind} {what} {verdict}")
            known[what] = (i, verdict)

    def by_parameters(self, call: str, names: list[str]) -> str:
        found = []
        for place, name in enumerate(names):
            if name not in self.params:
                if SUSPECT.search(name):
                    self.problems.append(f"descriptors.rules: {call}: nothing about {name}")
                continue
            index, verdict = self.params[name]
            self.rules.used.add(index)
            if verdict == "descriptor":
                found.append(str(place))
        return ",".join(found) or "none"

    def verdict(self, abi: str, call: str, entry: str, lists: list[list[str]]) -> str:
        """`lists`: the parameters of each definition that this ABI may enter."""
        derived = {self.by_parameters(call, names) for names in lists} or {"none"}
        override = self.calls.get(entry, self.calls.get(call))
        if override:
            index, verdict = override
            if derived != {verdict} or entry in self.calls:
                self.rules.used.add(index)
            derived = {verdict}
        if len(derived) != 1 or not VERDICT.match(next(iter(derived))):
            self.problems.append(f"{abi}: {call}: descriptors in {sorted(derived)}")
        return min(derived).replace("none", "")
