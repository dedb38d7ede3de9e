"""SETs on real daemons: each command with its effect in the daemon."""

import pytest

from parts import openvpn
from parts.control import entry, last, refused
from parts.pki import PASSPHRASE
from parts.snmp import Snmpd
from parts.view import InstanceView, question, rows

pytestmark = [pytest.mark.both_ways, pytest.mark.private]

@pytest.fixture
def client(lab, pki):
    return openvpn.lone_client(lab, pki).start()


def test_settings(lab, client, start_agent, manager):
    start_agent([entry(client)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up")
    manager.set(("ovpnControlVerb.1", "i", 5), ("ovpnControlHoldFlag.1", "i", "true"),
                ("ovpnControlAuthRetry.1", "i", "interact"), ("ovpnControlMute.1", "i", 7))
    assert view.get("Verb", "Mute", "HoldFlag", "AuthRetry") == [5, 7, "true", "interact"]
    assert last(manager) == ["success", "mute level changed"]
    shown = [row["ovpnCommandCommand"] for row in manager.table("ovpnCommandTable").values()]
    assert shown == ["verb 5", "hold on", "auth-retry interact", "mute 7"]
    manager.set(("ovpnControlSession.1", "i", "detached"))
    view.wait(Contact="detached")
    with client.manage() as other:
        assert other.command("verb") == ["SUCCESS: verb=5"]
        assert other.command("hold") == ["SUCCESS: hold=1"]
        assert other.command("auth-retry") == ["SUCCESS: auth-retry=interact"]
        assert other.command("mute") == ["SUCCESS: mute=7"]
    assert manager.get("ovpnControlSession.1") == "detached"
    manager.set(("ovpnControlSession.1", "i", "attached"))
    view.wait(Contact="up")


def test_verb_at_its_height(lab, client, start_agent, manager):
    """A daemon logs its own logging to whom it logs, from verb 8 on, and would never end."""
    start_agent([entry(client)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up")
    manager.set(("ovpnControlVerb.1", "i", 11))
    before = view.get("LogLast")
    client.wait_log("I/O WAIT")
    for number in range(3):
        manager.set(("ovpnControlMute.1", "i", number))
    assert view.get("Contact", "LogLast") == ["up", before]
    manager.set(("ovpnControlVerb.1", "i", 3))
    manager.set(("ovpnControlSignal.1", "i", "sigusr1"))
    lab.wait_until(lambda: view.get("LogLast") > before, "the log goes on")


def test_a_hold(lab, client, start_agent, manager):
    start_agent([entry(client)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up", HoldWaiting="false")
    assert refused(manager, ("ovpnControlHoldRelease.1", "i", "release")) == "inconsistentValue"
    assert last(manager) == ["rejected", "the daemon is not in a hold"]
    manager.set(("ovpnControlHoldFlag.1", "i", "true"))
    manager.set(("ovpnControlSignal.1", "i", "sigusr1"))
    view.wait(HoldWaiting="true")
    for number in ("sigusr1", "sighup", "sigusr2"):
        assert refused(manager, ("ovpnControlSignal.1", "i", number)) == "inconsistentValue"
    manager.set(("ovpnControlHoldFlag.1", "i", "false"),
                ("ovpnControlHoldRelease.1", "i", "release"))
    view.wait(HoldWaiting="false", HoldFlag="false", State="wait")
    assert client.alive


def test_signals(lab, client, start_agent, manager, snmptrapd):
    start_agent([entry(client)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up")
    manager.set(("ovpnControlSignal.1", "i", "none"))
    manager.set(("ovpnControlSignal.1", "i", "sigusr2"))
    client.wait_log("OpenVPN STATISTICS")
    manager.set(("ovpnControlVerb.1", "i", 5))
    manager.set(("ovpnControlSignal.1", "i", "sighup"))
    client.wait_log("SIGHUP[hard,] received, process restarting")
    view.wait(Verb=3, State="wait")
    manager.set(("ovpnControlSignal.1", "i", "sigterm"))
    lab.wait_until(lambda: not client.alive, "the daemon ends")
    view.wait(Contact="disconnected")
    assert last(manager) == ["success", "signal SIGTERM thrown"]
    snmptrapd.wait_traps("ovpnContactLost")
    assert refused(manager, ("ovpnControlVerb.1", "i", 5)) == "inconsistentValue"
    assert last(manager) == ["rejected", "there is no contact with the daemon"]


@pytest.fixture
def office(lab, pki, start_agent, manager):
    """A server with the clients alice and bob."""
    server = openvpn.server(lab, pki).start()
    clients = {name: openvpn.client(lab, pki, server, name).start() for name in ("alice", "bob")}
    start_agent([entry(server)])
    InstanceView(lab, manager).wait(30, Contact="up", Clients=2)
    return server, clients


def client_rows(manager):
    # One that goes while the table is read has not all of its columns.
    return {row["CommonName"]: (index, row)
            for index, row in rows(manager, "ovpnClientTable").items() if "CommonName" in row}


def test_kill(lab, office, manager):
    _, clients = office
    (index, row), (_, other) = [client_rows(manager)[name] for name in ("alice", "bob")]
    manager.set((f"ovpnClientControlAction.1.{index[1]}", "i", "kill"))
    assert last(manager) == ["success", "client-kill command succeeded"]
    lab.wait_until(lambda: index not in rows(manager, "ovpnClientTable"), "the row goes", 20)
    clients["alice"].wait_completed(2)
    lab.wait_until(lambda: "alice" in client_rows(manager), "alice comes back", 20)
    assert client_rows(manager)["alice"][0][1] > index[1]
    status = refused(manager, (f"ovpnClientControlAction.1.{index[1]}", "i", "kill"))
    assert status == "noCreation"
    manager.set(("ovpnControlKillAddress.1", "s", other["RealText"]))
    assert last(manager) == ["success", "client-kill command succeeded"]
    clients["bob"].wait_completed(2)
    for name in clients:
        manager.set(("ovpnControlKillCommonName.1", "s", name))
        assert last(manager) == ["success", f"common name '{name}' found, 1 client(s) killed"]
    lab.wait_until(lambda: rows(manager, "ovpnClientTable") == {}, "all rows go")
    assert rows(manager, "ovpnSessionTable")


def test_halt(lab, office, manager, way):
    """Who is killed comes back; who is told to halt is gone for good."""
    _, clients = office
    (index, _), _ = [client_rows(manager)[name] for name in ("alice", "bob")]
    manager.set((f"ovpnClientControlAction.1.{index[1]}", "i", "halt"))
    assert last(manager) == ["success", "client-kill command succeeded"]
    command = rows(manager, "ovpnCommandTable").popitem()[1]
    # A master agent does not tell who asked.
    assert (command["Source"], command["Command"].split()[0::2]) == (
        "snmp" if way is Snmpd else "snmp keeper@127.0.0.1", ["client-kill", "HALT"])
    clients["alice"].wait_exit(20)
    lab.wait_until(lambda: set(client_rows(manager)) == {"bob"}, "her row goes", 20)


def test_kill_by_an_ipv6_address(lab, pki, start_agent, manager):
    server = openvpn.server(lab, pki, proto="udp6").start()
    client = openvpn.client(lab, pki, server, "alice").start()
    start_agent([entry(server)])
    InstanceView(lab, manager).wait(30, Contact="up", Clients=1)
    lab.wait_until(lambda: client_rows(manager).get("alice", (0, {}))[1].get("RealText"),
                   "a status shows the address")
    _, row = client_rows(manager)["alice"]
    manager.set(("ovpnControlKillAddress.1", "s", row["RealText"]))
    assert last(manager) == ["success", "client-kill command succeeded"]
    client.wait_completed(2)


def test_kill_by_an_ipv4_address_of_a_dual_stack_server(lab, pki, start_agent, manager):
    """`kill` does not find such a client by the address that the status shows."""
    server = openvpn.server(lab, pki, proto="udp6", dual_stack=True).start()
    clients = {
        name: openvpn.client(lab, pki, server, name, proto=proto, remote=remote).start()
        for name, proto, remote in (("alice", "udp4", "127.0.0.1"), ("bob", "udp6", "::1"))}
    start_agent([entry(server)])
    InstanceView(lab, manager).wait(30, Contact="up", Clients=2)
    lab.wait_until(lambda: all(row["RealText"] for _, row in client_rows(manager).values()),
                   "a status shows the addresses")
    for name, address in (("alice", "127.0.0.1:"), ("bob", "::1")):
        _, row = client_rows(manager)[name]
        assert row["RealText"].startswith(address)
        manager.set(("ovpnControlKillAddress.1", "s", row["RealText"]))
        assert last(manager) == ["success", "client-kill command succeeded"]
        clients[name].wait_completed(2)


def test_the_daemon_says_error(office, manager):
    manager.set(("ovpnControlVerb.1", "i", 2))
    assert refused(manager, ("ovpnControlVerb.1", "i", 4), ("ovpnControlMute.1", "i", 9),
                   ("ovpnControlKillCommonName.1", "s", "nobody")) == "commitFailed"
    table = list(rows(manager, "ovpnCommandTable").values())
    assert [(row["Command"], row["Result"]) for row in table[1:]] == [
        ("verb 4", "success"), ("mute 9", "success"), ('kill "nobody"', "error"),
        ("mute 0", "success"), ("verb 2", "success")]
    assert table[3]["Reply"] == "common name 'nobody' not found"
    assert manager.get("ovpnInstanceVerb.1", "ovpnInstanceMute.1") == [2, 0]
    assert refused(manager, ("ovpnControlKillAddress.1", "s", "192.0.2.1:1")) == "commitFailed"
    assert last(manager) == ["error", "client at address 192.0.2.1:1 not found"]


def test_a_kill_in_client_mode(lab, client, start_agent, manager):
    start_agent([entry(client)])
    InstanceView(lab, manager).wait(Contact="up")
    assert refused(manager, ("ovpnControlKillCommonName.1", "s", "x")) == "commitFailed"
    assert last(manager)[0] == "error"
    assert "not supported by the current daemon mode" in last(manager)[1]


def test_refreshes(lab, office, manager):
    view = InstanceView(lab, manager)
    manager.set(("ovpnControlRefresh.1", "i", "refresh"), ("ovpnControlVerb.1", "i", 4))
    assert view.get("Verb") == 4
    manager.set(("ovpnControlNetRefresh.1", "i", "refresh"))
    lab.wait_until(lambda: last(manager)[0] == "error", "net is refused on this system")
    assert manager.get("ovpnControlNetUpdatedUnix.1") == 0
    manager.set(("ovpnControlPkcs11Refresh.1", "i", "refresh"))
    lab.wait_until(lambda: manager.get("ovpnControlPkcs11UpdatedUnix.1") > 0, "it is asked")
    assert manager.get("ovpnControlPkcs11Count.1") == 0


def test_certificates_are_not_asked_for_in_a_first_hold(lab, pki, start_agent, manager):
    daemon = openvpn.lone_client(lab, pki, hold=True).start()
    start_agent([entry(daemon)])
    InstanceView(lab, manager).wait(Contact="up", HoldWaiting="true")
    assert refused(manager, ("ovpnControlPkcs11Refresh.1", "i", "refresh")) == "inconsistentValue"
    manager.set(("ovpnControlHoldRelease.1", "i", "release"))
    InstanceView(lab, manager).wait(HoldWaiting="false")
    assert daemon.alive


def test_user_name_and_password(lab, pki, start_agent, manager, snmptrapd):
    server = openvpn.server(lab, pki, users={"carol": 'pa"ss \\word'}).start()
    daemon = openvpn.client(lab, pki, server, extra=[
        "auth-user-pass", "management-query-passwords", "auth-retry interact"]).start()
    agent = start_agent([entry(daemon)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up", PendingRequests=1)
    assert refused(manager, ("ovpnControlSignal.1", "i", "sigusr1")) == "inconsistentValue"
    row = question(manager)
    manager.set((f"ovpnCredentialUsername.{row}", "s", "carol"),
                (f"ovpnCredentialPassword.{row}", "s", "wrong-Zq9"))
    snmptrapd.wait_traps("ovpnAuthenticationFailed", deadline=30)
    view.wait(30, PendingRequests=1)
    assert [row["Status"] for row in rows(manager, "ovpnRequestTable").values()] == [
        "failed", "pending"]
    row = question(manager)
    manager.set((f"ovpnCredentialUsername.{row}", "s", "carol"))
    manager.set((f"ovpnCredentialPassword.{row}", "s", 'pa"ss \\word'))
    view.wait(30, State="connected", PendingRequests=0)
    assert rows(manager, "ovpnCredentialTable") == {}
    assert "Zq9" not in agent.log and "Zq9" not in daemon.log
    shown = {row["Command"] for row in rows(manager, "ovpnCommandTable").values()}
    assert {'username "Auth" ***', 'password "Auth" ***'} <= shown


def test_a_private_key(lab, pki, start_agent, manager, snmptrapd):
    daemon = openvpn.lone_client(lab, pki, identity=pki.encrypted_client("locked"),
                                 extra=["management-query-passwords"]).start()
    start_agent([entry(daemon)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up", PendingRequests=1)
    manager.set((f"ovpnCredentialPassword.{question(manager)}", "s", "wrong"))
    snmptrapd.wait_traps("ovpnAuthenticationFailed")
    lab.wait_until(lambda: not daemon.alive, "a wrong one ends the daemon")
    daemon.start()
    view.wait(20, Contact="up", PendingRequests=1)
    manager.set((f"ovpnCredentialPassword.{question(manager)}", "s", PASSPHRASE))
    view.wait(PendingRequests=0, State="wait")
