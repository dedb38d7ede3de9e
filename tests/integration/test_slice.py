"""The agent as a whole: real and scripted daemons on one side, managers on the other."""

import signal
import threading
import time

import pytest

from fake.scenario import say_states
from parts import openvpn
from parts.pauses import Pauses
from parts.snmp import SnmpError, SnmpTimeout
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

SEQUENCE = "ovpnNotificationSequence"


def instance(name, daemon, index=1, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1, **others}


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def sequences(traps):
    return [trap.values[SEQUENCE] for trap in traps]


@pytest.mark.valgrind
def test_row_of_a_server(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    client = openvpn.client(lab, pki, server).start()
    client.wait_completed()
    start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected", Clients=1)
    row = view.row()
    assert row["Name"] == "office"
    assert row["Endpoint"] == server.endpoint
    assert row["ContactError"] == ""
    assert row["Version"].startswith("OpenVPN 2.6")
    assert row["ManagementVersion"] == 5
    assert row["Pid"] == server.pid
    assert row["Mode"] == "server"
    assert row["StateName"] == "CONNECTED"
    assert row["TunnelIpv4"] == "10.9.0.1"
    assert row["LocalPort"] == server.port
    assert (row["HoldFlag"], row["HoldWaiting"]) == ("false", "false")
    assert (row["Verb"], row["Mute"], row["AuthRetry"]) == (3, 0, "none")
    assert row["BytesIn"] > 0 and row["BytesOut"] > 0


def test_row_of_a_client_in_a_hold(lab, pki, start_agent, view):
    client = openvpn.lone_client(lab, pki, hold=True).start()
    start_agent([instance("branch", client)])
    view.wait(Contact="up", HoldWaiting="true")
    row = view.row()
    assert row["HoldFlag"] == "true"
    assert (row["State"], row["StateName"]) == ("connecting", "CONNECTING")
    assert row["Pid"] == client.pid
    assert row["Clients"] == 0
    # The agent has not released the hold by itself.
    assert "CMD 'hold release'" not in client.log


def test_row_of_a_connected_client(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    client = openvpn.client(lab, pki, server).start()
    client.wait_completed()
    start_agent([instance("branch", client)])
    view.wait(Contact="up", State="connected", Mode="client")
    assert view.get("RemotePort", "TunnelIpv4") == [server.port, "10.9.0.2"]
    assert all(count > 0 for count in view.get("LinkReadBytes", "LinkWriteBytes"))


def test_two_instances_keep_apart(lab, pki, start_agent, manager):
    daemons = [openvpn.lone_client(lab, pki, name, hold=True).start() for name in ("one", "two")]
    start_agent([instance("one", daemons[0], 7), instance("two", daemons[1], 3)])
    for index in (3, 7):
        InstanceView(lab, manager, index).wait(Contact="up")
    table = rows(manager, "ovpnInstanceTable")
    assert {index: (row["Name"], row["Pid"]) for index, row in table.items()} == {
        (7,): ("one", daemons[0].pid), (3,): ("two", daemons[1].pid)}


def test_management_over_tcp_with_a_password(lab, pki, start_agent, view):
    client = openvpn.lone_client(lab, pki, management="tcp", password="open sesame",
                                 hold=True).start()
    agent = start_agent([instance("branch", client,
                                  password_file=lab.write("agent.pw", "open sesame\n"))])
    view.wait(Contact="up", Pid=client.pid)
    assert "open sesame" not in agent.log


def test_state_changes_are_notified(lab, pki, start_agent, snmptrapd, view):
    server = openvpn.server(lab, pki).start()
    client = openvpn.client(lab, pki, server).start()
    client.wait_completed()
    start_agent([instance("branch", client)])
    view.wait(Contact="up", State="connected")
    client.signal(signal.SIGUSR1)
    down, = snmptrapd.wait_traps("ovpnTunnelDown")
    up, = snmptrapd.wait_traps("ovpnTunnelUp")
    assert [(trap.values["ovpnInstanceState"], trap.values["ovpnNotificationReason"])
            for trap in (down, up)] == [("reconnecting", "SIGUSR1"), ("connected", "SUCCESS")]
    assert [varbind.name for varbind in down.varbinds] == [
        SEQUENCE, "ovpnNotificationUnixTime", "ovpnInstanceName", "ovpnInstanceState",
        "ovpnNotificationReason", "ovpnInstanceTunnelText", "ovpnInstanceRemoteText"]
    assert down.varbinds[3].index == (1,)
    assert up.values["ovpnInstanceTunnelText"] == "10.9.0.2"
    assert snmptrapd.traps("ovpnStateChange") == []


def test_a_restart_hold_is_notified(start_agent, snmptrapd, start_fake, view):
    fake = start_fake(mode="client")
    start_agent([instance("branch", fake)])
    view.wait(Contact="up", State="connected")
    with fake.script() as daemon:
        daemon.hold_flag = True
        daemon.signal("SIGUSR1")
    trap = snmptrapd.wait_traps("ovpnHoldWaiting")[0]
    assert trap.values["ovpnInstanceHoldWaiting"] == "true"
    view.wait(HoldWaiting="true", State="reconnecting")
    with fake.script() as daemon:
        daemon.release()
    snmptrapd.wait_traps("ovpnHoldEnded")
    view.wait(HoldWaiting="false", State="connected")


@pytest.mark.valgrind
def test_contact_lost_and_restored(lab, pki, start_agent, snmptrapd, view):
    client = openvpn.lone_client(lab, pki, hold=True).start()
    start_agent([instance("branch", client)])
    view.wait(Contact="up")
    first = client.pid
    client.kill()
    lost = snmptrapd.wait_traps("ovpnContactLost")[0]
    assert lost.values["ovpnInstanceName"] == "branch"
    assert lost.values["ovpnInstanceContact"] not in ("up", "stale")
    lab.wait_until(lambda: view.get("Contact") in ("disconnected", "connecting"),
                   "contact is down")
    assert view.get("State", "HoldWaiting", "Pid") == ["unknown", "unknown", first]
    client.start()
    view.wait(Contact="up", Pid=client.pid)
    restored = snmptrapd.wait_traps(
        "ovpnContactRestored", where=lambda trap: trap.values["ovpnInstancePid"] == client.pid)[0]
    assert restored.values[SEQUENCE] > lost.values[SEQUENCE]
    assert restored.values["ovpnInstanceContact"] == "up"
    assert restored.values["ovpnInstanceVersion"].startswith("OpenVPN 2.6")


@pytest.mark.under_snmpd  # its end
@pytest.mark.valgrind
def test_snmpd_restarts(lab, start_fake, start_agent, snmpd, snmptrapd, view):
    fakes = [start_fake(name, mode="client") for name in ("one", "two")]
    # The second has no index of its own and keeps what it got.
    entries = [instance("one", fakes[0], 5), instance("two", fakes[1], 9)]
    entries[1].pop("index")
    start_agent(entries)
    other = InstanceView(lab, view.manager, 5)
    other.wait(Contact="up", State="connected")
    before = sorted(rows(view.manager, "ovpnInstanceTable"))
    assert len(before) == 2
    snmpd.kill()
    with fakes[0].script() as daemon:
        say_states(daemon, 4)  # RECONNECTING, WAIT, AUTH, CONNECTED: two of them are notified
    lab.wait_until(lambda: fakes[0].written, "the daemon's words are out")
    snmpd.start()
    assert other.wait(StateReason="step-4") < 10
    assert sorted(rows(view.manager, "ovpnInstanceTable")) == before
    told = [snmptrapd.wait_traps(name)[0].values["ovpnNotificationReason"]
            for name in ("ovpnTunnelDown", "ovpnTunnelUp")]
    assert told == ["step-1", "step-4"]


@pytest.mark.under_snmpd  # its stand-still
def test_snmpd_hangs(lab, start_fake, start_agent, snmpd, snmptrapd, view):
    """For a minute, in which a burst begins, is cut, and ends."""
    fake = start_fake(mode="client")
    agent = start_agent([instance("branch", fake, notify=["state-all"], notify_rate=8)])
    view.wait(Contact="up", State="connected")
    snmpd.freeze()
    frozen = time.monotonic()
    for step in range(1, 13):
        with fake.script() as daemon:
            daemon.state("RECONNECTING" if step % 2 else "CONNECTED", f"step-{step}")
        polls = len(fake.commands())
        lab.wait_until(lambda: len(fake.commands()) > polls, "the agent polls its daemon")
    with Pauses(fake) as pauses:
        lab.wait_until(lambda: time.monotonic() > frozen + 62, "a minute has passed", 70)
    # A reader that waits for the master agent would do with a few.
    assert len(pauses.took) > 300
    snmpd.thaw()
    muted = snmptrapd.wait_traps("ovpnNotificationsMuted", deadline=30)[0]
    assert list(muted.values) == [SEQUENCE, "ovpnNotificationUnixTime", "ovpnInstanceName",
                                  "ovpnMutedNotification", "ovpnMutedCount"]
    assert muted.values["ovpnMutedNotification"] == "OPENVPN-MANAGEMENT-MIB::ovpnStateChange"
    assert muted.values["ovpnMutedCount"] == 4
    traps = snmptrapd.traps("ovpnStateChange")
    numbers = sequences(traps) + [muted.values[SEQUENCE]]
    assert numbers == sorted(numbers)
    # At least once: one that was in flight may come twice, with the same number.
    unique = {trap.values[SEQUENCE]: trap.values["ovpnInstanceStateReason"] for trap in traps}
    assert list(unique.values()) == [f"step-{step}" for step in range(1, 9)]
    assert agent.alive
    assert view.wait(StateReason="step-12") < 10


def test_a_burst_of_notifications_while_managers_walk_and_set(lab, start_fake, start_agent,
                                                              manager, view):
    count = 10000
    fake = start_fake(mode="client")
    start_agent([instance("branch", fake, notify=["state-all"], notify_rate=100000,
                          allow=["mute"])])
    view.wait(Contact="up", State="connected")
    before = manager.get("ovpnAgentNotificationsSent.0")
    walks, answers, failures, done = [], [], [], threading.Event()

    def walk():
        while not done.is_set():
            try:
                walks.append(len(manager.bulkwalk("ovpnInstanceTable")))
            except SnmpTimeout as error:
                failures.append(error)

    def set_mute():
        while not done.is_set():
            try:
                manager.set(("ovpnControlMute.1", "i", len(answers) % 50 + 1))
                answers.append("noError")
            except SnmpError as error:  # the daemon says its states first, which may take too long
                answers.append(error.status)
            except SnmpTimeout as error:
                failures.append(error)

    threads = [threading.Thread(target=target) for target in (walk, set_mute)]
    for thread in threads:
        thread.start()
    try:
        with fake.script() as daemon:
            say_states(daemon, count)
        lab.wait_until(
            lambda: manager.get("ovpnAgentNotificationsSent.0") - before >= count,
            lambda: f"{count} notifications are acknowledged; now "
                    f"{manager.get('ovpnAgentNotificationsSent.0') - before}", 60)
        lab.wait_until(lambda: len(walks) > 1 and "noError" in answers[-1:] or failures,
                       "two walks end, and a SET")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == [] and len(set(walks)) == 1
    # The answer to a poll that was under way comes behind the states too.
    assert set(answers) <= {"noError", "commitFailed", "resourceUnavailable"}
    lab.wait_until(lambda: view.get("Mute") == fake.daemon.mute, "the daemon's mute is known")
    assert manager.get("ovpnAgentNotificationsSent.0") - before == count
    assert manager.get("ovpnAgentNotificationsDropped.0") == 0
    assert manager.get("ovpnAgentNotificationsSuppressed.0") == 0
    assert view.get("StateReason") == f"step-{count}"


@pytest.mark.valgrind
def test_reload_keeps_what_is_unchanged(lab, start_fake, start_agent, manager, view):
    one, two = start_fake("one", mode="client"), start_fake("two", mode="client")
    agent = start_agent([instance("one", one)])
    view.wait(Contact="up")
    agent.reload([instance("one", one), instance("two", two, 2)])
    InstanceView(lab, manager, 2).wait(Contact="up")
    agent.reload([instance("one", one)])
    lab.wait_until(lambda: list(rows(manager, "ovpnInstanceTable")) == [(1,)], "instance 2 is gone")
    assert one.sessions == 1


@pytest.mark.valgrind
def test_clean_end(start_fake, start_agent, view):
    fake = start_fake()
    agent = start_agent([instance("one", fake)])
    view.wait(Contact="up")
    assert agent.stop() == 0
    # The session was closed by closing the socket.
    assert fake.commands("exit") == [] and fake.commands("quit") == []
    view.lab.wait_until(lambda: not fake.connected, "the management slot is free")
