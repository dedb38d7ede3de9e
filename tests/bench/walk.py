#!/usr/bin/python3
"""What a varbind of a walk costs through AgentX, alone, and at least (a subagent of constants under
snmpd): figures for people, run by `make bench`.  OVPN_AGENTX_BIN names the agent, OVPN_FLOOR the
subagent of constants.  Further words are numbers of clients."""

import os
import socket
import statistics
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "integration")]

from fake.fake_openvpn import FakeOpenVpn  # noqa: E402
from parts import fastset  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.process import Child, Lab  # noqa: E402
from parts.snmp import Snmpd  # noqa: E402
from parts.standalone import Alone  # noqa: E402
from parts.view import InstanceView  # noqa: E402

ROUNDS = int(os.environ.get("OVPN_ROUNDS", 60))
REPETITIONS = 50
ROWS = 1000  # of a walk, whatever the table has
ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999)
CLIENT_NAMES = (*ROOT, 1194, 1, 3, 1, 3)
CONSTANTS = (*ROOT, 1, 1)


class Walk:
    """The GETBULKs of one walk, found once and then sent again and again."""

    def __init__(self, name, port, column):
        self.name = name
        self.took = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(10)
        self._requests = []
        self._varbinds = 0
        at = fastset.write_identifier(column)
        while at is not None and self._varbinds < ROWS:
            self._requests.append(fastset.getbulk(at, REPETITIONS))
            self._socket.send(self._requests[-1])
            names = [name for name, _ in fastset.answer(self._socket.recv(65536))[3]]
            inside = [name for name in names if name[2:].startswith(
                fastset.write_identifier(column)[2:])]
            self._varbinds += len(inside)
            at = names[-1] if len(inside) == len(names) > 0 else None

    def run(self):
        begin = time.perf_counter()
        for request in self._requests:
            self._socket.send(request)
            self._socket.recv(65536)
        self.took.append((time.perf_counter() - begin) / self._varbinds * 1e6)


def report(walks, clients, cold):
    floor = statistics.median(walks[0].took)
    for walk, first in zip(walks, cold):
        took = sorted(walk.took)
        middle = statistics.median(took)
        quarter = len(took) // 4
        print(f"{clients:>7} clients, {walk.name:<12} {middle:7.2f} us a varbind "
              f"({took[quarter]:.2f} to {took[-quarter - 1]:.2f}, least {took[0]:.2f}, "
              f"cold {first:.2f}), {middle / floor:.3f} x floor")
    print(f"{clients:>7} clients, alone is "
          f"{statistics.median(walks[1].took) / statistics.median(walks[2].took):.1f} times faster "
          f"than AgentX")


def measure(clients):
    lab = Lab()
    try:
        snmpd, alone = Snmpd(lab).start(), Alone(lab)
        Child(lab, "floor", [os.environ["OVPN_FLOOR"], snmpd.agentx]).spawn()
        for master, name in ((snmpd, "under"), (alone, "alone-agent")):
            fake = lab.track(FakeOpenVpn(lab.path(name + ".sock"), name=name, mode="server")).start()
            with fake.script() as daemon:
                daemon.add_clients(clients)
            Agent(lab, master, [{"name": "one", "index": 1, "management": fake,
                                 "status_interval": 3600}], name=name).start()
            InstanceView(lab, master.manager()).wait(120, Contact="up", Clients=clients)
        lab.wait_until(lambda: snmpd.manager(options=["-Ir"]).walk("." + ".".join(map(str, CONSTANTS))),
                       "the floor is there")
        walks = [Walk("floor", snmpd.port, CONSTANTS), Walk("AgentX", snmpd.port, CLIENT_NAMES),
                 Walk("stand-alone", alone.port, CLIENT_NAMES)]
        for _ in range(ROUNDS):
            for walk in walks:
                walk.run()
        cold = [walk.took.pop(0) for walk in walks]
        report(walks, clients, cold)
    finally:
        lab.close()


if __name__ == "__main__":
    for count in [int(word) for word in sys.argv[1:]] or [1000, 100000]:
        measure(count)
