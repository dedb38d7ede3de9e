"""How long `ovpnctl clients` takes for 10 000 clients, behind a real snmpd and the agent."""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "integration"), TESTS]

from fake.fake_openvpn import FakeOpenVpn  # noqa: E402  (the path comes first)
from parts.agent import Agent  # noqa: E402
from parts.ovpnctl import Ctl  # noqa: E402
from parts.process import Lab  # noqa: E402
from parts.snmp import Snmpd  # noqa: E402
from parts.view import InstanceView  # noqa: E402

CLIENTS = 10000


def main():
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
        print(f"ovpnctl clients: {len(done.stdout.splitlines()) - 1} rows in {took:.2f} s")
    finally:
        lab.close()


main()
