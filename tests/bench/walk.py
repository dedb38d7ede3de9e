"""What a varbind of a walk costs through AgentX, with the SNMP library answering and without, alone,
and at least: a subagent of constants under snmpd."""

import os
import socket
import time

from report import Figure, figure, processor

from fake.fake_openvpn import FakeOpenVpn
from parts import fastset
from parts.agent import Agent
from parts.process import Child, Lab
from parts.snmp import Snmpd, Unhurried
from parts.standalone import Alone
from parts.view import InstanceView

CLIENTS = (1000, 100000)
ROUNDS = int(os.environ.get("OVPN_ROUNDS", 60))
REPETITIONS = 50
ROWS = 1000  # of a walk, whatever the table has
ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999)
CLIENT_NAMES = (*ROOT, 1194, 1, 3, 1, 3)
CONSTANTS = (*ROOT, 1, 1)


class Walk:
    """The GETBULKs of one walk, found once and then sent again and again."""

    def __init__(self, name, agent, port, column):
        self.name = name
        self.agent = agent  # its process
        self.used = []  # by that, of the processor
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
        used, begin = processor(self.agent.pid), time.perf_counter()
        for request in self._requests:
            self._socket.send(request)
            self._socket.recv(65536)
        self.took.append((time.perf_counter() - begin) / self._varbinds * 1e6)
        self.used.append((processor(self.agent.pid) - used) / self._varbinds * 1e6)


def walks_of(lab, clients):
    """The floor first; each of the others has an agent and a daemon of its own."""
    snmpd = Snmpd(lab).start()
    floor = Child(lab, "floor", [os.path.join(os.environ["OVPN_BENCH"], "floor"), snmpd.agentx])
    floor.spawn()
    agents = []
    ways = {"AgentX": snmpd, "AgentX, by the library": Unhurried(lab, name="library").start(),
            "stand-alone": Alone(lab)}
    for number, master in enumerate(ways.values()):
        fake = lab.track(FakeOpenVpn(lab.path(f"fake{number}.sock"), mode="server")).start()
        with fake.script() as daemon:
            daemon.add_clients(clients)
        agents.append(Agent(lab, master, [{"name": "one", "index": 1, "management": fake,
                                           "status_interval": 3600}], name=f"agent{number}").start())
        InstanceView(lab, master.manager()).wait(300, Contact="up", Clients=clients,
                                                  StatusComplete="true")
    lab.wait_until(lambda: snmpd.manager(options=["-Ir"]).walk("." + ".".join(map(str, CONSTANTS))),
                   "the floor is there")
    return [Walk("floor", floor, snmpd.port, CONSTANTS),
            *(Walk(name, agent, master.port, CLIENT_NAMES)
              for agent, (name, master) in zip(agents, ways.items()))]


def measure(clients):
    lab = Lab()
    try:
        walks = walks_of(lab, clients)
        for _ in range(ROUNDS):
            for walk in walks:
                walk.run()
    finally:
        lab.close()
    cold = [walk.took.pop(0) for walk in walks]
    wanted = {"AgentX": "<= 0.75", "stand-alone": "<= 0.07"}
    for walk, first in zip(walks, cold):
        what = f"walk, {clients} clients, a varbind: {walk.name}"
        yield figure(what, walk.took, "us", walks[0].took, wanted.get(walk.name, ""))
        yield Figure(f"{what}, cold", first, "us", "", first / cold[0])
        yield figure(f"{what}, processor of the agent", walk.used, "us", walks[0].used)


def figures():
    for clients in CLIENTS:
        yield from measure(clients)
