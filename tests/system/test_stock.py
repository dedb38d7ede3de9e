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
HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "tests/integration")]

from machine import Machine, missing  # noqa: E402  (the path comes first)
from parts.pki import Pki  # noqa: E402

SOURCE = "/root/openvpn-agentx"
STOCK = ["openvpn", "snmpd"]  # what was there before anybody thought of the agent
UP = "ovpnInstanceContact.1 = up\novpnInstanceContact.2 = up"

with open(os.path.join(TOP, "README.md"), encoding="utf-8") as _file:
    README = _file.read()


def block(start):
    """The indented lines of README from the one that begins with start on."""
    found = re.search(rf"^    {re.escape(start)}.*\n(?:    .*\n)*", README, re.MULTILINE)
    assert found, f"README has no block that begins with {start}"
    return re.sub(r"^    ", "", found.group(), flags=re.MULTILINE)


def packages():
    """All that the machine must be able to install."""
    lists = subprocess.run([os.path.join(TOP, "scripts/install-deps"), "--list", "build"],
                           capture_output=True, text=True, check=True).stdout.split()
    named = re.findall(r"^    apt-get install --no-install-recommends (.*)$", README, re.MULTILINE)
    return [*STOCK, *lists, *" ".join(named).split(), "erlang-snmp"]


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


def daemon_options(pki, identity):
    """A configuration as people have it; README's lines go to its end."""
    return f"ca {pki}/authority.crt\ncert {identity}.crt\nkey {identity}.key\n" \
           "user nobody\ngroup nogroup\npersist-key\npersist-tun\nverb 3\n"


def write(machine, path, text):
    os.makedirs(os.path.dirname(machine.path(path)), exist_ok=True)
    with open(machine.path(path), "w", encoding="utf-8") as file:
        file.write(text)


def give_identity(machine, identity, folder):
    for path, suffix in ((identity.certificate, "crt"), (identity.key, "key")):
        with open(path, encoding="ascii") as file:
            write(machine, f"{folder}.{suffix}", file.read())


def configure_openvpn(machine):
    """office and branch, without the agent."""
    pki = Pki(machine.path("/root/pki"))
    with open(pki.ca, encoding="ascii") as file:
        write(machine, "/etc/openvpn/authority.crt", file.read())
    give_identity(machine, pki.server("office"), "/etc/openvpn/server/office")
    give_identity(machine, pki.client("branch"), "/etc/openvpn/client/branch")
    write(machine, "/etc/openvpn/server/office.conf",
          "dev tun0\nlocal 127.0.0.1\nserver 10.9.0.0 255.255.255.0\ntopology subnet\ndh none\n"
          "keepalive 1 10\n" + daemon_options("/etc/openvpn", "/etc/openvpn/server/office"))
    write(machine, "/etc/openvpn/client/branch.conf",
          "client\ndev tun1\nremote 127.0.0.1\nnobind\nremote-cert-tls server\nroute-noexec\n"
          + daemon_options("/etc/openvpn", "/etc/openvpn/client/branch"))


def listens(machine):
    """Local addresses of what listens, with their ports."""
    lines = machine.run("ss --numeric --listening --tcp --udp --no-header").splitlines()
    return {line.split()[4] for line in lines}


def test_the_system_as_debian_leaves_it(machine):
    machine.run("apt-get -qq update")
    machine.run("apt-get -qq install --yes --no-install-recommends " + " ".join(STOCK))
    assert machine.ask("systemctl is-active snmpd") == "active"
    # snmpd has made its folder for root alone.
    assert machine.run("stat --format %a /var/agentx") == "700\n"
    configure_openvpn(machine)
    machine.run("systemctl enable --now openvpn-server@office openvpn-client@branch")
    machine.wait("ping -c 1 -W 1 10.9.0.1 >/dev/null 2>&1; ip -4 -brief address show tun1 | "
                 "grep -c 10.9.0.2", "1")
    assert machine.ask("systemctl is-system-running") == "running"


def test_install(machine):
    os.makedirs(machine.path(SOURCE))
    subprocess.run([os.path.join(TOP, "scripts/copy-source"), machine.path(SOURCE)], check=True)
    before = listens(machine)
    machine.run(block("scripts/install-deps build").replace("install --no-", "install -qq --yes --no-"),
                SOURCE, MAKEFLAGS=f"-j{os.cpu_count()}")
    assert listens(machine) == before, "installing has opened a port"


def test_set_up(machine):
    machine.run(block("systemd-sysusers"))
    lines = block("management /run/openvpn-agentx/office.sock")
    for name, file in (("office", "server/office"), ("branch", "client/branch")):
        with open(machine.path(f"/etc/openvpn/{file}.conf"), "a", encoding="utf-8") as config:
            config.write(lines.replace("office", name))
    machine.run("systemctl restart openvpn-server@office openvpn-client@branch")
    write(machine, "/etc/openvpn-agentx/openvpn-agentx.conf", block('agentx = "unix:'))
    assert "OK, instances: 2" in machine.run("openvpn-agentx -t")
    machine.run(block("cd /usr/share/doc/openvpn-agentx"))
    machine.run(block("systemctl daemon-reload"))
    machine.run(block("scripts/base-mibs"), SOURCE)
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
