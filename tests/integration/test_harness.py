"""The parts of these tests, proved without the agent."""

import os
import signal
import subprocess

import pytest

from parts import openvpn
from parts.process import TimedOut, free_port
from parts.snmp import Absent, SnmpError, SnmpTimeout, Snmpd, environment, parse_varbinds

STRANGE_NAME = "a, \"b\" 'c' Jürgen"


def client_rows(daemon):
    """The CLIENT_LIST rows of `status 3`, split."""
    with daemon.manage() as session:
        lines = session.command("status 3")
    return [line.split("\t") for line in lines if line.startswith("CLIENT_LIST\t")]


def test_wait_until_fails_with_the_logs(lab):
    with pytest.raises(TimedOut, match="pigs fly"):
        lab.wait_until(lambda: False, "pigs fly", deadline=0.05)


def test_server_with_two_clients(lab, pki):
    server = openvpn.server(lab, pki).start()
    for name, common_name in (("one", "one"), ("two", STRANGE_NAME)):
        openvpn.client(lab, pki, server, name, common_name=common_name).start().wait_completed()
    assert sorted(row[1] for row in client_rows(server)) == sorted(["one", STRANGE_NAME])


@pytest.mark.parametrize("proto", ["tcp", "udp6"])
def test_other_transports(lab, pki, proto):
    server = openvpn.server(lab, pki, proto=proto).start()
    openvpn.client(lab, pki, server).start().wait_completed()
    assert len(client_rows(server)) == 1


def test_client_in_a_hold(lab, pki):
    server = openvpn.server(lab, pki).start()
    client = openvpn.client(lab, pki, server, hold=True).start()
    with client.manage() as session:
        assert session.wait_notification(">HOLD:") == ">HOLD:Waiting for hold release:0"
        assert session.command("pid") == [f"SUCCESS: pid={client.pid}"]
        assert session.command("hold release") == ["SUCCESS: hold release succeeded"]
        client.wait_completed()


def test_client_asks_for_user_and_password(lab, pki):
    server = openvpn.server(lab, pki, users={"a b": "pass:word"}).start()
    options = ["auth-user-pass", "management-query-passwords"]
    client = openvpn.client(lab, pki, server, extra=options).start()
    with client.manage() as session:
        session.wait_notification(">PASSWORD:Need 'Auth' username/password")
        session.command('username Auth "a b"')
        session.command("password Auth pass:word")
        client.wait_completed()
    assert client_rows(server)[0][9] == "a b"


def test_client_asks_for_the_key_passphrase(lab, pki):
    server = openvpn.server(lab, pki).start()
    client = openvpn.client(lab, pki, server, identity=pki.encrypted_client("locked"),
                            extra=["management-query-passwords"]).start()
    with client.manage() as session:
        session.wait_notification(">PASSWORD:Need 'Private Key' password")
        session.command('password "Private Key" "key passphrase"')
        client.wait_completed()


def test_management_over_tcp_with_a_password(lab, pki):
    client = openvpn.lone_client(lab, pki, management="tcp", password="open sesame").start()
    with client.manage() as session:
        assert session.greeting.startswith(">INFO:OpenVPN Management Interface Version")


def test_peer_to_peer(lab, pki):
    for peer in (peers := openvpn.peers(lab, pki)):
        peer.start()
    for peer in peers:
        peer.wait_completed()


def test_signals_and_restart(lab, pki):
    client = openvpn.lone_client(lab, pki).start()
    # It does not hear the signal before its main loop runs.
    client.wait_log("read UDPv4 [ECONNREFUSED]")
    client.signal(signal.SIGUSR1)
    client.wait_log("SIGUSR1[hard,] received, process restarting")
    first = client.pid
    assert client.stop() == 0
    client.start()
    assert client.pid != first
    client.freeze()
    client.thaw()
    client.kill()
    assert client.process.returncode == -signal.SIGKILL


def test_children_are_gone_after_the_lab(pki):
    from parts.process import Lab

    lab = Lab()
    client = openvpn.lone_client(lab, pki).start()
    pid = client.pid
    lab.close()
    assert not os.path.exists(f"/proc/{pid}") and not os.path.exists(lab.folder)


def test_snmpd_answers(manager):
    assert manager.get("sysUpTime.0") >= 0
    assert manager.getnext("sysUpTime").name == "sysUpTime"
    names = [varbind.name for varbind in manager.walk("system")]
    assert names[:2] == ["sysDescr", "sysObjectID"]
    assert manager.bulkwalk("system", 3)[0].name == "sysDescr"
    assert (1,) in manager.table("sysORTable")


def test_manager_errors(lab, snmpd, manager):
    with pytest.raises(Absent):
        manager.get("sysUpTime.7")
    with pytest.raises(SnmpError) as caught:
        manager.set(("sysName.0", "s", "x"), ("sysUpTime.0", "t", 5))
    assert caught.value.status == "notWritable"
    manager.set(("sysContact.0", "s", 'two\nlines, "quoted" = x'))
    assert manager.get("sysContact.0") == 'two\nlines, "quoted" = x'
    snmpd.freeze()
    with pytest.raises(SnmpTimeout):
        snmpd.manager(timeout=0.2).get("sysUpTime.0")
    snmpd.thaw()
    assert manager.answers()


def test_snmpd_restarts_on_the_same_port(snmpd, manager):
    snmpd.kill()
    assert not manager.answers()
    snmpd.start()
    assert manager.get("sysUpTime.0") < 500


def send_trap(snmptrapd, *words):
    subprocess.run(["snmptrap", "-v2c", "-c", "public", f"127.0.0.1:{snmptrapd.port}", "", *words],
                   env={**os.environ, **environment(snmptrapd.lab.folder)}, check=True)


def test_snmptrapd_receives(snmptrapd):
    text = 'one\nSNMPv2-MIB::two = "x" % \\'
    send_trap(snmptrapd, "coldStart",
              "sysDescr.0", "s", text, "sysLocation.0", "s", "", "sysUpTime.0", "t", "42")
    trap = snmptrapd.wait_traps("coldStart")[0]
    assert trap.values == {"sysDescr": text, "sysLocation": "", "sysUpTime": 42}
    assert [varbind.index for varbind in trap.varbinds] == [(0,)] * 3


@pytest.mark.parametrize("informs", [False, True])
def test_snmpd_sends_its_own_notifications(lab, snmptrapd, informs):
    Snmpd(lab, sink=snmptrapd, informs=informs).start()
    snmptrapd.wait_traps("coldStart")


def test_parse_varbinds():
    found = parse_varbinds('A-MIB::name.1.2 = "x \\"y\\""\nA-MIB::other.0 = \nA-MIB::n.0 = -5\n')
    assert [(v.name, v.index, v.value) for v in found] == [
        ("name", (1, 2), 'x "y"'), ("other", (0,), ""), ("n", (0,), -5)]


def test_free_ports_differ():
    assert len({free_port() for _ in range(50)}) == 50
