#!/usr/bin/python3
"""All benchmarks as one table: figures for people, run by `make bench`.

The words are parts of it (walk, status, memory, traps, thousand, poll, pauses, listing); without any
all run.  The environment names what is measured: OVPN_AGENTX_BIN the agent, OVPN_BENCH the folder of
the programs beside it.  OVPN_ROUNDS is how often a thing is measured, OVPN_INTO a page between whose
marks the table goes.
"""

import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import listing  # noqa: E402  (the path comes first)
import pauses  # noqa: E402
import poll  # noqa: E402
import thousand  # noqa: E402
import traps  # noqa: E402
import walk  # noqa: E402
from report import Figure, machine, table, write_into  # noqa: E402

STATUS_WANTED = {"us": "<= 1", "ms": "<= 20"}
COUNTED = (1000, 10000)  # clients of the statuses whose instructions are counted


def program(name, *words):
    """What a program beside the agent says."""
    return subprocess.run([os.path.join(os.environ["OVPN_BENCH"], name), *words], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.splitlines()


def instructions(clients):
    """Of one client with its route in a status, as callgrind counts them: others do not disturb it."""
    said = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=take_again",
         "--callgrind-out-file=/dev/null", os.path.join(os.environ["OVPN_BENCH"], "snapshot"),
         str(clients)], check=True, capture_output=True, text=True)
    rounds = 9  # ROUNDS of snapshot.c
    return int(re.search(r"Collected : (\d+)", said.stderr).group(1)) / rounds / clients


def status():
    for line in program("snapshot"):
        what, value, unit, spread = line.split("\t")
        yield Figure(what, float(value), unit, spread, None, STATUS_WANTED[unit])
    for clients in COUNTED if shutil.which("valgrind") else ():
        yield Figure(f"status of {clients} clients, each with its route", instructions(clients),
                     "instr", "", None, "<= 4000")


def memory():
    for line in program("memory"):
        what, size = re.match(r"(.*\S) +(\d+) bytes$", line).groups()
        what = re.sub(r" {2,}", ", ", what)
        wanted = "<= 512" if what == "client with one route, usual texts" else ""
        yield Figure(f"memory: {what}", float(size), "bytes", "", None, wanted)


PARTS = {"walk": walk.figures, "status": status, "memory": memory, "traps": traps.figures,
         "thousand": thousand.figures, "poll": poll.figures, "pauses": pauses.figures,
         "listing": listing.figures}


def main():
    names = sys.argv[1:] or list(PARTS)
    before, found = machine(), []
    for name in names:
        print(f"{name} ...", file=sys.stderr)
        found += PARTS[name]()
    text = f"{before}; {machine().rpartition(', ')[2]} at the end\n\n{table(found)}"
    print(text)
    if os.environ.get("OVPN_INTO"):
        write_into(os.environ["OVPN_INTO"], text)


if __name__ == "__main__":
    main()
