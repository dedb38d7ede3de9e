"""A daemon that has started again while somebody else had its management session."""

import pytest

from parts import openvpn
from parts.control import entry, refused
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


@pytest.fixture
def two(lab, pki, start_agent, manager, view):
    """A server, its clients alice and bob in this order, and the agent."""
    server = openvpn.server(lab, pki, extra=["explicit-exit-notify 1"]).start()
    clients = []
    for name in ("alice", "bob"):
        clients.append(openvpn.client(lab, pki, server, name).start())
        clients[-1].wait_completed()
    start_agent([entry(server, notify=["client"])])
    view.wait(Contact="up", Clients=2)
    lab.wait_until(lambda: {name: cid for name, (_, cid) in ids(manager).items()} == {
        "alice": 0, "bob": 1}, "both have their rows")
    return server, clients


def ids(manager):
    """{name: (index of the row, client id)}."""
    return {row["CommonName"]: (index[1], row["ClientId"])
            for index, row in rows(manager, "ovpnClientTable").items()}


def detach(manager, view):
    manager.set(("ovpnControlSession.1", "i", "detached"))
    view.wait(Contact="detached")


def attach(manager, view):
    manager.set(("ovpnControlSession.1", "i", "attached"))
    view.wait(Contact="up")


def test_a_restart_into_a_hold(two, manager, snmptrapd, view):
    server, _ = two
    before = ids(manager)
    detach(manager, view)
    with server.manage() as session:
        session.command("state on")
        assert session.command("hold on")
        session.command("signal SIGUSR1")
        session.wait_notification(">HOLD:")
    attach(manager, view)
    assert view.get("Clients", "State", "HoldWaiting") == [0, "reconnecting", "true"]
    assert ids(manager) == {} and rows(manager, "ovpnRouteTable") == {}
    traps = snmptrapd.wait_traps("ovpnClientDisconnected", 2)
    assert {trap.values["ovpnSessionClientIndex"] for trap in traps} == {
        index for index, _ in before.values()}
    manager.set(("ovpnControlHoldRelease.1", "i", "release"))
    view.wait(Clients=2, deadline=30)
    assert not set(ids(manager).values()) & set(before.values())


def test_the_ids_are_others_now(lab, two, manager, snmptrapd, view):
    server, (alice, bob) = two
    before = ids(manager)
    detach(manager, view)
    alice.kill()
    with server.manage() as session:
        session.command("signal SIGUSR1")
    bob.wait_completed(2, deadline=30)
    alice.start().wait_completed(deadline=30)
    attach(manager, view)
    # Nobody is cut off in the place of somebody else.
    assert refused(manager, (f"ovpnClientControlAction.1.{before['alice'][0]}", "i", "kill")) in (
        "noCreation", "inconsistentName", "inconsistentValue")
    after = lab.wait_until(lambda: len(ids(manager)) == 2 and ids(manager), "both are there")
    assert (after["bob"][1], after["alice"][1]) == (0, 1)
    assert not {index for index, _ in after.values()} & {index for index, _ in before.values()}
    traps = snmptrapd.wait_traps("ovpnClientDisconnected", 2)
    assert {trap.values["ovpnSessionClientIndex"] for trap in traps} == {
        index for index, _ in before.values()}
    manager.set((f"ovpnClientControlAction.1.{after['bob'][0]}", "i", "kill"))
    trap, = snmptrapd.wait_traps("ovpnClientDisconnected", where=lambda trap: trap.values[
        "ovpnSessionClientIndex"] == after["bob"][0])
    assert trap.values["ovpnSessionCommonName"] == "bob"


def test_nothing_has_happened(lab, two, manager, snmptrapd, view):
    server, _ = two
    before = ids(manager)
    detach(manager, view)
    with server.manage() as session:
        session.command("version")
    attach(manager, view)
    lab.wait_until(lambda: ids(manager) == before, "the same rows are back")
    updates = view.get("StatusUpdatedUnix")
    lab.wait_until(lambda: view.get("StatusUpdatedUnix") != updates, "there was a status")
    assert ids(manager) == before
    assert snmptrapd.traps("ovpnClientDisconnected") == []
