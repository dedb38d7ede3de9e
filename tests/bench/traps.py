"""How long a notification takes from the daemon's line to the manager, beside a subagent that sends a
constant one for each octet that it reads."""

import os
import socket
import sys
import time

from report import Figure, figure, p99

from fake.fake_openvpn import FakeOpenVpn
from parts.agent import Agent
from parts.process import Child, Lab
from parts.snmp import Snmpd
from parts.view import InstanceView

SAMPLES = 5 * int(os.environ.get("OVPN_ROUNDS", 60))
STATES = ("RECONNECTING", "CONNECTED")  # in turn


class Sink:
    """Where snmpd sends traps."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(10)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def wait(self, what):
        """Until one with these octets comes."""
        while what not in self._socket.recv(65536):
            pass
        return time.perf_counter()

    def drain(self):
        self._socket.settimeout(1)
        try:
            while True:
                self._socket.recv(65536)
        except socket.timeout:
            self._socket.settimeout(10)


def tell_state(fake, number):
    """At once: the fake's thread is not woken for it, which would take its time from ours."""
    line = f">STATE:{int(time.time())},{STATES[number % 2]},sample{number}.,,,,,\r\n".encode()
    begin = time.perf_counter()
    fake._link.sendall(line)  # pylint: disable=protected-access
    return begin


def measure(lab):
    sys.setswitchinterval(1e-5)  # the fake's thread may have to answer a poll
    sink = Sink()
    snmpd = Snmpd(lab, sink=sink).start()
    fifo = lab.path("fifo")
    os.mkfifo(fifo)
    Child(lab, "floor", [os.path.join(os.environ["OVPN_BENCH"], "floor"), snmpd.agentx, fifo]).spawn()
    fake = lab.track(FakeOpenVpn(lab.path("fake.sock"), mode="client")).start()
    Agent(lab, snmpd, [{"name": "one", "index": 1, "management": fake, "status_interval": 3600,
                        "notify": ["state-all"], "notify_rate": 100000}]).start()
    InstanceView(lab, snmpd.manager()).wait(30, Contact="up")
    lab.wait_until(lambda: snmpd.manager(options=["-Ir"]).walk(".1.3.6.1.4.1.8072.9999.9999.1"),
                   "the floor is there")
    sink.drain()
    floor, agent = [], []
    with open(fifo, "wb", buffering=0) as pipe:
        for number in range(SAMPLES):
            begin = time.perf_counter()
            pipe.write(b"x")
            floor.append((sink.wait(b"constant") - begin) * 1e6)
            begin = tell_state(fake, number)
            agent.append((sink.wait(f"sample{number}.".encode()) - begin) * 1e6)
    return floor, agent


def figures():
    lab = Lab()
    try:
        floor, agent = measure(lab)
    finally:
        lab.close()
    yield figure("notification, line to manager: floor", floor, "us")
    yield figure("notification, line to manager: agent", agent, "us", floor, "<= 1.2")
    yield Figure("notification, 99 of 100: floor", p99(floor), "us")
    yield Figure("notification, 99 of 100: agent", p99(agent), "us", "", p99(agent) / p99(floor),
                 "<= 1.2")
