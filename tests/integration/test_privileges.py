"""The agent as a user who has nothing but a group: of the sockets, of its configuration."""

import grp
import os

import pytest

from parts import openvpn
from parts.agent import Agent
from parts.snmp import Snmpd
from parts.view import InstanceView

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="other users' processes take root")

USER = 54321  # has no name
STRANGERS = 54322


def group():
    """A group that OpenVPN can be told by name; nobody else is in it."""
    for name in ("games", "news", "daemon", "nogroup"):
        try:
            return grp.getgrnam(name)
        except KeyError:
            continue
    pytest.skip("no group with a name")


def instance(daemon, **others):
    return {"name": "one", "index": 1, "management": daemon, "status_interval": 1, **others}


@pytest.fixture
def shared():
    return group()


@pytest.fixture
def folder(lab, shared):
    """Where sockets are: the group may go in, others not."""
    path = lab.make_folder("run")
    os.chown(path, 0, shared.gr_gid)
    os.chmod(path, 0o750)
    return path


@pytest.fixture
def snmpd(lab, folder, shared, snmptrapd):
    """Its folder for subagents is made before, its socket is the group's."""
    return Snmpd(lab, sink=snmptrapd, agentx=f"unix:{folder}/agentx.sock",
                 permissions=f"0660 0750 0 {shared.gr_gid}").start()


def in_folder(daemon, folder):
    """The daemon's management socket is in the folder."""
    path = f"{folder}/{daemon.name}.sock"
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read()
    with open(daemon.config, "w", encoding="utf-8") as file:
        file.write(text.replace(daemon.endpoint.removeprefix("unix:"), path))
    daemon.endpoint = f"unix:{path}"
    return daemon.start()


def test_the_group_is_enough(lab, pki, folder, shared, snmpd, snmptrapd):
    server = openvpn.server(lab, pki, extra=[f"management-client-group {shared.gr_name}"])
    in_folder(server, folder)
    agent = Agent(lab, snmpd, [instance(server)], identity=(USER, shared.gr_gid)).start()
    view = InstanceView(lab, snmpd.manager())
    view.wait(Contact="up", State="connected", Pid=server.pid)
    with open(f"/proc/{agent.pid}/status", encoding="ascii") as file:
        status = dict(line.partition(":")[::2] for line in file)
    assert status["Uid"].split() == [str(USER)] * 4
    assert status["Gid"].split() == [str(shared.gr_gid)] * 4
    assert status["Groups"].strip() == "" and int(status["CapEff"], 16) == 0
    # It needs no more to find again what was lost.
    snmpd.stop()
    server.kill()
    snmpd.start()
    view.wait(Contact="disconnected")
    server.start()
    view.wait(Contact="up", Pid=server.pid)
    snmptrapd.wait_traps("ovpnContactRestored")
    agent.reload()
    lab.wait_until(lambda: "configuration reloaded" in agent.log, "it reads its configuration")
    assert agent.stop() == 0


def test_a_password_file_of_the_group(lab, pki, shared, snmpd):
    client = openvpn.lone_client(lab, pki, management="tcp", password="open sesame", hold=True)
    client.start()
    secret = lab.write("agent.pw", "open sesame\n", 0o640)
    os.chown(secret, 0, shared.gr_gid)
    agent = Agent(lab, snmpd, [instance(client, password_file=secret)],
                  identity=(USER, shared.gr_gid)).start()
    InstanceView(lab, snmpd.manager()).wait(Contact="up", Pid=client.pid)
    assert agent.stop() == 0


def test_who_is_not_in_the_group(lab, pki, folder, shared, snmpd):
    server = openvpn.server(lab, pki, extra=[f"management-client-group {shared.gr_name}"])
    in_folder(server, folder)
    agent = Agent(lab, snmpd, [instance(server)], identity=(USER, STRANGERS)).start()
    lab.wait_until(lambda: "one: no contact: cannot connect: Permission denied" in agent.log
                   and f"{snmpd.agentx}: Permission denied" in agent.log,
                   "it says what it may not do")
    assert "MANAGEMENT: Client connected" not in server.log
    assert agent.stop() == 0
