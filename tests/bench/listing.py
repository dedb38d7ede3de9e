"""How long `ovpnctl clients` takes for 10 000 clients, behind a real snmpd and the agent."""

import subprocess
import time

from report import Figure

from fake.fake_openvpn import FakeOpenVpn
from parts.agent import Agent
from parts.ovpnctl import Ctl
from parts.process import Lab
from parts.snmp import Snmpd
from parts.view import InstanceView

CLIENTS = 10000


def figures():
    lab = Lab()
    try:
        snmpd = Snmpd(lab).start()
        fake = lab.track(FakeOpenVpn(lab.path("office.sock"), name="office", mode="server")).start()
        with fake.script() as server:
            for number in range(CLIENTS):
                server.add_client(f"client{number}", received=number * 1000, sent=number)
        Agent(lab, snmpd, [{"name": "office", "index": 1, "management": fake,
                            "status_interval": 60, "log_lines": 0}]).start()
        manager = snmpd.manager()
        lab.wait_until(lambda: manager.answers("ovpnInstanceName.1"), "the agent answers", 60)
        InstanceView(lab, manager).wait(60, Contact="up", StatusComplete="true", Clients=CLIENTS)
        ctl = Ctl(snmpd.port, snmpd.folder)
        begin = time.monotonic()
        done = subprocess.run(ctl.command("clients"), env=ctl.environment, check=True,
                              stdout=subprocess.PIPE, text=True)
        took = time.monotonic() - begin
        yield Figure(f"ovpnctl clients, {len(done.stdout.splitlines()) - 1} rows", took, "s")
    finally:
        lab.close()
