"""A server's clients as its tables show them, with names that are hard to show, and how they end."""

import signal

import pytest

from parts import openvpn
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

QUOTED = 'a,b "quoted" c'
NAMES = ["twin", "twin", "with a space", "Jürgen Größe", QUOTED]


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def table(manager, name):
    """{row's index: row} of the one instance."""
    return {index[1]: row for index, row in rows(manager, f"ovpn{name}Table").items()}


@pytest.fixture
def crowd(lab, pki, start_agent, view):
    """A server, the agent, and clients that came after it, by position in NAMES."""
    server = openvpn.server(lab, pki, extra=["duplicate-cn"]).start()
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 1,
                  "notify": ["client"]}])
    view.wait(Contact="up", State="connected")
    clients = [openvpn.client(lab, pki, server, f"client{number}", common_name=name).start()
               for number, name in enumerate(NAMES)]
    for client in clients:
        client.wait_completed()
    view.wait(Contact="up", Clients=len(NAMES), PendingClients=0)
    return server, clients


def whole(manager, count):
    """Clients and routes of a status that has all of them, or None."""
    clients, routes = table(manager, "Client"), table(manager, "Route")
    # A walk takes several PDUs, so a row may have columns of before the status and of behind it.
    complete = len(clients) == len(routes) == count and all(
        row.get(column) for row in clients.values()
        for column in ("Cipher", "VirtualIpv4", "BytesIn", "BytesOut"))
    return (clients, routes) if complete else None


def assert_session(session, client, index):
    """An ended session has the same words as its client had."""
    for column in ("CommonName", "Username", "RealAddrType", "RealAddr", "RealPort", "RealText",
                   "VirtualIpv4", "VirtualIpv6", "TunnelText", "InstanceName"):
        assert session[column] == client[column], column
    assert session["ClientIndex"] == index
    assert session["ConnectedUnix"] == client["ConnectedSinceUnix"]
    assert session["BytesIn"] >= client["BytesIn"] > 0
    assert session["EndedUnix"] - session["ConnectedUnix"] == session["Seconds"] >= 0


def leave_and_return(lab, manager, snmptrapd, client, clients):
    """The one with the quotes leaves and comes back; clients are the rows before."""
    index, row = next((i, r) for i, r in clients.items() if r["CommonName"] == QUOTED)
    client.stop()
    trap, = snmptrapd.wait_traps("ovpnClientDisconnected")
    assert trap.values["ovpnSessionCommonName"] == QUOTED
    assert trap.values["ovpnSessionClientIndex"] == index
    session, = table(manager, "Session").values()
    assert_session(session, row, index)
    assert trap.values["ovpnSessionBytesIn"] == session["BytesIn"]
    assert index not in table(manager, "Client") and index not in table(manager, "Peer")
    client.start().wait_completed()
    lab.wait_until(lambda: whole(manager, len(NAMES)), "the client is back")
    again, = (i for i, r in table(manager, "Client").items() if r["CommonName"] == QUOTED)
    assert again > max(clients)
    snmptrapd.wait_traps("ovpnClientConnected", where=lambda trap: trap.varbinds[3].index[1]
                         == again)


@pytest.mark.all_ways
def test_rows_and_ends_of_clients(lab, crowd, manager, snmptrapd, view):
    server, processes = crowd
    clients, routes = lab.wait_until(lambda: whole(manager, len(NAMES)), "all is there")
    assert sorted(row["CommonName"] for row in clients.values()) == sorted(NAMES)
    assert sorted(row["ClientId"] for row in clients.values()) == [0, 1, 2, 3, 4]
    for column in ("RealPort", "VirtualIpv4", "PeerId"):
        assert len({row[column] for row in clients.values()}) == len(NAMES), column
    for row in clients.values():
        assert row["RealProto"] in ("unknown", "udp") and row["RealAddrType"] == "ipv4"
        assert row["RealText"] == f"127.0.0.1:{row['RealPort']}"
        assert (row["Pending"], row["Confirmed"]) == ("false", "true")
        assert (row["InstanceName"], row["TunnelText"]) == ("office", row["VirtualIpv4"])
        assert row["BytesIn"] > 0 and row["BytesOut"] > 0

    # Routes lead to the right one of the twins too.
    for route in routes.values():
        client = clients[route["ClientIndex"]]
        assert (route["InstanceName"], route["Kind"], route["Cached"]) == (
            "office", "ipv4", "false")
        assert (route["Address"], route["CommonName"]) == (
            client["VirtualIpv4"], client["CommonName"])
    peers = table(manager, "Peer")
    assert {index: (row["Version"], row["Platform"]) for index, row in peers.items()} == dict.fromkeys(
        clients, ("2.6.14", "linux"))
    traps = snmptrapd.wait_traps("ovpnClientConnected", len(NAMES))
    assert {trap.varbinds[3].index[1]: (trap.values["ovpnClientCommonName"],
                                        trap.values["ovpnClientTunnelText"],
                                        trap.values["ovpnClientRealText"]) for trap in traps} == {
        index: (row["CommonName"], row["TunnelText"], row["RealText"])
        for index, row in clients.items()}
    leave_and_return(lab, manager, snmptrapd, processes[NAMES.index(QUOTED)], clients)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_a_restart_ends_all_sessions(lab, pki, start_agent, manager, snmptrapd, view, number):
    # It tells its clients of the restart, so that they need not find out by themselves.
    server = openvpn.server(lab, pki, extra=["duplicate-cn", "explicit-exit-notify 1"]).start()
    clients = [openvpn.client(lab, pki, server, name, common_name="twin").start()
               for name in ("one", "two")]
    for client in clients:
        client.wait_completed()
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 1,
                  "notify": ["client"]}])
    view.wait(Contact="up", Clients=2)
    before, _ = lab.wait_until(lambda: whole(manager, 2), "both are there")
    assert snmptrapd.traps("ovpnClientConnected") == []  # found, not seen coming
    server.signal(number)
    traps = snmptrapd.wait_traps("ovpnClientDisconnected", 2)
    assert {trap.values["ovpnSessionClientIndex"] for trap in traps} == set(before)
    after, _ = lab.wait_until(lambda: whole(manager, 2), "both are back", 30)
    assert not set(after) & set(before)
    assert sorted(row["ClientId"] for row in after.values()) == [0, 1]
    sessions = {row["ClientIndex"]: row for row in table(manager, "Session").values()}
    assert set(sessions) == set(before)
    for index, session in sessions.items():
        assert_session(session, before[index], index)
    snmptrapd.wait_traps("ovpnClientConnected", 2)
    assert view.get("Contacts") == 1


def test_a_filter_that_a_former_manager_has_left(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki).start()
    with server.manage() as former:
        assert former.command("env-filter 1") == ["SUCCESS: env_filter_level=1"]
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 30}])
    view.wait(Contact="up", State="connected")
    for count, name in enumerate(("alice", "bob"), 1):
        openvpn.client(lab, pki, server, name).start().wait_completed()
        view.wait(Clients=count)
    clients, _ = lab.wait_until(lambda: whole(manager, 2), "both are there")
    peers = table(manager, "Peer")
    assert [(clients[index]["CommonName"], row["Version"]) for index, row in peers.items()] == [
        ("bob", "2.6.14")]


def test_addresses_of_both_families_over_tcp(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki, proto="tcp", extra=["server-ipv6 fd00:9::/64"]).start()
    openvpn.client(lab, pki, server, "alice").start().wait_completed()
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 1}])
    view.wait(Contact="up", Clients=1, TunnelIpv6="fd00:9:0:0:0:0:0:1")
    (index, client), = table(manager, "Client").items()
    assert client["RealAddrType"] == "ipv4"
    assert client["RealText"] == f"127.0.0.1:{client['RealPort']}"
    assert (client["VirtualIpv4"], client["VirtualIpv6"]) == (
        "10.9.0.2", "fd00:9:0:0:0:0:0:1000")
    assert client["TunnelText"] == "10.9.0.2, fd00:9::1000"
    assert view.get("TunnelText") == "10.9.0.1, fd00:9::1"
    routes = table(manager, "Route").values()
    assert {(row["Kind"], row["Address"], row["ClientIndex"]) for row in routes} == {
        ("ipv4", "10.9.0.2", index), ("ipv6", "fd00:9::1000", index)}
