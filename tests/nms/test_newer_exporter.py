"""snmp_exporter since 0.23, whose file has another form: of Debian 13, with the modules for it."""

import os

import pytest

from daemons import entry
from parts import exporter, openvpn
from parts.view import InstanceView
from prometheus_server import Monitoring

MODULES = ("openvpn", "openvpn_users", "openvpn_users_lean")


@pytest.fixture
def exporters(lab, newer):
    """Debian 12's and the newer one."""
    folder = os.path.join(os.environ["OVPN_AGENTX_BUILD"], "generated/integrations/prometheus")
    return (exporter.Exporter(lab, os.path.join(folder, "snmp-0.21.yml")).start(),
            exporter.Exporter(lab, os.path.join(folder, "snmp.yml"), "newer",
                              newer(exporter.PROGRAM), "openvpn").start())


def series(part, module, port):
    return {(sample.name, tuple(sorted(sample.labels.items()))) for sample in part.scrape(module, port)}


def test_both_show_the_same(lab, pki, start_agent, manager, snmpd, exporters):
    server = openvpn.server(lab, pki).start()
    start_agent([entry("office", 7, server, openvpn_config=server.config)])
    openvpn.client(lab, pki, server, "alice").start()
    InstanceView(lab, manager, 7).wait(30, Contact="up", State="connected", Clients=1)
    lab.wait_until(lambda: manager.table("ovpnCertificateTable"), "certificates")
    old, new = exporters
    for module in MODULES:
        found = series(new, module, snmpd.port)
        assert found and found == series(old, module, snmpd.port)
    samples = {sample.name: sample for sample in new.scrape("openvpn_users_lean", snmpd.port)}
    assert samples["ovpnUserBytesIn"].value > 0
    assert samples["ovpnUserBytesIn"].labels == {"ovpnInstanceName": "office", "ovpnUserName": "alice"}


def test_prometheus_asks_it(lab, pki, start_agent, manager, snmpd, newer):
    monitoring = Monitoring(lab, snmpd, newer(exporter.PROGRAM))
    server = openvpn.server(lab, pki).start()
    start_agent([entry("office", 1, server)])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    server.kill()
    monitoring.fires("OpenVPNContactLost", "office")
    server.start()
    monitoring.resolves("OpenVPNContactLost", "office")
