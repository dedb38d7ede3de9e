"""The modules for Prometheus, in Debian's exporter, beside the real agent."""

import os

import pytest

from parts import exporter, openvpn
from parts.snmp import MONITOR_USER, Snmpd
from parts.view import InstanceView


@pytest.fixture
def snmpd(lab, snmptrapd):
    return Snmpd(lab, sink=snmptrapd, extra=MONITOR_USER).start()


@pytest.fixture
def scrape(lab, snmpd):
    if not exporter.available():
        pytest.skip(f"{exporter.PROGRAM} is not installed")
    part = exporter.Exporter(lab, os.path.join(
        os.environ["OVPN_AGENTX_BUILD"], "generated/integrations/prometheus/snmp-0.21.yml")).start()

    def samples(module):
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for sample in part.scrape(module, snmpd.port)}

    return samples


def key(name, **labels):
    return name, tuple(sorted(labels.items()))


def test_the_shipped_modules(lab, pki, start_agent, manager, scrape):
    server = openvpn.server(lab, pki).start()
    start_agent([{"name": "office", "index": 7, "management": server, "status_interval": 1,
                  "openvpn_config": server.config}])
    view = InstanceView(lab, manager, 7)
    alice = openvpn.client(lab, pki, server, "alice").start()
    view.wait(30, Contact="up", State="connected", Clients=1, ClientsMax=253)
    lab.wait_until(lambda: manager.table("ovpnCertificateTable"), "certificates")

    found = scrape("openvpn")
    assert found[key("ovpnAgentInstances")] == 1
    assert found[key("ovpnInstanceContact", ovpnInstanceName="office",
                     ovpnInstanceContact="up")] == 1
    assert found[key("ovpnInstanceState", ovpnInstanceName="office",
                     ovpnInstanceState="connecting")] == 0
    assert found[key("ovpnInstanceClientsMax", ovpnInstanceName="office")] == 253
    assert found[key("ovpnCertificateSecondsLeft", ovpnInstanceName="office",
                     ovpnCertificateIndex="2", ovpnCertificateSubject="CN=server",
                     ovpnCertificateSource=pki.server().certificate)] > 0
    for module in ("openvpn_users", "openvpn_users_lean"):
        assert found.keys().isdisjoint(scrape(module))
        name = key("ovpnUserBytesIn", ovpnInstanceName="office", ovpnUserName="alice")
        assert scrape(module)[name] > 0
    assert len(scrape("openvpn_users")) == 8 and len(scrape("openvpn_users_lean")) == 2

    # Another session of the same user is the same series.
    before = scrape("openvpn_users")
    alice.kill()
    alice.start().wait_completed()
    lab.wait_until(lambda: scrape("openvpn_users")[key(
        "ovpnUserConnects", ovpnInstanceName="office", ovpnUserName="alice")] > 1, "another login")
    assert scrape("openvpn_users").keys() == before.keys()


def test_an_agent_that_is_gone_shows_nothing(lab, start_fake, start_agent, manager, scrape):
    agent = start_agent([{"name": "office", "index": 1, "management": start_fake("office")}])
    InstanceView(lab, manager).wait(Contact="up")
    assert key("ovpnAgentInstances") in scrape("openvpn")
    agent.stop()
    assert scrape("openvpn") == {}
