# SPDX-License-Identifier: Apache-2.0
"""What the figures are made of."""
import math
import statistics


def quantile(values: list, share: float) -> float:
    """The least value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def summary(values: list) -> dict:
    return {"median": statistics.median(values), "min": min(values), "max": max(values),
            "rounds": len(values)}


def added(values: list, nothing: list) -> float:
    """What is added to the median of `nothing`."""
    return statistics.median(values) - statistics.median(nothing)


def added_ratio(values: list, nothing: list, least: list):
    """Added cost over the added cost of `least`, by medians; None where that adds nothing."""
    base = added(least, nothing)
    return added(values, nothing) / base if base > 0 else None


def paired_ratios(values: list, nothing: list, least: list) -> list:
    """The same round by round, so that a machine that gets slower gets slower for all."""
    return [(v - n) / (e - n) for v, n, e in zip(values, nothing, least) if e > n]


def quartiles(values: list):
    return [quantile(values, 0.25), quantile(values, 0.75)] if values else None


def histogram_quantile(counts: dict, share: float):
    """Of a histogram {value: count}; None when it is empty."""
    total, seen = sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total > 0:
            return value
    return None
