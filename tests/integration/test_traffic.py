"""Real traffic between two network namespaces: what the tables count is what was sent.

Neither side pings, so that nothing but the test moves the counters.
"""

import os
import re

import pytest

from parts.network import Network
from parts.openvpn import OpenVpn
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

COUNT, SIZE, ANSWER = 50, 1000, 2
HEADERS = 28  # IPv4 and UDP


@pytest.fixture
def network(lab):
    return Network(lab)


def keys(pki, identity):
    return [f"ca {pki.ca}", f"cert {identity.certificate}", f"key {identity.key}"]


def start_pair(lab, pki, network, device):
    """A server on the left and a client on the right; the addresses are given by hand."""
    server = OpenVpn(lab, "server", [
        f"dev {device}0", "disable-dco", "proto udp", f"local {network.left_address}", "port 1194",
        "dh none", "mode server", "tls-server", "ifconfig-pool 10.9.0.2 10.9.0.9 255.255.255.0",
        "topology subnet", 'push "topology subnet"', f"status {lab.path('server.status')} 1",
        "status-version 3", *keys(pki, pki.server())], prefix=network.inside(network.left))
    client = OpenVpn(lab, "client", [
        "client", f"dev {device}0", "disable-dco", "proto udp",
        f"remote {network.left_address} 1194", "nobind", "remote-cert-tls server", "tls-timeout 1",
        f"status {lab.path('client.status')} 1", *keys(pki, pki.client("alice"))],
        prefix=network.inside(network.right))
    server.start().wait_completed()
    network.raise_device(network.left, device + "0", "10.9.0.1")
    client.start().wait_completed()
    network.raise_device(network.right, device + "0", "10.9.0.2")
    return server, client


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def file_counters(lab):
    """(client's own five counters, server's two of its client) from the status files."""
    client = dict(re.findall(r"^(.+) bytes,(\d+)$", read(lab.path("client.status")), re.MULTILINE))
    row = re.search(r"^CLIENT_LIST\t.*$", read(lab.path("server.status")), re.MULTILINE)
    server = row.group().split("\t")[5:7] if row else []
    names = ("TUN/TAP read", "TUN/TAP write", "TCP/UDP read", "TCP/UDP write", "Auth read")
    return [int(client.get(name, -1)) for name in names], [int(text) for text in server]


def start_agent_on(lab, start_agent, manager, server, client):
    start_agent([
        {"name": "server", "index": 1, "management": server, "status_interval": 1},
        {"name": "client", "index": 2, "management": client, "status_interval": 1}])
    views = [InstanceView(lab, manager, index) for index in (1, 2)]
    views[0].wait(Contact="up", State="connected", Clients=1)
    views[1].wait(Contact="up", State="connected")
    return views


def test_counters_are_those_of_the_traffic(lab, pki, network, start_agent, manager):
    server, client = start_pair(lab, pki, network, "tun")
    near, far = start_agent_on(lab, start_agent, manager, server, client)
    before = near.get("BytesIn", "BytesOut")
    network.exchange(network.right, network.left, "10.9.0.1", COUNT, SIZE)
    sent, received = COUNT * (SIZE + HEADERS), COUNT * (ANSWER + HEADERS)
    far.wait(TunReadBytes=sent, TunWriteBytes=received)

    columns = ("TunReadBytes", "TunWriteBytes", "LinkReadBytes", "LinkWriteBytes", "AuthReadBytes")

    def same():
        row, = rows(manager, "ovpnClientTable").values()
        counters = file_counters(lab)
        # Both may still be those of before.
        return counters[1][:1] > [sent] and counters == (
            far.get(*columns), [row["BytesIn"], row["BytesOut"]])

    lab.wait_until(same, lambda: f"the tables are the status files {file_counters(lab)}", 10)
    _, (bytes_in, bytes_out) = file_counters(lab)
    # With 24 octets or so of OpenVPN's own around each.
    assert sent < bytes_in < sent + 64 * COUNT + 10000
    assert received < bytes_out < received + 64 * COUNT + 10000
    assert far.get("LinkWriteBytes") >= bytes_in and far.get("LinkReadBytes") >= bytes_out
    # load-stats tells the server's sums, of which the agent had seen those before.
    lab.wait_until(lambda: near.get("BytesIn") - before[0] >= sent, "the sum has grown")
    assert near.get("BytesIn") >= bytes_in and near.get("BytesOut") >= bytes_out
    row, = rows(manager, "ovpnClientTable").values()
    assert (row["RealAddrType"], row["RealText"].rpartition(":")[0]) == (
        "ipv4", network.right_address)
    assert row["LastRefUnix"] >= row["ConnectedSinceUnix"] > 0


def test_a_bridge_has_routes_to_hardware_addresses(lab, pki, network, start_agent, manager):
    server, client = start_pair(lab, pki, network, "tap")
    start_agent_on(lab, start_agent, manager, server, client)
    network.exchange(network.right, network.left, "10.9.0.1", 1, SIZE)
    wanted = network.hardware_address(network.right, "tap0")
    lab.wait_until(lambda: rows(manager, "ovpnRouteTable"), "the route is there")
    route, = rows(manager, "ovpnRouteTable").values()
    (_, index), = rows(manager, "ovpnClientTable")
    assert route["Kind"] == "mac"
    assert route["Address"].partition("@")[0] == wanted
    assert (route["CommonName"], route["ClientIndex"]) == ("alice", index)
    assert route["LastRefUnix"] > 0
