"""A machine with snmpd and OpenVPN as people have them before they think of the agent, and the commands
of README.md."""

import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "tests/integration")]

from parts.pki import Pki  # noqa: E402  (the path comes first)

STOCK = ["openvpn", "snmpd"]
UP = "ovpnInstanceContact.1 = up\novpnInstanceContact.2 = up"

with open(os.path.join(TOP, "README.md"), encoding="utf-8") as _file:
    README = _file.read()


def block(start):
    """The indented lines of README of which the first begins with start."""
    found = re.search(rf"\n\n(    {re.escape(start)}.*\n(?:    .*\n)*)", README)
    assert found, f"README has no block that begins with {start}"
    return re.sub(r"^    ", "", found.group(1), flags=re.MULTILINE)


def packages():
    """All that a machine must be able to install, to follow README."""
    lists = subprocess.run([os.path.join(TOP, "scripts/install-deps"), "--list", "build"],
                           capture_output=True, text=True, check=True).stdout.split()
    named = re.findall(r"^    apt-get install --no-install-recommends (.*)$", README, re.MULTILINE)
    # The last one is what our packages depend on beside libraries.
    return [*STOCK, *lists, *" ".join(named).split(), "erlang-snmp", "sensible-utils"]


def _daemon_options(pki, identity):
    """A configuration as people have it; README's lines go to its end."""
    return f"ca {pki}/authority.crt\ncert {identity}.crt\nkey {identity}.key\n" \
           "user nobody\ngroup nogroup\npersist-key\npersist-tun\nverb 3\n"


def write(machine, path, text):
    os.makedirs(os.path.dirname(machine.path(path)), exist_ok=True)
    with open(machine.path(path), "w", encoding="utf-8") as file:
        file.write(text)


def _give_identity(machine, identity, folder):
    for path, suffix in ((identity.certificate, "crt"), (identity.key, "key")):
        with open(path, encoding="ascii") as file:
            write(machine, f"{folder}.{suffix}", file.read())


def _configure_openvpn(machine):
    """office and branch, without the agent."""
    pki = Pki(machine.path("/root/pki"))
    with open(pki.ca, encoding="ascii") as file:
        write(machine, "/etc/openvpn/authority.crt", file.read())
    _give_identity(machine, pki.server("office"), "/etc/openvpn/server/office")
    _give_identity(machine, pki.client("branch"), "/etc/openvpn/client/branch")
    write(machine, "/etc/openvpn/server/office.conf",
          "dev tun0\nlocal 127.0.0.1\nserver 10.9.0.0 255.255.255.0\ntopology subnet\ndh none\n"
          "keepalive 1 10\n" + _daemon_options("/etc/openvpn", "/etc/openvpn/server/office"))
    write(machine, "/etc/openvpn/client/branch.conf",
          "client\ndev tun1\nremote 127.0.0.1\nnobind\nremote-cert-tls server\nroute-noexec\n"
          + _daemon_options("/etc/openvpn", "/etc/openvpn/client/branch"))


def listens(machine):
    """Local addresses of what listens, with their ports."""
    lines = machine.run("ss --numeric --listening --tcp --udp --no-header").splitlines()
    return {line.split()[4] for line in lines}


def install_stock(machine):
    machine.run("apt-get -qq update")
    machine.run("apt-get -qq install --yes --no-install-recommends " + " ".join(STOCK))
    assert machine.ask("systemctl is-active snmpd") == "active"
    # snmpd has made its folder for root alone.
    assert machine.run("stat --format %a /var/agentx") == "700\n"
    _configure_openvpn(machine)
    machine.run("systemctl enable --now openvpn-server@office openvpn-client@branch")
    machine.wait("ping -c 1 -W 1 10.9.0.1 >/dev/null 2>&1; ip -4 -brief address show tun1 | "
                 "grep -c 10.9.0.2", "1")
    assert machine.ask("systemctl is-system-running") == "running"


def name_sockets(machine):
    """README's lines at the end of OpenVPN's configuration."""
    lines = block("management /run/openvpn-agentx/office.sock")
    for name, file in (("office", "server/office"), ("branch", "client/branch")):
        with open(machine.path(f"/etc/openvpn/{file}.conf"), "a", encoding="utf-8") as config:
            config.write(lines.replace("office", name))
    machine.run("systemctl restart openvpn-server@office openvpn-client@branch")
