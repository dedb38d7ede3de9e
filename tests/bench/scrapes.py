#!/usr/bin/python3
"""What a scrape with each of the shipped modules for Prometheus costs, by Debian's snmp_exporter and SNMPv3:
varbinds and packets, which are exact, CPU of snmpd and of the agent, CPU of the exporter, and seconds, of which the
median of some rounds is told.  Through AgentX, and with the agent alone.  Figures for people, the last part of `make bench`; the
table of integrations/README.md is made by

    make bench-scrapes

Further words are numbers of clients."""

import os
import re
import statistics
import sys
import time
import urllib.parse
import urllib.request

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "integration")]

from fake.fake_openvpn import FakeOpenVpn  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.exporter import Exporter  # noqa: E402
from parts.pollers import USERS, shipped  # noqa: E402
from parts.process import Lab  # noqa: E402
from parts.snmp import Snmpd  # noqa: E402
from parts.standalone import Alone  # noqa: E402
from parts.view import InstanceView  # noqa: E402

ROUNDS = int(os.environ.get("OVPN_ROUNDS", 5))
MODULES = ("openvpn", "openvpn_users_lean", "openvpn_users")
TICK = os.sysconf("SC_CLK_TCK")


def cpu(process):
    """Seconds of CPU that it has had."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Scrape:
    """Scrapes with one module, of one way to ask the agent; served are the processes that answer."""

    def __init__(self, exporter, manager, module, served):
        self.manager, self.served, self.exporter = manager, served, exporter
        query = urllib.parse.urlencode({"module": module, "target": f"127.0.0.1:{manager.port}"})
        self.url = f"http://127.0.0.1:{exporter.port}/snmp?{query}"
        self.took, self.used, self.asked = [], [], []
        self.varbinds = self.packets = 0

    def _packets(self):
        return self.manager.get("SNMPv2-MIB::snmpInPkts.0")

    def run(self):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        packets = self._packets()
        used, asked, begin = sum(map(cpu, self.served)), cpu(self.exporter), time.monotonic()
        with opener.open(self.url, timeout=600) as answer:
            text = answer.read().decode()
        self.took.append(time.monotonic() - begin)
        self.used.append(sum(map(cpu, self.served)) - used)
        self.asked.append(cpu(self.exporter) - asked)
        # Less the question for this counter itself.
        self.packets = self._packets() - packets - 1
        self.varbinds = int(float(re.search(r"^snmp_scrape_pdus_returned (\S+)$", text, re.MULTILINE).group(1)))


def measure(clients):
    lab = Lab()
    try:
        ways = {"through snmpd": Snmpd(lab, extra=USERS).start(), "alone": Alone(lab, extra=USERS)}
        exporter = Exporter(lab, shipped("prometheus", "snmp-0.21.yml")).start()
        scrapes = []
        for name, master in ways.items():
            fake = lab.track(FakeOpenVpn(lab.path(f"{master.name}.sock"), mode="server")).start()
            with fake.script() as daemon:
                for _ in range(clients):
                    daemon.add_client(f"client{len(daemon.clients)}", announce=False, received=10**9, sent=10**9)
            agent = Agent(lab, master, [{"name": "office", "index": 1, "management": fake,
                                         "status_interval": 3600}], name=f"agent-{master.name}").start()
            InstanceView(lab, master.manager()).wait(300, Contact="up", Clients=clients)
            served = [agent] if master.name == "alone" else [master, agent]
            scrapes += [(name, module, Scrape(exporter, master.manager(), module, served)) for module in MODULES]
        for _ in range(ROUNDS):
            for *_, scrape in scrapes:
                scrape.run()
        for name, module, scrape in scrapes:
            print(f"| {clients} | `{module}` | {name} | {scrape.varbinds} | {scrape.packets} | "
                  f"{statistics.median(scrape.used):.2f} | {statistics.median(scrape.asked):.2f} | "
                  f"{statistics.median(scrape.took):.2f} |", flush=True)
    finally:
        lab.close()


def main(counts):
    print(f"Medians of {ROUNDS} rounds, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")
    print("| clients | module | the agent | varbinds | packets | CPU, s | exporter's CPU, s | time, s |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for count in counts:
        measure(count)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [100, 1000, 10000])
