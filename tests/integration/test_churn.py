"""Walks while the rows change: they end, they only go forward, and a row is of one status.

Before each status the daemon gives all its clients the same number as both byte counts, so that
two columns of a row that differ are of two statuses.
"""

import os
import sys
import threading
import time

import pytest
from pysnmp import hlapi

from fake import actions
from parts import snmp
from parts.view import InstanceView

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "mib"))

import compiled  # noqa: E402  (the path comes first)

pytestmark = pytest.mark.both_ways

CLIENTS = 80
COLUMNS = ("ovpnClientBytesIn", "ovpnClientBytesOut", "ovpnClientClientId", "ovpnClientPeerId",
           "ovpnClientCommonName")


class Churn:
    """A server that is another one at each status: a tenth of its clients go, as many come."""

    def __init__(self, fake):
        self.statuses = 0
        self.stopped = False
        with fake.script() as daemon:
            daemon.overrides["status"] = self._status
            daemon.add_clients(CLIENTS)

    def _status(self, daemon, words):
        if not self.stopped:
            self.statuses += 1
            daemon.remove_clients(daemon.clients[::10])
            daemon.add_clients(CLIENTS - len(daemon.clients), announce=True)
            for client in daemon.clients:
                client.received = client.sent = self.statuses
        actions.status(daemon, words)


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


@pytest.fixture
def churn(start_fake, start_agent, view):
    fake = start_fake(mode="server")
    made = Churn(fake)
    start_agent([{"name": "office", "index": 1, "management": fake, "status_interval": 1}])
    view.wait(Contact="up", Clients=CLIENTS)
    made.fake = fake
    return made


def assert_row(row):
    """The five cells of one GETNEXT are one row of one status."""
    assert len({index for _, index, _ in row}) == 1
    received, sent, cid, peer, name = (value for _, _, value in row)
    assert int(received) == int(sent)
    # A client that has just come is there before a status has told all of it.
    assert int(peer) in (int(cid), -1) and bytes(name).decode() == f"client{cid}"


def by_rows(port):
    """The table row by row, as snmptable reads it; the indexes in the order they came."""
    known = compiled.by_name()
    oids = [known[name].oid for name in COLUMNS]
    command = hlapi.nextCmd(
        hlapi.SnmpEngine(), hlapi.CommunityData(snmp.COMMUNITY, mpModel=1),
        hlapi.UdpTransportTarget(("127.0.0.1", port), timeout=5, retries=0), hlapi.ContextData(),
        *(hlapi.ObjectType(hlapi.ObjectIdentity(oid)) for oid in oids),
        lexicographicMode=False, lookupMib=False)
    indexes = []
    for error, status, _, varbinds in command:
        assert not error and not status
        row = [(oid, tuple(name)[len(oid):], value)
               for oid, (name, value) in zip(oids, varbinds)]
        assert all(tuple(name)[:len(oid)] == oid for oid, (name, _) in zip(oids, varbinds))
        assert_row(row)
        indexes.append(row[0][1])
    return indexes


def by_columns(manager):
    return [(varbind.name, varbind.index)
            for varbind in manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnClientTable")]


def assert_forward(found):
    assert all(here < there for here, there in zip(found, found[1:]))


def test_walks_while_clients_come_and_go(lab, churn, manager, snmpd):
    walks, crossed, deadline = [], False, time.monotonic() + 60
    failures, done = [], threading.Event()

    def walk_columns():
        try:
            while not done.is_set() or not walks:
                walks.append(by_columns(manager))
        except Exception as error:  # for the test to raise
            failures.append(error)

    walker = threading.Thread(target=walk_columns)
    walker.start()
    try:
        while not crossed:
            assert time.monotonic() < deadline, "no status came during a walk"
            begin = churn.statuses
            assert_forward(by_rows(snmpd.port))
            crossed = churn.statuses > begin
    finally:
        done.set()
        walker.join()
    assert failures == []
    for walk in walks:
        names = list(dict.fromkeys(name for name, _ in walk))
        assert len(names) > 15  # each column once, none again later
        assert_forward([(names.index(name), index) for name, index in walk])
    churn.stopped = True
    with churn.fake.script() as daemon:
        left = {client.cid for client in daemon.clients}
    lab.wait_until(lambda: {varbind.value for varbind in manager.bulkwalk(
        "OPENVPN-MANAGEMENT-MIB::ovpnClientClientId")} == left, "the table is the daemon's")
    assert len(by_rows(snmpd.port)) == CLIENTS
