"""Who is connected, whatever a stranger sends: logins that are refused, that wait, that get through."""

import os

import pytest

from parts import openvpn
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def entry(server):
    return {"name": "office", "index": 1, "management": server, "status_interval": 1,
            "notify": ["client", "reject"]}


def named(manager, name):
    """The rows of the clients of that name.  One that comes or goes during the walk is left out."""
    return [row for row in rows(manager, "ovpnClientTable").values()
            if row.get("CommonName") == name and "Pending" in row]


def user(lab, pki, server, name, password, login=None):
    """A client with a good certificate that logs in by that password again and again."""
    words = lab.write(name + ".words", f"{login or name}\n{password}\n", mode=0o600)
    return openvpn.client(lab, pki, server, name,
                          extra=[f"auth-user-pass {words}", "auth-retry nointeract"])


def test_a_wrong_password_is_no_client(lab, pki, start_agent, manager, snmptrapd, view):
    server = openvpn.server(lab, pki, users={"alice": "right", "mallory": "secret"}).start()
    start_agent([entry(server)])
    view.wait(Contact="up", State="connected")
    user(lab, pki, server, "alice", "right").start().wait_completed()
    snmptrapd.wait_traps("ovpnClientConnected")
    mallory = user(lab, pki, server, "mallory", "wrong").start()
    for refused in (1, 2):
        waiting = lab.wait_until(lambda: named(manager, "mallory"), "a status shows the login")
        assert {row["Pending"] for row in waiting} == {"true"}
        assert view.get("Clients", "ClientsPeak") == [1, 1]
        server.wait_log("[mallory]: 'AUTH_FAILED'", refused)
    mallory.kill()
    lab.wait_until(lambda: not named(manager, "mallory"), "its rows are gone", 40)
    assert len(snmptrapd.traps("ovpnClientConnected")) == 1
    assert snmptrapd.traps("ovpnClientDisconnected") == []
    told = snmptrapd.wait_traps("ovpnClientRejected", 2)[0].values
    assert (told["ovpnClientCommonName"], told["ovpnClientRealText"][:10]) == ("mallory", "127.0.0.1:")
    assert told["ovpnNotificationReason"] == (
        "TLS Auth Error: Auth Username/Password verification failed for peer")
    assert view.get("LoginsAccepted") == 1 and view.get("LoginsRejected") >= 2
    assert rows(manager, "ovpnSessionTable") == {}
    assert [row["Pending"] for row in named(manager, "alice")] == ["false"]


@pytest.fixture
def deferring(lab, pki):
    """A server whose script leaves the verdict to whoever writes into the file that it names."""
    asked = lab.path("asked")
    script = lab.write("defer", f"#!/bin/sh\necho \"$auth_control_file\" >>'{asked}'\nexit 2\n",
                       mode=0o700)
    server = openvpn.server(lab, pki, extra=[
        "script-security 2", f"auth-user-pass-verify {os.path.abspath(script)} via-file"]).start()

    def verdict(number, word):
        def files():
            with open(asked, encoding="utf-8") as lines:
                return lines.read().split()

        lab.wait_until(lambda: os.path.exists(asked) and len(files()) >= number,
                       "the script was asked")
        with open(files()[number - 1], "w", encoding="utf-8") as file:
            file.write(word)

    return server, verdict


def test_a_deferred_login(lab, pki, deferring, start_agent, manager, snmptrapd, view):
    server, verdict = deferring
    start_agent([entry(server)])
    view.wait(Contact="up", State="connected")
    client = user(lab, pki, server, "alice", "code").start()
    view.wait(PendingClients=1, Clients=0)
    assert [row["Pending"] for row in named(manager, "alice")] == ["true"]
    assert snmptrapd.traps("ovpnClientConnected") == []
    verdict(1, "0")
    server.wait_log("'AUTH_FAILED'")
    verdict(2, "1")
    client.wait_completed()
    trap, = snmptrapd.wait_traps("ovpnClientConnected")
    assert trap.values["ovpnClientCommonName"] == "alice"
    view.wait(PendingClients=0, Clients=1, ClientsPeak=1, deadline=40)
    assert rows(manager, "ovpnSessionTable") == {}
    assert snmptrapd.traps("ovpnClientDisconnected") == []


def test_a_long_user_name_blinds_nobody(lab, pki, deferring, start_agent, manager, snmptrapd, view):
    """A login that waits is enough: the status ends in front of its row."""
    server, verdict = deferring
    start_agent([entry(server)])
    view.wait(Contact="up", State="connected")
    alice = user(lab, pki, server, "alice", "code").start()
    verdict(1, "1")
    alice.wait_completed()
    view.wait(Clients=1, StatusComplete="true", deadline=30)
    user(lab, pki, server, "mallory", "code", login="m" * 480).start()
    view.wait(StatusComplete="false", deadline=30)
    bob = user(lab, pki, server, "bob", "code").start()
    verdict(3, "1")
    bob.wait_completed()
    view.wait(Clients=2, StatusComplete="false")
    trap = snmptrapd.wait_traps("ovpnClientConnected", 2)[-1]
    assert trap.values["ovpnClientCommonName"] == "bob"
    alice.stop()
    trap, = snmptrapd.wait_traps("ovpnClientDisconnected")
    assert trap.values["ovpnSessionCommonName"] == "alice"
    view.wait(Clients=1, StatusComplete="false")
    lab.wait_until(lambda: named(manager, "bob") and not named(manager, "alice"), "rows follow")
    assert [row["Pending"] for row in named(manager, "bob")] == ["false"]


def test_clients_without_an_address(lab, pki, start_agent, manager, snmptrapd, view):
    server = openvpn.server(lab, pki, pool=False).start()
    clients = [openvpn.client(lab, pki, server, name).start() for name in ("alice", "bob")]
    for client in clients:
        client.wait_completed()
    # They were there before the agent.
    start_agent([entry(server)])
    view.wait(Contact="up", Clients=2, PendingClients=0)
    lab.wait_until(lambda: named(manager, "alice"), "there was a status")
    table = rows(manager, "ovpnClientTable")
    assert [(row["Pending"], row["VirtualIpv4"]) for row in table.values()] == [("false", "")] * 2
    assert snmptrapd.traps("ovpnClientConnected") == []
    clients[0].stop()
    trap, = snmptrapd.wait_traps("ovpnClientDisconnected")
    assert trap.values["ovpnSessionCommonName"] == "alice"
    clients[0].start().wait_completed()
    snmptrapd.wait_traps("ovpnClientConnected")
    view.wait(Clients=2, PendingClients=0)
