"""The users of a real server: they stay when they leave, and what their sessions did adds up."""

import pytest

from parts import openvpn
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def entry(server, **keys):
    return {"name": "office", "index": 1, "management": server, "status_interval": 1, **keys}


def users(manager):
    """{name: row} with the row's index as Index; what comes or goes during the walk is left out."""
    return {row["Name"]: {"Index": index[1], **row}
            for index, row in rows(manager, "ovpnUserTable").items()
            if "Name" in row and "CreatedUnix" in row}


def wait_user(lab, manager, name, deadline=20.0, **expected):
    """Waits until the user's columns have these values and returns the row."""
    seen = {}

    def as_expected():
        seen.update(row=users(manager).get(name, {}))
        return all(seen["row"].get(column) == value for column, value in expected.items())

    lab.wait_until(as_expected, lambda: f"{name} shows {expected}; last seen: {seen}", deadline)
    return seen["row"]


def newest_session(manager):
    return list(rows(manager, "ovpnSessionTable").values())[-1]


def test_comes_leaves_and_comes_back(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki).start()
    start_agent([entry(server)])
    view.wait(Contact="up", State="connected", SessionLast=0)
    alice = openvpn.client(lab, pki, server, "alice").start()
    here = wait_user(lab, manager, "alice", Online="true", Sessions=1, Connects=1)
    client, = lab.wait_until(lambda: [row for row in rows(manager, "ovpnClientTable").values()
                                      if row.get("BytesIn")], "alice has moved something")
    assert client["UserIndex"] == here["Index"]
    assert here["InstanceName"] == "office"
    assert here["TunnelText"] == "10.9.0.2"
    assert here["RealText"] == client["RealText"]
    assert here["LastConnectedUnix"] == client["ConnectedSinceUnix"]
    assert here["LastSeenUnix"] >= here["CreatedUnix"] >= here["LastConnectedUnix"]
    lab.wait_until(lambda: users(manager)["alice"]["Seconds"] > 2, "the time goes on")

    alice.stop()
    away = wait_user(lab, manager, "alice", Online="false", Sessions=0)
    session = newest_session(manager)
    assert view.get("SessionLast") == 1
    assert session["UserIndex"] == away["Index"] == here["Index"]
    assert (away["BytesIn"], away["BytesOut"]) == (session["BytesIn"], session["BytesOut"])
    assert away["BytesIn"] > 0
    assert abs(away["Seconds"] - session["Seconds"]) <= 2
    assert away["LastSeenUnix"] == session["EndedUnix"]
    assert (away["RealText"], away["TunnelText"]) == (here["RealText"], "10.9.0.2")

    alice.start()
    wait_user(lab, manager, "alice", Online="true", Sessions=1, Connects=2, Index=here["Index"],
              CreatedUnix=here["CreatedUnix"])
    lab.wait_until(lambda: 0 < rows(manager, "ovpnClientTable").popitem()[1]["BytesIn"]
                   == users(manager)["alice"]["BytesIn"] - session["BytesIn"], "the bytes add up")
    assert users(manager)["alice"]["Seconds"] >= away["Seconds"]
    assert list(users(manager)) == ["alice"]


def test_sessions_of_one_name_add_up(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki, extra=["duplicate-cn"]).start()
    start_agent([entry(server)])
    view.wait(Contact="up", State="connected")
    one = openvpn.client(lab, pki, server, "one", common_name="twin").start()
    first = wait_user(lab, manager, "twin", Online="true", Sessions=1)
    other = openvpn.client(lab, pki, server, "other", common_name="twin").start()
    both = wait_user(lab, manager, "twin", Online="true", Sessions=2, Connects=2)
    assert both["Index"] == first["Index"]
    assert both["RealText"] != first["RealText"]
    lab.wait_until(lambda: sum(row["BytesIn"] for row in rows(manager, "ovpnClientTable").values())
                   == users(manager)["twin"]["BytesIn"] > 0, "the bytes add up")
    other.stop()
    wait_user(lab, manager, "twin", Online="true", Sessions=1, RealText=first["RealText"])
    one.stop()
    last = wait_user(lab, manager, "twin", Online="false", Sessions=0, Connects=2)
    assert last["BytesIn"] == sum(row["BytesIn"] for row in
                                  rows(manager, "ovpnSessionTable").values())


def login(lab, pki, server, name, word, common_name=None, as_user=None):
    words = lab.write(name + ".words", f"{as_user or common_name or name}\n{word}\n", mode=0o600)
    return openvpn.client(lab, pki, server, name, common_name=common_name,
                          extra=[f"auth-user-pass {words}", "auth-retry nointeract"])


def test_strangers_have_no_row(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki, users={"alice": "right", "mallory": "secret"}).start()
    start_agent([entry(server)])
    view.wait(Contact="up", State="connected")
    login(lab, pki, server, "alice", "right").start()
    wait_user(lab, manager, "alice", Online="true", Rejected=0)
    login(lab, pki, server, "mallory", "wrong").start()
    server.wait_log("'AUTH_FAILED'")
    login(lab, pki, server, "somebody", "wrong", common_name="alice").start()
    lab.wait_until(lambda: users(manager)["alice"]["Rejected"] > 0, "who gave her name is counted",
                   60)
    assert list(users(manager)) == ["alice"]
    assert users(manager)["alice"]["Connects"] == 1
    assert view.get("UsersDropped") == 0


def test_user_names(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki, users={"carol": "right"}).start()
    start_agent([entry(server, user_key="username")])
    view.wait(Contact="up", State="connected")
    login(lab, pki, server, "laptop", "right", as_user="carol").start()
    wait_user(lab, manager, "carol", Online="true", Sessions=1)
    login(lab, pki, server, "phone", "right", as_user="carol").start()
    row = wait_user(lab, manager, "carol", Online="true", Sessions=2, Connects=2)
    assert list(users(manager)) == ["carol"]
    clients = lab.wait_until(lambda: len(found := rows(manager, "ovpnClientTable")) == 2 and found,
                             "both are there")
    assert {client["UserIndex"] for client in clients.values()} == {row["Index"]}


def test_the_daemon_dies(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki).start()
    start_agent([entry(server)])
    openvpn.client(lab, pki, server, "alice").start()
    lab.wait_until(lambda: users(manager).get("alice", {}).get("BytesIn"), "alice moves something")
    server.kill()
    view.wait(Contact="disconnected")
    alone = wait_user(lab, manager, "alice", Online="unknown", Connects=1)
    server.start()
    back = wait_user(lab, manager, "alice", 60, Online="true", Connects=2)
    assert back["Index"] == alone["Index"]
    assert back["BytesIn"] >= alone["BytesIn"] > 0
    assert back["Seconds"] >= alone["Seconds"]
    assert newest_session(manager)["UserIndex"] == back["Index"]


def test_the_bound(lab, start_fake, start_agent, manager, view):
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.add_clients(7)
    agent = start_agent([entry(fake, user_lines=5)])
    view.wait(Contact="up", Clients=7, UsersDropped=2)
    assert len(users(manager)) == 5
    agent.reload([entry(fake, user_lines=7)])
    with fake.script() as daemon:
        daemon.add_clients(1)
    view.wait(Clients=8)
    lab.wait_until(lambda: len(users(manager)) == 6, "there is room now")


@pytest.mark.under_snmpd
def test_no_index_is_given_to_another(lab, start_fake, start_agent, manager, view):
    """Over a restart of the agent that has forgotten all."""
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.add_clients(3)
    agent = start_agent([entry(fake)])
    view.wait(Contact="up", Clients=3)
    tables = ("ovpnClientTable", "ovpnRouteTable", "ovpnUserTable")
    before = {table: set(rows(manager, table)) for table in tables}
    agent.stop()
    with fake.script() as daemon:
        daemon.add_clients(3)
    agent.start()
    view.wait(20, Contact="up", Clients=6)
    for table in tables:
        assert before[table] and not before[table] & set(rows(manager, table)), table
