"""The agent against its MIB module, seen by a manager that is not Net-SNMP's: what is served is in
the module, with the right type, range and index, and what the module has is served."""

import os
import re
import sys

import pytest
from pysnmp import hlapi
from pysnmp.proto import rfc1902

from parts import agent as agent_part
from parts import openvpn, snmp
from parts.process import Lab
from parts.share import enter, share, shared
from parts.view import InstanceView

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "mib"))

import compiled  # noqa: E402  (the path comes first)

ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194)

# What the base type of an object is on the wire.
WIRE = {
    "INTEGER": rfc1902.Integer32, "Integer32": rfc1902.Integer32,
    "OCTET STRING": rfc1902.OctetString, "Counter32": rfc1902.Counter32,
    "Counter64": rfc1902.Counter64, "Gauge32": rfc1902.Gauge32, "Unsigned32": rfc1902.Gauge32,
    "TimeTicks": rfc1902.TimeTicks, "BITS": rfc1902.OctetString,
}

# Parts of the module that the agent does not have yet.
MISSING = ((2, 6), (2, 7), (3,))

# Tables without a row in this set-up.
EMPTY = {"ovpnCertificateTable", "ovpnCommandTable", "ovpnEchoTable", "ovpnRequestTable", "ovpnSessionTable"}


def walk(port):
    """(oid, value) of all below the root, in the order of the answers."""
    found = []
    command = hlapi.nextCmd(
        hlapi.SnmpEngine(), hlapi.CommunityData(snmp.COMMUNITY, mpModel=1),
        hlapi.UdpTransportTarget(("127.0.0.1", port), timeout=5, retries=0),
        hlapi.ContextData(), hlapi.ObjectType(hlapi.ObjectIdentity(ROOT)),
        lexicographicMode=False, lookupMib=False)
    for error, status, _, varbinds in command:
        assert not error and not status
        found += [(tuple(name), value) for name, value in varbinds]
    return found


@pytest.fixture(scope="module")
def walked(pki):
    """One walk for all tests here."""
    if not agent_part.program():
        pytest.skip(f"{agent_part.VARIABLE} is not set")
    lab = Lab()
    try:
        master = snmp.Snmpd(lab).start()
        agent, guest = start_daemons(lab, pki, master)
        found = walk(master.port)
        guest.close()
        assert agent.stop() == 0, agent.tail()
    finally:
        lab.close()
    return found


def start_daemons(lab, pki, master):
    """A server with two clients and a guest, a client in a hold, and the agent; returns the last
    and the guest."""
    manager = master.manager()
    server = openvpn.server(lab, pki).start()
    held = openvpn.lone_client(lab, pki, "held", hold=True).start()
    place = share(lab)
    agent = agent_part.Agent(lab, master, [
        shared(server, place, name="office", notify=[], allow=[]),
        {"name": "held", "index": 7, "management": held},
    ]).start()
    for index in (1, 7):
        InstanceView(lab, manager, index).wait(Contact="up")
    for client in [openvpn.client(lab, pki, server, name).start() for name in ("alice", "bob")]:
        client.wait_completed()
    # The block of each client comes at once, its routes with the next status.
    lab.wait_until(lambda: len(manager.walk("OPENVPN-MANAGEMENT-MIB::ovpnRouteKind")) == 2,
                   "the routes of both clients are there")
    return agent, enter(lab, place)


def objects():
    """The readable objects of the module by OID."""
    return {found.oid: found for found in compiled.objects()
            if found.kind in ("scalar", "column") and found.access in ("read-only", "read-write")}


def object_of(oid, known):
    for length in range(len(ROOT) + 1, len(oid)):
        if oid[:length] in known:
            return known[oid[:length]], oid[length:]
    raise AssertionError(f"{oid} is no readable object of the module")


def test_what_is_served_is_in_the_module(walked):
    known = objects()
    assert len(walked) > 300
    assert [oid for oid, _ in walked] == sorted({oid for oid, _ in walked})
    for oid, value in walked:
        found, index = object_of(oid, known)
        assert value.tagSet == WIRE[found.syntax.base].tagSet, found.name
        plain = bytes(value) if isinstance(value, rfc1902.OctetString) else int(value)
        assert found.syntax.allows(plain), f"{found.name}: {plain!r}"
        assert len(index) == (len(found.indexes) or 1), found.name
        if found.kind == "scalar":
            assert index == (0,)
        else:
            assert index[0] in (1, 7) and all(number > 0 for number in index)


def may_be_absent():
    """Objects of which the module says when there is no instance of them."""
    text = compiled.FILE.read_text(encoding="ascii")
    clauses = re.findall(r"^(\w+) OBJECT-TYPE\n(.*?)::=", text, re.MULTILINE | re.DOTALL)
    found = {name for name, clause in clauses if re.search(r"no\s+instance\s+of\s+this", clause)}
    assert len(found) > 10
    return found


def test_what_the_module_has_is_served(walked):
    known = objects()
    served = {object_of(oid, known)[0].name for oid, _ in walked}
    missing = [found.name for found in known.values() if found.name not in served
               and found.table not in EMPTY and found.name not in may_be_absent()
               and not any(found.oid[len(ROOT):][:len(part)] == part for part in MISSING)]
    assert missing == []


def test_rows_are_whole(walked):
    known = objects()
    rows = {}
    for oid, _ in walked:
        found, index = object_of(oid, known)
        if found.kind == "column":
            rows.setdefault((found.table, index), set()).add(found.name)
    columns = {}
    for found in known.values():
        columns.setdefault(found.table, set()).add(found.name)
    absent = may_be_absent()
    assert {row: columns[row[0]] - names - absent for row, names in rows.items()
            if columns[row[0]] - names - absent} == {}
