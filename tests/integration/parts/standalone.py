"""What stands in the place of snmpd for an agent that is its own SNMP agent: its port, its users, its
state."""

import os

from parts.process import free_port
from parts.snmp import COMMUNITY, KEEPER_USER, Manager


class Alone:
    """Takes Snmpd's place; the agent that is given it as master answers at port.

    lines are for the file of users, sink a Snmptrapd.  There are a community and a user
    that may do all, as snmpd's.
    """

    name = "alone"
    prefix = ()

    def __init__(self, lab, sink=None, informs=False, name="alone", extra=(), port=None):
        self.lab = lab
        self.port = port or free_port()
        self.folder = lab.make_folder(name)
        self.state = os.path.join(self.folder, "state")
        self.users = os.path.join(self.folder, "users")
        self._users_file = os.path.join(name, "users")
        self._sink = [f"{'informsink' if informs else 'trap2sink'} {sink.address} public"] if sink else []
        self.write(extra)

    def write(self, extra=()):
        """Other lines for the file of users, besides those that are always there."""
        lines = [f"rwcommunity {COMMUNITY} 127.0.0.1", *KEEPER_USER, *extra, *self._sink]
        self.lab.write(self._users_file, "\n".join(lines) + "\n")

    def settings(self):
        """The keys at the top of the agent's configuration."""
        return {"listen": (f"udp:127.0.0.1:{self.port}",), "snmp_config": self.users,
                "state_dir": self.state}

    def start(self):
        return self

    def manager(self, **options):
        return Manager(self.port, self.folder, **options)

    def wait(self):
        """Until it answers."""
        manager = self.manager()
        self.lab.wait_until(manager.answers, "the agent answers", 30)
