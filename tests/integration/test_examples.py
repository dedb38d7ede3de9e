"""The installed examples work as they stand there, and with their commented lines switched on."""

import os
import re
import shutil
import subprocess

import pytest

from parts import snmp
from parts.agent import VARIABLE, program
from parts.control import entry
from parts.process import Child, free_port
from parts.snmp import Snmpd
from parts.view import InstanceView

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
OID_ROOT = "1.3.6.1.4.1.8072.9999.9999.1194"
PASSWORD = "a long password"
ENGINE = "0x80001f8803646f6f72"


def example(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read().replace("@OID_ROOT@", OID_ROOT).replace("@sysconfdir@", "/etc").replace(
            "@localstatedir@", "/var")


def check(lab, text):
    """openvpn-agentx -t"""
    if not program():
        pytest.skip("there is no agent")
    file = lab.write("example.conf", text)
    done = subprocess.run([program(), "-t", "-c", file], capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"{file}: OK"), done.stderr
    assert done.stderr == ""


def test_configuration(lab):
    text = example("conf/openvpn-agentx.conf.example.in")
    check(lab, text)
    password = lab.write("office.pw", "secret\n")
    daemon = lab.write("office.conf", "max-clients 5\n")
    # There is a master agent, or there is none; the daemon listens, or connects.
    switched_on, count = re.subn(r"^( *)#(?!listen|snmp_config|management)(\w+ = |  +{)", r"\1\2",
                                 text, flags=re.MULTILINE)
    assert count > 15
    check(lab, switched_on.replace("/etc/openvpn-agentx/office.pw", password)
          .replace("/etc/openvpn/server/office.conf", daemon))


def test_the_manuals_configuration(lab):
    manual = example("man/openvpn-agentx.conf.5.in").partition(".Sh EXAMPLES")[2]
    text = re.search(r"^agentx = .*?^\);$", manual, re.MULTILINE | re.DOTALL).group()
    password = lab.write("roadwarriors.pw", "secret\n")
    check(lab, text.replace("/etc/openvpn-agentx/roadwarriors.pw", password))


@pytest.fixture
def receiver(lab):
    """snmptrapd with the example and a program for each notification; created is its log."""
    text = example("conf/snmptrapd-openvpn-agentx.conf.in")
    log = lab.path("handled")
    handler = lab.write("handler", f"#!/bin/sh\ncat >>'{log}'\n", mode=0o700)
    text = text.replace("#traphandle", "traphandle")
    text = text.replace("/usr/local/bin/on-openvpn-notification", handler)
    user = re.search(r'createUser -e 0xENGINEID ovpntraps .*"', text).group()
    user = user.replace("another long password", PASSWORD).replace("0xENGINEID", ENGINE)
    port = free_port()
    folder = lab.make_folder("receiver")
    file = lab.write("receiver/snmptrapd.conf", user + "\n" + text)
    child = Child(lab, "receiver", ["snmptrapd", "-f", "-n", "-C", "-c", file, "-Lo", "-OQUt",
                                    f"udp:127.0.0.1:{port}"], snmp.environment(folder))
    child.spawn()
    child.port = port
    child.handled = log
    lab.wait_until(lambda: "NET-SNMP version" in child.log, "snmptrapd listens")
    return child


def snmpd_lines(pattern):
    """Lines of the drop-in that match, switched on."""
    lines = re.findall(rf"^#?({pattern}.*)$", example("conf/snmpd-openvpn-agentx.conf.in"),
                       re.MULTILINE)
    assert lines, pattern
    return lines


def test_encrypted_traps(lab, receiver, start_fake, start_agent):
    line, = snmpd_lines("trapsess -v3")
    line = line.replace('"password"', f'"{PASSWORD}"').replace("0xENGINEID", ENGINE)
    snmpd = Snmpd(lab, extra=["exactEngineID " + ENGINE,
                              line.replace("192.0.2.1", f"127.0.0.1:{receiver.port}")]).start()
    fake = start_fake(mode="client", hold=True)
    start_agent([entry(fake)], master=snmpd)
    lab.wait_until(lambda: "ovpnHoldWaiting" in receiver.log, "the trap arrives", 20)
    lab.wait_until(lambda: os.path.exists(receiver.handled), "the program runs")


def test_snmpd_answers_while_no_receiver_is_there(lab, start_fake, start_agent):
    """Traps with an engine's number and informs of version 2c; nobody listens."""
    lines = snmpd_lines("trapsess -v3") + snmpd_lines("informsink")
    lines = [line.replace('"password"', f'"{PASSWORD}"').replace("0xENGINEID", ENGINE)
             .replace("192.0.2.1", f"127.0.0.1:{free_port()}")
             .replace("127.0.0.1 public", f"127.0.0.1:{free_port()} public") for line in lines]
    snmpd = Snmpd(lab, extra=["exactEngineID " + ENGINE, *lines]).start()
    fake = start_fake(mode="client", hold=True)
    start_agent([entry(fake, notify=["hold", "log:FNWID"])], master=snmpd)
    view = InstanceView(lab, snmpd.manager())
    view.wait(Contact="up", HoldWaiting="true")
    for count in range(20):
        with fake.script() as daemon:
            daemon.log("W", f"line {count}")
    lab.wait_until(lambda: snmpd.manager().get("ovpnAgentNotificationsSent.0") >= 20,
                   "they are sent, and snmpd answers", 20)


def test_a_reader_of_version_2c(lab, start_fake, start_agent):
    """Sees states, not the log, and sets nothing."""
    lines = snmpd_lines("view ovpnMonitor  included") + snmpd_lines("rocommunity")
    snmpd = Snmpd(lab, extra=lines).start()
    start_agent([entry(start_fake(), allow=["verb"])], master=snmpd)
    InstanceView(lab, snmpd.manager()).wait(Contact="up")
    reader = snmpd.manager(community="public")
    assert reader.get("ovpnInstanceName.1") == "fake"
    assert reader.walk("OPENVPN-MANAGEMENT-MIB::ovpnRecords") == []
    with pytest.raises(snmp.SnmpError) as caught:
        reader.set(("ovpnControlVerb.1", "i", 4))
    assert caught.value.status == "noAccess"


def test_one_user_with_two_levels(lab, snmptrapd, start_fake, start_agent):
    lines = snmpd_lines("view ") + snmpd_lines("group  ovpnStaff") + snmpd_lines("access ovpnStaff")
    user = f'createUser ovpnstaff SHA-256 "{PASSWORD}" AES "{PASSWORD}"'
    snmpd = Snmpd(lab, sink=snmptrapd, extra=[user, *lines]).start()
    start_agent([entry(start_fake())], master=snmpd)
    InstanceView(lab, snmpd.manager()).wait(Contact="up")
    manager = snmpd.manager()
    weak = ["-v3", "-u", "ovpnstaff", "-l", "authNoPriv", "-a", "SHA-256", "-A", PASSWORD]
    manager.credentials = weak
    assert manager.get("ovpnInstanceName.1") == "fake"
    assert manager.walk("OPENVPN-MANAGEMENT-MIB::ovpnManage") == []
    manager.credentials = [*weak, "-l", "authPriv", "-x", "AES", "-X", PASSWORD]
    manager.set(("ovpnControlVerb.1", "i", 4))


def test_a_user_for_tools_that_know_sha_alone(lab, start_fake, start_agent):
    text = example("conf/snmpd-openvpn-agentx.conf.in")
    user = re.search(r"^#   (createUser ovpnsha .*)$", text, re.MULTILINE).group(1)
    line = re.search(r"^# (rouser ovpnsha .*)$", text, re.MULTILINE).group(1)
    snmpd = Snmpd(lab, extra=[user, *snmpd_lines("view ovpnMonitor  included"), line]).start()
    start_agent([entry(start_fake(), allow=["verb"])], master=snmpd)
    InstanceView(lab, snmpd.manager()).wait(Contact="up")
    manager = snmpd.manager()
    manager.credentials = ["-v3", "-u", "ovpnsha", "-l", "authPriv", "-a", "SHA", "-A", PASSWORD, "-x", "AES",
                           "-X", "another long password"]
    assert manager.get("ovpnInstanceName.1") == "fake"
    with pytest.raises(snmp.SnmpError):
        manager.set(("ovpnControlVerb.1", "i", 4))


def test_snmpd_watches_the_process(lab, start_fake, start_agent, monkeypatch):
    """Under a name of its own, because other agents may run on this machine."""
    if not program():
        pytest.skip("there is no agent")
    name = f"agentx-{os.getpid()}"
    monkeypatch.setenv(VARIABLE, shutil.copy(program(), lab.path(name)))
    lines = [line.replace("openvpn-agentx", name) for line in snmpd_lines("proc ") + snmpd_lines("view ovpnMonitor")]
    lines.append("rocommunity public 127.0.0.1 -V ovpnMonitor")

    def told(snmpd):
        """snmpd looks at processes every 30 seconds; one that has not looked yet does so at once."""
        reader = snmpd.manager(community="public")
        return [reader.get(f".1.3.6.1.4.1.2021.2.1.{column}.1") for column in (2, 100, 101)]

    snmpd = Snmpd(lab, extra=lines).start()
    agent = start_agent([entry(start_fake())], master=snmpd)
    lab.wait_until(lambda: "connected to the master agent" in agent.log, "the agent runs")
    assert told(snmpd) == [name, 0, ""]
    agent.kill()
    found = told(Snmpd(lab, name="later", extra=lines).start())
    assert found[:2] == [name, 1] and name in found[2]
