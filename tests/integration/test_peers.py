"""A tunnel between two sites, with TLS and real devices, whoever else sends something."""

import sys

import pytest

from parts.network import Network
from parts.openvpn import OpenVpn
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

# A client's first packet, as any scan of the port sends it.
_STRANGER = """
import os, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    link.sendto(b"\\x38" + os.urandom(8) + bytes(5), (sys.argv[1], 1194))
"""


def site(lab, pki, network, name, namespace, address, other, options):
    return OpenVpn(lab, name, [
        "dev tun0", "disable-dco", "proto udp", f"ifconfig {address} {other}", "tls-timeout 1",
        f"ca {pki.ca}", *options], addresses=True, prefix=network.inside(namespace))


def test_a_stranger_does_not_end_a_tunnel(lab, pki, start_agent, manager, snmptrapd):
    network = Network(lab)
    server, client = pki.server(), pki.client("branch")
    near = site(lab, pki, network, "near", network.left, "10.9.0.1", "10.9.0.2", [
        "tls-server", "dh none", f"local {network.left_address}", "lport 1194",
        f"cert {server.certificate}", f"key {server.key}"])
    far = site(lab, pki, network, "far", network.right, "10.9.0.2", "10.9.0.1", [
        "tls-client", "nobind", f"remote {network.left_address} 1194", "remote-cert-tls server",
        f"cert {client.certificate}", f"key {client.key}"])
    near.start()
    far.start().wait_completed()
    near.wait_completed()
    start_agent([{"name": name, "index": index, "management": daemon, "status_interval": 1,
                  "notify": ["state"]} for name, index, daemon in (("near", 1, near),
                                                                  ("far", 2, far))])
    view, other = (InstanceView(lab, manager, index) for index in (1, 2))
    view.wait(Contact="up", State="connected", Mode="peerToPeer")
    other.wait(Contact="up", State="connected", Mode="peerToPeer")
    since = view.get("StateLastChange")

    def said():
        return [row["Value"] for (instance, _), row in rows(manager, "ovpnStateTable").items()
                if instance == 1]

    network.run(network.right, sys.executable, "-c", _STRANGER, network.left_address)
    lab.wait_until(lambda: said()[-1] == "wait", "the daemon has told of it")
    network.exchange(network.right, network.left, "10.9.0.1", 5, 1000)
    assert view.get("State", "StateLastChange") == ["connected", since]
    assert snmptrapd.traps("ovpnTunnelUp") + snmptrapd.traps("ovpnTunnelDown") == []
