# SPDX-License-Identifier: Apache-2.0
"""What a cell did, in a form that ctest keeps."""
from lib import machine


def tell(outcome: machine.Outcome) -> int:
    """Prints what each test did; answers the exit status."""
    failed = [result for result in outcome.results if not result.passed]
    for name, value in outcome.facts:
        print(f"fact {name} {value}")
    for result in outcome.results:
        print(f"{'ok    ' if result.passed else 'FAILED'} {result.name} ({result.seconds} s)")
        if not result.passed:
            print("".join(f"       | {line}\n" for line in result.output), end="")
    for test, why in outcome.left_out:
        print(f"SKIP: {test}: {why}")
    print(f"{len(outcome.results) - len(failed)} of {len(outcome.results)} passed, "
          f"{len(outcome.left_out)} left out, booted in {outcome.boot_seconds:.0f} s")
    return 1 if failed else 0
