"""Zabbix on loopback: it takes the template, has values of real daemons, and tells what is wrong."""

import os
from pathlib import Path

import pytest

from daemons import CertificateFile, answer, entry, login
from parts import openvpn
from parts.agent import Agent
from parts.process import Lab
from parts.snmp import Snmptrapd
from parts.view import InstanceView
from zabbix_server import Zabbix

TEMPLATE = Path(os.environ["OVPN_AGENTX_BUILD"], "generated/integrations/zabbix/openvpn.yaml")
PATIENCE = 90  # seconds until a problem has come or gone
SOON = {"INTERVAL": "2s", "INTERVAL.USERS": "2s", "DISCOVERY": "5s", "GONE": "30s", "STALE": "4s",
        "WINDOW": "20s", "REJECTED.MAX": "1"}


@pytest.fixture(scope="module")
def zabbix():
    lab = Lab()
    try:
        yield Zabbix(lab).start()
    finally:
        lab.close()


@pytest.fixture(scope="module")
def template(zabbix):
    return zabbix.import_template(TEMPLATE)


@pytest.fixture
def snmptrapd(lab, zabbix):
    """One that hands all to Zabbix."""
    return Snmptrapd(lab, extra=zabbix.trap_lines()).start()


@pytest.fixture
def host(request, lab, zabbix, template, snmpd):
    made = zabbix.add_host(request.node.name, snmpd.port, template, **SOON)
    yield made
    zabbix.call("host.delete", made.number)


def wait_items(lab, host, wanted):
    """Waits until each item has a value and those of the wanted keys are there; returns the items."""
    def have_values():
        items = host.items()
        missing = {key for key, item in items.items() if item["lastclock"] == "0" and item["type"] != "17"}
        seen[:] = [wanted - set(items), missing, host.unsupported()]
        return not any(seen) and items

    seen = []
    return lab.wait_until(have_values, lambda: f"values; not there, without one, not supported: {seen}", 120)


def wait_value(lab, host, key, value, deadline=60):
    lab.wait_until(lambda: host.items()[key]["lastvalue"] == value,
                   lambda: f"{key} is {value}, not {host.items()[key]['lastvalue']}", deadline)


def test_values_and_their_histories(lab, pki, manager, snmpd, host):
    server = openvpn.server(lab, pki, users={"alice": "right", "é": "right"}, extra=["max-clients 5"]).start()
    agents = [entry("office", 1, server, openvpn_config=server.config, user_key="username")]
    state = lab.make_folder("state")
    agent = Agent(lab, snmpd, agents, state_dir=state).start()
    InstanceView(lab, manager).wait(Contact="up", State="connected", ConfigError="")
    alice, other = (login(lab, pki, server, name, user).start()
                    for name, user in (("alice", "alice"), ("laptop", "é")))
    online = {user: f'ovpn.user.online["office","{user}"]' for user in ("alice", "é")}
    items = wait_items(lab, host, {*online.values(), "ovpn.instance.max[office]",
                                   "ovpn.agent.version"})
    assert f'ovpn.certificate.left["office","{pki.ca}","CN=Test Authority"]' in items
    assert items["ovpn.instance.max[office]"]["lastvalue"] == "5"
    assert items['ovpn.user.sessions["office","alice"]']["lastvalue"] == "1"
    before = host.items()

    alice.stop()
    wait_value(lab, host, online["alice"], "2")
    alice.start()
    wait_value(lab, host, online["alice"], "1")
    # Without its memory the agent has other numbers for its users.
    agent.stop()
    Agent(lab, snmpd, agents, name="forgetful").start()
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    lab.wait_until(lambda: {key: item["snmp_oid"] for key, item in host.items().items()}
                   != {key: item["snmp_oid"] for key, item in before.items()}, "Zabbix finds the new numbers", 60)
    mark = max(int(item["lastclock"]) for item in host.items().values())
    after = lab.wait_until(lambda: (now := host.items()) and int(now[online["é"]]["lastclock"]) > mark and now,
                           "values go on", 60)
    assert {key: item["itemid"] for key, item in after.items()} == \
           {key: item["itemid"] for key, item in before.items()}
    assert {"1", "2"} <= {value["value"] for value in host.history(after[online["alice"]])}
    assert not host.unsupported()
    other.stop()


class Problems:
    """Waits for what Zabbix says of one daemon."""

    def __init__(self, lab, host):
        self.lab = lab
        self.host = host

    def _wait(self, name, wanted):
        self.lab.wait_until(lambda: (name in self.host.problems()) is wanted,
                            lambda: f"{name!r} {'comes' if wanted else 'goes'}; there are "
                                    f"{self.host.problems()}, not supported: {self.host.unsupported()}",
                            PATIENCE)

    def come(self, name):
        self._wait(name, True)

    def go(self, name):
        self._wait(name, False)


@pytest.fixture
def problems(lab, host):
    return Problems(lab, host)


def wait_known(lab, host, *keys):
    lab.wait_until(lambda: all(host.items().get(key, {}).get("lastclock", "0") != "0" for key in keys),
                   f"{keys} have values", PATIENCE)


def test_a_daemon_ends_and_stands_still(lab, pki, start_agent, manager, host, problems):
    """By what Zabbix reads, and by what it is told."""
    server = openvpn.server(lab, pki).start()
    agent = start_agent([entry("office", 1, server)])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    wait_known(lab, host, "ovpn.instance.contact[office]", "ovpn.instance.state[office]")
    server.kill()
    problems.come("OpenVPN: Notification: contact lost")
    problems.come("OpenVPN office: No contact")
    server.start()
    problems.go("OpenVPN office: No contact")
    problems.go("OpenVPN: Notification: contact lost")
    server.freeze()
    problems.come("OpenVPN office: Does not answer")
    server.thaw()
    problems.go("OpenVPN office: Does not answer")
    agent.stop()
    problems.come("OpenVPN: openvpn-agentx does not answer")
    assert not host.unsupported()
    agent.start()
    problems.go("OpenVPN: openvpn-agentx does not answer")


def test_a_client_waits_asks_and_is_down(lab, pki, start_agent, manager, host, problems):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    client = openvpn.client(lab, pki, server, "alice", hold=True, extra=[
        "auth-user-pass", "management-query-passwords", "ping 1", "ping-restart 5"]).start()
    start_agent([entry("branch", 2, client, allow=["hold", "passwords"])])
    InstanceView(lab, manager, 2).wait(Contact="up", HoldWaiting="true")
    problems.come("OpenVPN branch: Waits for a hold release")
    # And it shall not wait again when it starts anew.
    manager.set(("ovpnControlHoldFlag.2", "i", 2))
    manager.set(("ovpnControlHoldRelease.2", "i", 2))
    problems.go("OpenVPN branch: Waits for a hold release")
    problems.come("OpenVPN branch: Waits for input")
    answer(manager, 2, "alice", "right")
    problems.go("OpenVPN branch: Waits for input")
    client.wait_completed()
    # A client has no clients of its own.
    assert not {key for key in host.items() if key.startswith("ovpn.instance.clients")}
    server.kill()
    problems.come("OpenVPN: Notification: tunnel down")
    problems.come("OpenVPN branch: Tunnel down")
    server.start()
    problems.go("OpenVPN branch: Tunnel down")
    problems.go("OpenVPN: Notification: tunnel down")


def test_logins_fail(lab, pki, start_agent, manager, host, problems):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    start_agent([entry("office", 1, server)])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    wait_known(lab, host, "ovpn.instance.rejected[office]")
    mallory = login(lab, pki, server, "mallory", "alice", "wrong").start()
    problems.come("OpenVPN office: Many logins rejected")
    mallory.kill()
    problems.go("OpenVPN office: Many logins rejected")


def test_a_server_is_full_and_a_user_leaves(lab, pki, start_agent, manager, host, problems):
    server = openvpn.server(lab, pki, extra=["max-clients 1"]).start()
    start_agent([entry("office", 1, server, openvpn_config=server.config)])
    InstanceView(lab, manager).wait(Contact="up", ClientsMax=1)
    host.set_macro('{$OVPN.USER.ONLINE:"alice"}', "1")
    alice = openvpn.client(lab, pki, server, "alice").start()
    problems.come("OpenVPN office: Nearly full")
    wait_known(lab, host, 'ovpn.user.online["office","alice"]')
    alice.stop()
    problems.go("OpenVPN office: Nearly full")
    problems.come("OpenVPN office: User alice is not online")
    alice.start()
    problems.go("OpenVPN office: User alice is not online")


def test_a_certificate_ends(lab, pki, start_agent, manager, host, problems):
    server = openvpn.server(lab, pki).start()
    made = CertificateFile(lab)
    made.make(days=5)
    agent = start_agent([entry("office", 1, server, openvpn_config=made.config)])
    InstanceView(lab, manager).wait(Contact="up", ConfigError="")
    problems.come("OpenVPN office: CN=server expires soon")
    made.make(expired=True)
    agent.reload()
    problems.come("OpenVPN office: CN=server has expired")
    made.make(days=300)
    agent.reload()
    problems.go("OpenVPN office: CN=server has expired")
    problems.go("OpenVPN office: CN=server expires soon")


def test_a_status_is_cut(lab, start_fake, start_agent, manager, host, problems):
    """With client_max, which leaves rows out as a cut status does."""
    fake = start_fake("office", mode="server")
    with fake.script() as server:
        server.add_clients(3)
    start_agent([entry("office", 1, fake, client_max=2)])
    InstanceView(lab, manager).wait(Contact="up", StatusComplete="false")
    problems.come("OpenVPN office: Status is cut")
    with fake.script() as server:
        server.remove_clients(server.clients[:2])
    problems.go("OpenVPN office: Status is cut")


def test_a_fatal_error(lab, start_fake, start_agent, manager, host, problems):
    fake = start_fake("office", mode="server")
    start_agent([entry("office", 1, fake)])
    InstanceView(lab, manager).wait(Contact="up")
    wait_known(lab, host, "ovpn.instance.fatals[office]")
    with fake.script() as server:
        server.fatal("all is lost")
    problems.come("OpenVPN: Notification: fatal error")
    problems.come("OpenVPN office: Fatal error")
