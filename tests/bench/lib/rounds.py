# SPDX-License-Identifier: Apache-2.0
"""Subjects take turns, round by round; one that fails is left out, with its reason."""
import dataclasses
import json
import statistics
import sys

from lib import machine
from lib.failure import Failure
from lib.process import Process


@dataclasses.dataclass
class Options:
    quick: bool = False

    def pick(self, full, quick):
        return quick if self.quick else full


def say(text: str):
    print(text, file=sys.stderr, flush=True)


def interleave(subjects: list, rounds: int, measure) -> tuple:
    """measure(subject, watch) -> {what: number}, each subject once a round.

    Answers ({what: {subject: [number of each round]}}, {subject: why it was left out}).
    """
    taken, failed = {}, {}
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        for subject in subjects:
            if subject.name in failed:
                continue
            try:
                with subject.attached() as watch:
                    for what, value in measure(subject, watch).items():
                        taken.setdefault(what, {}).setdefault(subject.name, []).append(value)
            except (Failure, OSError) as reason:
                failed[subject.name] = str(reason)
                say(f"  left out: {subject.name}: {reason}")
    for of in taken.values():
        for name in failed:
            of.pop(name, None)
    return taken, failed


def loop(watch, kinds: list, count: int, samples: int) -> tuple:
    """(pid, {kind: median of its samples, ns a call}) of one pinned loop."""
    argv = watch.wrap([machine.build("bench/loop"), count, samples, *kinds])
    with Process(argv) as process:
        if process.wait(120) != 0:
            raise Failure(f"loop: {process.err().strip()}")
        told = json.loads(process.out())
    return process.pid, {kind: statistics.median(told[kind]) for kind in kinds}

