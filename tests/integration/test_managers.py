"""Three managers that share no code read the same rows: Net-SNMP's tools, pysnmp, and Prometheus'
exporter, which is written in Go."""

import os
import sys

import pytest
from pysnmp import hlapi
from pysnmp.proto import rfc1902

from parts import exporter, snmp
from parts.view import InstanceView

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "mib"))

import compiled  # noqa: E402  (the path comes first)

pytestmark = pytest.mark.both_ways

NAMES = ["alice", "with a space", "Jürgen Größe", 'a,b "quoted" c', "back\\slash"]
TABLES = ("ovpnInstanceTable", "ovpnClientTable")
BIG = 2**53 - 1  # beyond, a number in Prometheus is no longer exact

# They move from one reading to the next.
MOVING = {"ovpnInstanceAge", "ovpnInstanceStatusAge", "ovpnClientConnectedSeconds",
          "ovpnInstanceStatusUpdated", "ovpnInstanceStatusUpdatedUnix"}

# Octets that are no text, which each manager shows in a way of its own.
OCTETS = {"DateAndTime", "OvpnIpv4", "OvpnIpv6", "InetAddress"}


def columns():
    return [found for found in compiled.objects() if found.kind == "column"
            and found.table in TABLES and found.name not in MOVING]


def comparable():
    """Those that all managers show alike: numbers, and text in UTF-8."""
    return [found for found in columns() if found.syntax.name not in OCTETS]


def by_net_snmp(manager):
    found = {}
    for table in TABLES:
        for varbind in manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::" + table):
            found[varbind.name, varbind.index] = varbind.value
    return found


def by_pysnmp(port, table):
    """{oid: value} by GETBULK."""
    found = {}
    command = hlapi.bulkCmd(
        hlapi.SnmpEngine(), hlapi.CommunityData(snmp.COMMUNITY, mpModel=1),
        hlapi.UdpTransportTarget(("127.0.0.1", port), timeout=5, retries=0),
        hlapi.ContextData(), 0, 25, hlapi.ObjectType(hlapi.ObjectIdentity(table)),
        lexicographicMode=False, lookupMib=False)
    for error, status, _, varbinds in command:
        assert not error and not status
        found.update((tuple(name), value) for name, value in varbinds)
    return found


def named(walked):
    """{(column, index): number or text} of what pysnmp has read."""
    known = {found.oid: found for found in comparable()}
    found = {}
    for oid, value in walked.items():
        for length in range(1, 3):
            column = known.get(oid[:-length])
            if column and len(column.indexes) == length:
                is_text = isinstance(value, rfc1902.OctetString)
                found[column.name, oid[-length:]] = bytes(value).decode() if is_text else int(value)
    return found


@pytest.fixture
def served(lab, start_fake, start_agent, manager, snmpd):
    """A server with odd clients and large counters; nothing moves any more when it is given."""
    fake = start_fake(mode="server")
    other = start_fake("other", mode="client", hold=True)
    start_agent([
        {"name": "office", "index": 1, "management": fake, "status_interval": 1},
        {"name": "held", "index": 70000, "management": other, "status_interval": 1}])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    InstanceView(lab, manager, 70000).wait(Contact="up", HoldWaiting="true")
    with fake.script() as daemon:
        daemon.bytes_in, daemon.bytes_out = BIG, 2**32 + 1
        for number, name in enumerate(NAMES):
            daemon.add_client(name, announce=False, username=name, virtual6=f"fd00::{number}",
                              received=BIG - number, sent=2**32 + number)
    InstanceView(lab, manager).wait(Clients=len(NAMES), BytesIn=BIG)
    return snmpd.port


def plain(value, column):
    """What Net-SNMP's tools print, as the number that was sent."""
    return column.syntax.enum.get(value, value)


def test_all_managers_read_the_same(lab, served, manager):
    if not exporter.available():
        pytest.skip(f"{exporter.PROGRAM} is not installed")
    known = {found.name: found for found in comparable()}
    first = {}
    for table in {found.oid[:-2] for found in known.values()}:
        first.update(named(by_pysnmp(served, table)))
    second = {key: plain(value, known[key[0]]) for key, value in by_net_snmp(manager).items()
              if key[0] in known}
    configuration = lab.write("exporter.yml", exporter.settings("all", list(known.values())))
    samples = exporter.Exporter(lab, configuration).start().scrape("all", served)
    third = exporter.by_index(samples, list(known.values()))
    assert len(first) > 140
    clients = [index for name, index in first if name == "ovpnClientCommonName"]
    assert len(clients) == 5 and {index[0] for index in clients} == {1}
    assert sorted(value for (name, _), value in first.items()
                  if name == "ovpnClientCommonName") == sorted(NAMES)
    assert differences(first, second) == {}
    assert differences(first, third) == {}


def differences(one, other):
    """A tool may show a text of digits as a number."""
    return {key: (one.get(key), other.get(key)) for key in one.keys() | other.keys()
            if str(one.get(key)) != str(other.get(key))}
