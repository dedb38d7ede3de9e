"""Prometheus and Alertmanager on loopback: each alert fires and resolves, by doing what it is for."""

from daemons import CertificateFile, answer, entry
from parts import openvpn
from parts.view import InstanceView


def test_a_daemon_ends_and_stands_still(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki).start()
    agent = start_agent([entry("office", 1, server)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up", State="connected")
    server.kill()
    monitoring.fires("OpenVPNContactLost", "office")
    server.start()
    monitoring.resolves("OpenVPNContactLost", "office")
    server.freeze()
    monitoring.fires("OpenVPNStatusStale", "office")
    server.thaw()
    monitoring.resolves("OpenVPNStatusStale", "office")
    agent.stop()
    monitoring.fires("OpenVPNAgentGone")
    agent.start()
    monitoring.resolves("OpenVPNAgentGone")


def test_a_client_waits_asks_and_is_down(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    client = openvpn.client(lab, pki, server, "alice", hold=True, extra=[
        "auth-user-pass", "management-query-passwords", "ping 1", "ping-restart 5"]).start()
    start_agent([entry("branch", 2, client, allow=["hold", "passwords"])])
    InstanceView(lab, manager, 2).wait(Contact="up", HoldWaiting="true")
    monitoring.fires("OpenVPNHoldWaiting", "branch")
    # And it shall not wait again when it starts anew.
    manager.set(("ovpnControlHoldFlag.2", "i", 2))
    manager.set(("ovpnControlHoldRelease.2", "i", 2))
    monitoring.resolves("OpenVPNHoldWaiting", "branch")
    monitoring.fires("OpenVPNInputNeeded", "branch")
    answer(manager, 2, "alice", "right")
    monitoring.resolves("OpenVPNInputNeeded", "branch")
    client.wait_completed()
    server.kill()
    monitoring.fires("OpenVPNTunnelDown", "branch")
    server.start()
    monitoring.resolves("OpenVPNTunnelDown", "branch")


def test_logins_fail(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    start_agent([entry("office", 1, server)])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    words = lab.write("words", "alice\nwrong\n")
    mallory = openvpn.client(lab, pki, server, "mallory", extra=[
        f"auth-user-pass {words}", "auth-retry nointeract"]).start()
    monitoring.fires("OpenVPNLoginsRejected", "office")
    mallory.kill()
    monitoring.resolves("OpenVPNLoginsRejected", "office")


def test_a_server_is_full(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, extra=["max-clients 1"]).start()
    start_agent([entry("office", 1, server, openvpn_config=server.config)])
    InstanceView(lab, manager).wait(Contact="up", ClientsMax=1)
    alice = openvpn.client(lab, pki, server, "alice").start()
    monitoring.fires("OpenVPNClientsNearMax", "office")
    alice.stop()
    monitoring.resolves("OpenVPNClientsNearMax", "office")


def test_a_certificate_ends(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki).start()
    made = CertificateFile(lab)
    made.make(days=5)
    agent = start_agent([entry("office", 1, server, openvpn_config=made.config)])
    InstanceView(lab, manager).wait(Contact="up", ConfigError="")
    monitoring.fires("OpenVPNCertificateExpires", "office")
    made.make(expired=True)
    agent.reload()
    monitoring.fires("OpenVPNCertificateExpired", "office")
    made.make(days=300)
    agent.reload()
    monitoring.resolves("OpenVPNCertificateExpired", "office")
    monitoring.resolves("OpenVPNCertificateExpires", "office")


def test_a_status_is_cut(lab, start_fake, start_agent, manager, monitoring):
    """With client_max, which leaves rows out as a cut status does."""
    fake = start_fake("office", mode="server")
    with fake.script() as server:
        server.add_clients(3)
    start_agent([entry("office", 1, fake, client_max=2)])
    InstanceView(lab, manager).wait(Contact="up", StatusComplete="false")
    monitoring.fires("OpenVPNStatusCut", "office")
    with fake.script() as server:
        server.remove_clients(server.clients[:2])
    monitoring.resolves("OpenVPNStatusCut", "office")
