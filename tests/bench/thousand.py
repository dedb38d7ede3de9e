"""One agent with a thousand daemons: its memory, its start and reload, when it asks them, and how long a
GET waits, beside an agent with one idle daemon on the same machine."""

import os
import statistics
import sys
import time

from report import Figure, figure, p99, processor

from fake.fake_openvpn import FakeOpenVpn
from parts.agent import Agent
from parts.fastset import GET, FastSet, question, write_identifier
from parts.process import Child, Lab
from parts.snmp import Snmpd
from parts.view import InstanceView

DAEMONS = int(os.environ.get("OVPN_DAEMONS", 1000))
CLIENTS = 5  # of each, with a route each
INTERVAL = 10  # seconds between polls
WATCHED = 4 * INTERVAL
ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194)
UPTIME = question([write_identifier((*ROOT, 1, 2, 1, 3, 1))])  # of the first daemon


def memory(pid):
    """kB of its own."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def asks(sides, seconds):
    """Milliseconds of GETs, of each side in turn."""
    links, took = [FastSet(side.port, timeout=30) for side in sides], [[] for _ in sides]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for link, of_side in zip(links, took):
            begin = time.perf_counter()
            link.ask(GET, UPTIME)
            of_side.append((time.perf_counter() - begin) * 1e3)
            time.sleep(0.01)
    return took


def times(crowd):
    return [float(line) for line in crowd.log.splitlines() if line[0].isdigit()]


def measure(lab):
    snmpds = [Snmpd(lab, name=name).start() for name in ("many", "few")]
    idle = lab.track(FakeOpenVpn(lab.path("idle.sock"), mode="server")).start()
    few = Agent(lab, snmpds[1], [{"name": "idle", "index": 1, "management": idle}], name="agent-few")
    few.start()
    InstanceView(lab, snmpds[1].manager()).wait(30, Contact="up")
    crowd = Child(lab, "crowd", [sys.executable, os.path.join(os.path.dirname(__file__), "crowd.py"),
                                 lab.make_folder("crowd"), str(DAEMONS), str(CLIENTS)])
    crowd.spawn()
    lab.wait_until(lambda: "ready" in crowd.log, "the daemons listen", 120)
    many = Agent(lab, snmpds[0], [
        {"name": f"daemon{number}", "index": number, "status_interval": INTERVAL,
         "management": f"unix:{lab.path('crowd')}/{number}.sock"} for number in range(1, DAEMONS + 1)])
    begin = time.monotonic()
    many.start()
    lab.wait_until(lambda: many.log.count(": contact, ") >= DAEMONS, "all are in contact", 300)
    yield Figure(f"{DAEMONS} daemons: until all are in contact", time.monotonic() - begin, "s")
    time.sleep(2 * INTERVAL)
    used, seen = processor(many.pid), len(times(crowd))
    took = asks(snmpds, WATCHED)
    a_second = [0] * (WATCHED + 2)
    polls = times(crowd)[seen:]
    for moment in polls:
        a_second[int(moment - polls[0])] += 1
    middle = a_second[1:WATCHED - 1]
    yield Figure(f"{DAEMONS} daemons: processor", (processor(many.pid) - used) / WATCHED * 100, "%")
    yield Figure(f"{DAEMONS} daemons: polls a second", statistics.median(middle), "",
                 f"{min(middle)} to {max(middle)}")
    yield Figure(f"{DAEMONS} daemons: memory of each", (memory(many.pid) - memory(few.pid)) / DAEMONS,
                 "kB", f"with {CLIENTS} clients", None, "<= 45")
    yield figure(f"{DAEMONS} daemons: a GET", took[0], "ms", took[1])
    yield Figure(f"{DAEMONS} daemons: a GET, 99 of 100", p99(took[0]), "ms", "",
                 p99(took[0]) / p99(took[1]), "<= 1.5")
    begin = time.monotonic()
    many.reload()
    lab.wait_until(lambda: "configuration reloaded" in many.log, "it has reloaded", 60)
    yield Figure(f"{DAEMONS} daemons: reload", time.monotonic() - begin, "s")


def figures():
    lab = Lab()
    try:
        yield from measure(lab)
    finally:
        lab.close()
