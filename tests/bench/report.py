"""Figures of the benchmarks, and the table that shows them."""

import os
import platform
import statistics
import sys
from dataclasses import dataclass

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "integration")]
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


@dataclass
class Figure:
    """One line of the table; ratio is to the floor or to what is named in its text."""
    what: str
    value: float
    unit: str
    spread: str = ""
    ratio: float | None = None
    wanted: str = ""


def figure(what, samples, unit, base=None, wanted=""):
    """Of samples: the median, their middle half, and its ratio to the median of others."""
    ordered = sorted(samples)
    quarter = len(ordered) // 4
    middle = statistics.median(ordered)
    return Figure(what, middle, unit, f"{ordered[quarter]:.2f} to {ordered[-quarter - 1]:.2f}",
                  middle / statistics.median(base) if base else None, wanted)


def p99(samples):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def processor(pid):
    """Seconds that a process has used of it."""
    with open(f"/proc/{pid}/schedstat", encoding="utf-8") as file:
        return int(file.read().split()[0]) / 1e9


def machine():
    """What it was measured on, and how busy that was."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    return (f"{len(models)} x {models[0] if models else platform.machine()}, "
            f"Linux {platform.release()}, load {load}")


def table(figures):
    """As Markdown has it."""
    width = max(len(one.what) for one in figures)
    lines = [f"| {'what':<{width}} | median     |       | middle half        | ratio | wanted  |",
             f"|{'-' * (width + 2)}|------------|-------|--------------------|-------|---------|"]
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        lines.append(f"| {one.what:<{width}} | {one.value:>10.2f} | {one.unit:<5} | {one.spread:<18} "
                     f"| {ratio:>5} | {one.wanted:<7} |")
    return "\n".join(lines)


def write_into(page, text):
    """In the place of what stands between the marks."""
    with open(page, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    _, _, after = rest.partition(END)
    assert after, f"{page} has no marks"
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
