# SPDX-License-Identifier: Apache-2.0
"""What a system call takes longer while something watches."""
from lib import markdown, peers, stats
from lib.rounds import interleave, loop
from lib.subjects import EMPTY_ENTER, EMPTY_PAIR, Daemon, Empty, Nothing, ignoring, programs, tiers

NAME, TITLE = "per_call", "Cost per call"
KINDS = {"getppid": "getppid", "read": "read of /dev/zero, one byte",
         "ioctl": "ioctl of a socket, SIOCGIFFLAGS"}


def measure(options) -> dict:
    count, samples = options.pick((5000, 101), (5000, 5))
    subjects = [Nothing(), Empty(False), Empty(True), *tiers(), *ignoring(), *peers.every()]
    verified, told = {}, {}

    def one(subject, watch):
        calls = int(count * subject.scale)
        pid, taken = loop(watch, list(KINDS), calls, samples)
        seen = subject.reported(watch, pid, "getppid")
        if seen is not None:
            told.setdefault(subject.name, []).append(seen / (calls * (samples + 1)))
        if isinstance(subject, Daemon):
            subject.require_tier(watch)
            verified[subject.name] = programs(watch.process.pid)
        return taken

    taken, failed = interleave(subjects, options.pick(9, 1), one)
    rows = {kind: {s.name: _row(s, taken[kind]) for s in subjects if s.name in taken[kind]}
            for kind in KINDS}
    return {"count": count, "samples": samples, "kinds": rows, "failed": failed,
            "told": {name: min(shares) for name, shares in told.items()},
            "delivers": {s.name: s.delivers for s in subjects}, "programs": verified,
            "versions": peers.versions()}


def _row(subject, taken: dict) -> dict:
    values, nothing = taken[subject.name], taken["nothing"]
    row = {**stats.summary(values), "added": stats.added(values, nothing), "values": values,
           "of_nothing": stats.added(values, nothing) / stats.summary(nothing)["median"] + 1}
    least = taken.get(subject.least) if subject.least else None
    if least:
        row["least"] = subject.least
        row["of_least"] = stats.added_ratio(values, nothing, least)
        row["quartiles"] = stats.quartiles(stats.paired_ratios(values, nothing, least))
        row["plain_of_least"] = row["median"] / stats.summary(least)["median"]
    return row


def _budget_rows(result: dict, tier: str, kinds: list) -> list:
    found = []
    for kind in kinds:
        if kind not in result["kinds"]:
            continue
        for kind_of_object in ("core", "full"):
            row = result["kinds"][kind].get(f"footprint {kind_of_object}, {tier}")
            if row and row.get("of_least"):
                found.append((f"{kind_of_object}, {kind}", row["of_least"]))
    return found


def budget(result: dict) -> dict:
    return {tier: _budget_rows(result, tier, list(KINDS)) for tier in
            ("calls", "errors", "latency", "full")}


def render(result: dict) -> str:
    text = ""
    for kind, title in KINDS.items():
        if kind not in result["kinds"]:
            continue  # measured before there was one
        rows = []
        for name, row in result["kinds"][kind].items():
            spread = row.get("quartiles")
            rows.append([name, row["median"], markdown.span(row["min"], row["max"]), row["added"],
                         markdown.times(row["of_nothing"]), markdown.times(row.get("of_least")),
                         f"{spread[0]:.2f} to {spread[1]:.2f}" if spread else "",
                         markdown.times(row.get("plain_of_least"))])
        text += f"### {title}\n\n" + markdown.table(
            ["", "ns a call", "least to most", "added, ns", "of nothing", "added, of the empty",
             "quartiles", "whole call, of the empty"], rows) + "\n"
    text += "### What each delivers\n\n" + markdown.table(
        ["", "delivers", "of the loop's calls it told"],
        [[name, what, _told(result, name)] for name, what in result["delivers"].items()
         if name not in ("nothing", EMPTY_ENTER, EMPTY_PAIR)], words=2)
    for name, reason in result["failed"].items():
        text += f"\n* {name}: not measured: {reason}"
    versions = ", ".join(f"{name}: {what}" for name, what in result["versions"].items())
    return text + f"\n\nPeers: {versions}.\n\n" + _programs(result["programs"])


def _told(result: dict, name: str) -> str:
    if name in result["failed"]:
        return "not measured"
    share = result["told"].get(name)
    return "no number" if share is None else "all" if share >= 1 else f"{100 * share:.1f} %"


def _programs(by_subject: dict) -> str:
    """What no noise touches; the programs that do not differ between tiers once."""
    rows, seen = [], {}
    for name, found in by_subject.items():
        for program in found:
            what = (program["name"], program["verified"], program["instructions"],
                    program["jited_bytes"])
            seen.setdefault(what, []).append(name.removeprefix("footprint "))
    for what, names in sorted(seen.items(), key=lambda item: (item[0][0], item[1])):
        rows.append([f"`{what[0]}`", "all" if len(names) == len(by_subject) else "; ".join(names),
                     *what[1:]])
    return "### Programs\n\n" + markdown.table(
        ["program", "object, tier", "verifier walked", "instructions", "machine code, bytes"],
        rows, words=2) if rows else ""


def samples_of(result: dict) -> str:
    return (f"{result['samples']} samples of {result['count']:,} calls in each of "
            f"{len(result['kinds']['getppid']['nothing']['values'])} rounds")
