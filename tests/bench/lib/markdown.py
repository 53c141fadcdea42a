# SPDX-License-Identifier: Apache-2.0
"""Tables, figures as text, and the generated part of a page."""
from lib.failure import Failure

BEGIN = "<!-- begin: written by tests/bench/run, do not edit -->"
END = "<!-- end -->"


def cell(value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return figure(value)
    return str(value).replace("|", "\\|").replace("\n", " ")


def figure(value: float) -> str:
    """Three digits that matter: 0.0123, 1.23, 12.3, 123, 12,300."""
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    for bound, digits in ((10, 1), (1, 2), (0.1, 3)):
        if size >= bound:
            return f"{value:.{digits}f}"
    return f"{value:.4f}" if value else "0"


def times(value) -> str:
    """A ratio; empty where there is none."""
    return "" if value is None else f"{value:.2f} x"


def mib(size) -> str:
    return "" if size is None else f"{size / 1024 ** 2:.2f} MiB"


def span(low: float, high: float) -> str:
    return f"{figure(low)} to {figure(high)}"


def table(header: list, rows: list, words: int = 1) -> str:
    """The first columns are words, the others are figures and stand at the right."""
    lines = [header, ["---"] * words + ["--:"] * (len(header) - words), *rows]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"{len(row)} cells below {len(header)} headings: {row}")
    return "".join("| " + " | ".join(cell(word) for word in line) + " |\n" for line in lines)


def replace_generated(page: str, text: str) -> str:
    """The page with `text` between its two markers; what stands around them stays."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in rest or END in after or END in before:
        raise Failure("the page must have one begin and one end marker, in this order")
    return f"{before}{BEGIN}\n\n{text.strip()}\n\n{END}{after}"


def generated(page: str) -> str:
    """What stands between the markers."""
    return page.partition(BEGIN)[2].partition(END)[0].strip()
