"""Icinga 2 with the shipped configuration: each service has the state that its daemon is in."""

import grp
import os
import pwd
import re
import shutil
from pathlib import Path

import pytest

from daemons import CertificateFile, entry
from parts import openvpn
from parts.process import Child
from parts.view import InstanceView

SHIPPED = Path(__file__).resolve().parents[2] / "integrations/icinga/openvpn.conf"
PATIENCE = 60  # seconds until a service has a state
OK, WARNING, CRITICAL, UNKNOWN = "0", "1", "2", "3"
HOST = """
object Host "vpn" {{
  import "openvpn-host"
  check_command = "dummy"
  address = "127.0.0.1"
  vars.openvpn_port = {port}
  vars.openvpn["office"] = {{ clients_percent_warn = 80, clients_percent_crit = 95 }}
  vars.openvpn_users["alice"] = {{ daemon = "office" }}
}}
library "compat"
object StatusDataWriter "status" {{
  status_path = "{folder}/status.dat"
  objects_path = "{folder}/objects.cache"
  update_interval = 1s
}}
object CheckerComponent "checker" {{ }}
"""


class Icinga(Child):
    """Looks every second, and believes what it sees first."""

    def __init__(self, lab, snmp_port):
        self.folder = lab.make_folder("icinga")
        text = SHIPPED.read_text()
        for old, new in (("check_interval = 1m", "check_interval = 1s"), ("check_interval = 1h", "check_interval = 1s"),
                         ("retry_interval = 20s", "retry_interval = 1s"),
                         ("max_check_attempts = 3", "max_check_attempts = 1"),
                         ("/var/lib/icinga2/", self.folder + "/")):
            assert old in text
            text = text.replace(old, new)
        lab.write("icinga/openvpn.conf", text)
        configuration = lab.write("icinga/icinga2.conf", f"""include <itl>
include <plugins>
const PluginDir = "{os.environ['OVPN_AGENTX_BUILD']}"
include "{self.folder}/openvpn.conf"
{HOST.format(port=snmp_port, folder=self.folder)}
""")
        # It would go on as a user of its own, who may not write here.
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        super().__init__(lab, "icinga2", [
            "icinga2", "daemon", "-c", configuration, f"-DRunAsUser={user}", f"-DRunAsGroup={group}",
            *(f"-D{name}={self.folder}" for name in ("DataDir", "CacheDir", "LogDir", "SpoolDir",
                                                     "InitRunDir"))])

    def services(self):
        """{service: (state, output, performance data)}"""
        try:
            text = Path(self.folder, "status.dat").read_text()
        except FileNotFoundError:
            return {}
        found = {}
        for part in re.findall(r"^servicestatus \{\n(.*?)^\s*\}", text, re.MULTILINE | re.DOTALL):
            values = dict(line.strip().split("=", 1) for line in part.splitlines() if "=" in line)
            if values["has_been_checked"] == "1":
                found[values["service_description"]] = (values["current_state"], values["plugin_output"],
                                                        values["performance_data"])
        return found

    def wait(self, **states):
        """Waits until the services of these modes have these states; returns all services."""
        wanted = {"openvpn-agent" if mode == "agent" else
                  f"openvpn-{mode} {'alice' if mode == 'user' else 'office'}": state
                  for mode, state in states.items()}

        def have():
            services = self.services()
            return {name: services.get(name, " ")[0] for name in wanted} == wanted and services

        return self.lab.wait_until(have, lambda: f"{wanted}; there are {self.services()}", PATIENCE)


@pytest.fixture
def icinga(lab, snmpd):
    if not shutil.which("icinga2"):
        pytest.skip("icinga2 is not installed")
    made = Icinga(lab, snmpd.port)
    made.spawn()
    return made


def test_services_have_the_states_of_their_daemons(lab, pki, start_agent, manager, icinga):
    server = openvpn.server(lab, pki).start()
    made = CertificateFile(lab, "max-clients 1")
    made.make()
    agent = start_agent([entry("office", 1, server, openvpn_config=made.config)])
    alice = openvpn.client(lab, pki, server, "alice").start()
    InstanceView(lab, manager).wait(30, Contact="up", Clients=1, ClientsMax=1)
    services = icinga.wait(agent=OK, contact=OK, tunnel=OK, clients=CRITICAL, logins=OK, expiry=OK, user=OK)
    assert len(services) == 7
    assert all(data for _, _, data in services.values())
    alice.stop()
    icinga.wait(clients=OK, user=CRITICAL)
    made.make(days=5)
    agent.reload()
    icinga.wait(expiry=WARNING)
    made.make(expired=True)
    agent.reload()
    icinga.wait(expiry=CRITICAL)
    server.kill()
    icinga.wait(contact=CRITICAL, agent=OK)
    server.start()
    alice.start()
    icinga.wait(contact=OK, tunnel=OK, user=OK)
    agent.stop()
    icinga.wait(agent=CRITICAL)
    agent.start()
    icinga.wait(agent=OK, contact=OK, tunnel=OK)
