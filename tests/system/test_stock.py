"""A stock Debian with snmpd and OpenVPN as their packages start them, and README.md, command by
command, up to a walk; then a reboot, and the way back.

The tests build on each other, in their order.
"""

import os
import re
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

from machine import Machine, missing  # noqa: E402  (the path comes first)
from stock import README, TOP, UP, block, install_stock, listens, name_sockets, packages, write  # noqa: E402

SOURCE = "/root/openvpn-agentx"
CONFIG = "/etc/openvpn-agentx/openvpn-agentx.conf"


@pytest.fixture(scope="module")
def machine():
    why = missing()
    if why:
        pytest.skip(why)
    made = Machine(packages())
    try:
        made.boot()
        yield made
    finally:
        made.remove()


def test_the_system_as_debian_leaves_it(machine):
    install_stock(machine)


def test_install(machine):
    os.makedirs(machine.path(SOURCE))
    subprocess.run([os.path.join(TOP, "scripts/copy-source"), machine.path(SOURCE)], check=True)
    before = listens(machine)
    machine.run(block("scripts/install-deps build").replace("install --no-", "install -qq --yes --no-"),
                SOURCE, MAKEFLAGS=f"-j{os.cpu_count()}")
    assert listens(machine) == before, "installing has opened a port"


def test_set_up(machine):
    machine.run(block("systemd-sysusers"))
    name_sockets(machine)
    write(machine, CONFIG, block('agentx = "unix:'))
    assert "OK, instances: 2" in machine.run("openvpn-agentx -t")
    machine.run(block("cd /usr/share/doc/openvpn-agentx"))
    machine.run(block("systemctl daemon-reload"))
    machine.run(block("/usr/share/openvpn-agentx/base-mibs"))
    write(machine, "/root/.snmp/snmp.conf", block("defVersion 3"))
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
    assert machine.ask("systemctl is-active openvpn-agentx snmpd") == "active\nactive"


def test_what_operators_ask(machine):
    machine.wait("snmpwalk -OQvs localhost ovpnClientCommonName.1", "branch")
    assert machine.run("snmpget -OQs localhost ovpnInstanceState.1") == \
        "ovpnInstanceState.1 = connected\n"


def test_control(machine):
    line = re.search(r"^    \$ (snmpset .* ovpnControlVerb\.1 i 4)$", README, re.MULTILINE).group(1)
    assert machine.run(line) == "ovpnControlVerb.1 = 4\n"


def show(machine, *properties):
    """What systemd knows of the service."""
    names = " ".join(f"--property={name}" for name in properties)
    return dict(line.split("=", 1) for line in
                machine.run(f"systemctl show {names} openvpn-agentx").splitlines())


def test_the_status_line(machine):
    text = "2 of 2 daemons in contact, connected to the master agent"
    machine.wait("systemctl show --property=StatusText --value openvpn-agentx", text)
    assert f'Status: "{text}"' in machine.run("systemctl status openvpn-agentx")


def test_a_reload_with_a_wrong_file(machine):
    before = show(machine, "MainPID")
    machine.run(f"cp --preserve {CONFIG} /root/good.conf\necho 'verbose = 4;' >>{CONFIG}")
    assert machine.ask("systemctl reload openvpn-agentx >/dev/null 2>&1; echo $?") == "1"
    assert "verbose: unknown key" in machine.run(
        "journalctl --sync; journalctl --unit openvpn-agentx --priority err")
    assert show(machine, "MainPID") == before
    assert machine.run("snmpwalk -OQs localhost ovpnInstanceContact").strip() == UP


def test_a_start_with_a_wrong_file(machine):
    """It has failed, and is not tried again and again."""
    assert machine.ask("systemctl restart openvpn-agentx >/dev/null 2>&1; echo $?") == "1"
    assert show(machine, "ActiveState", "SubState", "ExecMainStatus", "NRestarts") == {
        "ActiveState": "failed", "SubState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}
    machine.run(f"cp --preserve /root/good.conf {CONFIG}\nsystemctl start openvpn-agentx\n"
                "systemctl reload openvpn-agentx")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def test_more_in_the_foreground(machine):
    stop, run = block("systemctl stop openvpn-agentx").splitlines()
    # It is stopped as soon as it has said what there is to say.
    said = machine.run(f"{stop}\n{run} >said 2>&1 &\npid=$!\n"
                       "timeout 30 sh -c 'until [ $(grep -c \": contact, \" said) = 2 ]; do sleep 0.2; done'\n"
                       "kill $pid\nwait $pid || :\ncat said\nsystemctl start openvpn-agentx")
    assert "connected to the master agent" in said and "info: " in said
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def test_snmpd_starts_again(machine):
    machine.run("systemctl restart snmpd")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def test_all_comes_back_after_a_reboot(machine):
    machine.reboot()
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
    machine.wait("snmpwalk -OQvs localhost ovpnClientCommonName.1", "branch")


def test_uninstall_keeps_the_vpn(machine):
    said = machine.run("make uninstall", SOURCE)
    assert "take the lines `management /run/openvpn-agentx/...`" in said
    assert "/etc/openvpn/server/office.conf\n" in said and "/etc/openvpn/client/branch.conf\n" in said
    assert machine.ask("systemctl is-active openvpn-agentx") == "inactive"
    assert "openvpn-agentx" not in machine.run("ls -R /etc/systemd/system")
    # What it says to do, and a reboot.
    machine.run("sed -i '/^management/d' /etc/openvpn/*/*.conf")
    machine.reboot()
    machine.wait("ip -4 -brief address show tun1 | grep -c 10.9.0.2", "1")
    assert not os.path.exists(machine.path("/etc/systemd/system/multi-user.target.wants/"
                                           "openvpn-agentx.service"))
