"""What polls the agent beside the Net-SNMP tools, and a site for it: a server with users, who come and go."""

import os

from parts.snmp import MONITOR_USER, Snmpd
from parts.view import InstanceView

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
# As README.md and the shipped drop-in have them.
USERS = [*MONITOR_USER,
         'createUser ovpnsha SHA "a long password" AES "another long password"',
         "rouser ovpnsha authPriv"]


def shipped(*names):
    """A file of integrations/, with the OID root in it where it has one."""
    made = os.path.join(os.environ.get("OVPN_AGENTX_BUILD", ""), "generated/integrations", *names)
    return made if os.path.exists(made) else os.path.join(TOP, "integrations", *names)


class Site:
    """snmpd with the users for managers, the agent, the server office and the client branch.

    alice is online, carol was; nobody is in contact with branch.
    """

    def __init__(self, lab, start_fake, start_agent, sink=None):
        self.lab = lab
        self.snmpd = Snmpd(lab, sink=sink, extra=USERS).start()
        self.port = self.snmpd.port
        self.manager = self.snmpd.manager()
        self.office = start_fake("office", mode="server")
        with self.office.script() as daemon:
            daemon.add_client("alice", received=1500, sent=5000000000)
            daemon.add_client("carol", received=20, sent=30)
        self.agent = start_agent([
            {"name": "office", "index": 1, "management": self.office, "status_interval": 1},
            {"name": "branch", "index": 2, "management": "unix:" + lab.path("nobody.sock")},
        ], master=self.snmpd)
        self.view = InstanceView(lab, self.manager)
        self.view.wait(30, Contact="up", State="connected", Clients=2)
        with self.office.script() as daemon:
            daemon.remove_clients([client for client in daemon.clients if client.common_name == "carol"])
        self.view.wait(30, Clients=1)
        lab.wait_until(lambda: self.users()["office", "alice"]["BytesOut"] == 5000000000, "the traffic is there")

    def users(self):
        """{(daemon, user): {column: value}}"""
        rows = self.manager.table("ovpnUserTable").values()
        return {(row["ovpnUserInstanceName"], row["ovpnUserName"]):
                {name.removeprefix("ovpnUser"): value for name, value in row.items()} for row in rows}

    def lose_office(self):
        self.office.close()
        self.view.wait(Contact="disconnected")
