"""What raises a notification, and what each of them carries."""

import os
import signal
import socket
import sys
import time

import pytest

from fake import questions
from fake.scenario import say_states
from parts import openvpn
from parts.snmp import Snmpd
from parts.view import InstanceView, rows

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "mib"))

import compiled  # noqa: E402  (the path comes first)

pytestmark = pytest.mark.both_ways

# One comes a minute after a burst: test_slice.py has that minute.  The others have tests of their own.
NOT_HERE = {"ovpnNotificationsMuted", "ovpnAgentStarted", "ovpnAgentStopping", "ovpnClientRejected",
            "ovpnCertificateExpires"}

# fatal(1), nonFatal(2) and warning(3) of OvpnLogFlags, as the first octet of BITS.
FNW = 0x70


def instance(name, daemon, index=1, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1, **others}


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def suppressed(manager):
    return manager.get("ovpnAgentNotificationsSuppressed.0")


def ours(snmptrapd):
    """What is of a daemon, not of the master agent or the agent."""
    return [trap for trap in snmptrapd.traps()
            if trap.name.startswith("ovpn") and not trap.name.startswith("ovpnAgent")]


def test_the_last_word_of_a_daemon(lab, pki, start_agent, snmptrapd, view):
    server = openvpn.server(lab, pki, proto="tcp").start()
    client = openvpn.client(lab, pki, server, extra=["connect-retry-max 1"]).start()
    client.wait_completed()
    start_agent([instance("branch", client, notify=["state-all", "fatal", "contact"])])
    view.wait(Contact="up", State="connected")
    server.kill()
    client.signal(signal.SIGHUP)
    fatal = snmptrapd.wait_traps("ovpnFatal", deadline=30)[0]
    client.wait_exit()
    view.wait(Contact="disconnected")
    message, error, when = view.get("FatalMessage", "ContactError", "FatalUnix")
    assert fatal.values["ovpnInstanceFatalMessage"] == message != ""
    assert error == f"the daemon has ended on a fatal error: {message}"
    assert abs(when - fatal.values["ovpnNotificationUnixTime"]) <= 1
    lost = snmptrapd.wait_traps("ovpnContactLost")[0]
    assert lost.values["ovpnNotificationSequence"] > fatal.values["ovpnNotificationSequence"]
    server.start()
    client.start()
    view.wait(Contact="up")
    # What the last process died of stays until another says something.
    assert view.get("FatalMessage", "FatalUnix") == [message, when]


def test_a_server_refuses_a_password(lab, pki, start_agent, snmptrapd, manager, view):
    server = openvpn.server(lab, pki, proto="tcp", users={"alice": "right"})
    login = lab.write("login", "alice\nwrong\n")
    client = openvpn.client(lab, pki, server, extra=[f"auth-user-pass {login}"]).start()
    start_agent([instance("branch", client, notify=["auth", "state", "state-all"])])
    view.wait(Contact="up")
    server.start()
    failed = snmptrapd.wait_traps("ovpnAuthenticationFailed", deadline=20)
    exiting = snmptrapd.wait_traps("ovpnStateChange", where=lambda trap: trap.values[
        "ovpnInstanceState"] == "exiting")
    assert [trap.values["ovpnRequestName"] for trap in failed] == ["Auth"]
    assert [(trap.values["ovpnInstanceState"], trap.values["ovpnInstanceStateReason"])
            for trap in exiting] == [("exiting", "auth-failure")]
    assert snmptrapd.traps("ovpnTunnelDown") == []  # it never was up
    view.wait(Contact="disconnected")
    assert view.get("ContactError") == "the daemon has ended: auth-failure"
    row, = rows(manager, "ovpnRequestTable").values()
    assert (row["Name"], row["Status"]) == ("Auth", "failed")


def test_a_restart_line_by_line(lab, pki, start_agent, snmptrapd, manager, view):
    """All states, echoes and marked log lines of a restart: as traps and as rows."""
    server = openvpn.server(lab, pki, extra=['push "echo told by the server"']).start()
    client = openvpn.client(lab, pki, server, extra=["echo written in the file"]).start()
    client.wait_completed()
    start_agent([instance("branch", client, notify=["state-all", "echo", "log:FNW"])])
    view.wait(Contact="up", State="connected")
    assert ours(snmptrapd) == []  # the history raises nothing
    marks = view.get("StateLast", "EchoLast", "LogLast")
    client.signal(signal.SIGHUP)
    snmptrapd.wait_traps("ovpnStateChange", deadline=30, where=lambda trap: trap.values[
        "ovpnInstanceState"] == "connected")

    def told(name, *columns):
        return [tuple(trap.values[column] for column in columns)
                for trap in snmptrapd.traps(name)]

    def kept(table, mark, *columns):
        return [tuple(row[column] for column in columns)
                for index, row in sorted(rows(manager, table).items()) if index[1] > mark]

    states = kept("ovpnStateTable", marks[0], "Name", "Reason")
    assert states[0] == ("RECONNECTING", "SIGHUP") and states[-1] == ("CONNECTED", "SUCCESS")
    assert {"WAIT", "AUTH"} <= {name for name, _ in states}
    assert told("ovpnStateChange", "ovpnInstanceStateName", "ovpnInstanceStateReason") == states
    echoes = kept("ovpnEchoTable", marks[1], "Message")
    assert echoes == [("written in the file",), ("told by the server",)]
    assert told("ovpnEcho", "ovpnEchoMessage") == echoes
    lines = kept("ovpnLogTable", marks[2], "Flags", "Message")
    marked = [line for line in lines if int(str(line[0]), 16) & FNW]
    assert 0 < len(marked) < len(lines)
    assert told("ovpnLogAlert", "ovpnLogFlags", "ovpnLogMessage") == marked


def test_a_burst_is_cut(start_agent, start_fake, snmptrapd, manager, view):
    fake = start_fake(mode="client")
    start_agent([instance("branch", fake, notify=["state-all", "echo"], notify_rate=10)])
    view.wait(Contact="up", State="connected")
    before, sent = suppressed(manager), manager.get("ovpnAgentNotificationsSent.0")
    with fake.script() as daemon:
        say_states(daemon, 25)
        daemon.echo("the end")
    snmptrapd.wait_traps("ovpnEcho")  # another kind is not cut
    view.wait(StateReason="step-25")
    assert suppressed(manager) - before == 15
    assert [trap.values["ovpnInstanceStateReason"]
            for trap in snmptrapd.traps("ovpnStateChange")] == [f"step-{n}" for n in range(1, 11)]
    assert manager.get("ovpnAgentNotificationsSent.0") - sent == 11
    assert manager.get("ovpnAgentNotificationsDropped.0") == 0


def provoke(fake, lab, view):
    """All that can happen to a daemon, with a status between where the tables need one."""
    with fake.script() as daemon:
        client = daemon.add_client("alice", username="al", virtual6="fd00::2")
        daemon.log("W", "a warning")
        daemon.echo("an echo")
        daemon.ask(questions.ask_user(judge=lambda answers: "no"))
        daemon.emit(">PASSWORD:Verification Failed: 'Auth' ['no']")
        daemon.question = None
        daemon.state("CONNECTED", "SUCCESS", "10.9.0.1", tunnel6="fd00::1")
    view.wait(Clients=1)
    lab.wait_until(lambda: rows(view.manager, "ovpnRouteTable"), "the status has the client")
    with fake.script() as daemon:
        daemon.remove_clients([client])
    lab.wait_until(lambda: rows(view.manager, "ovpnSessionTable"), "the client is gone")
    with fake.script() as daemon:
        daemon.hold_flag = True
        daemon.signal("SIGUSR1")
    view.wait(HoldWaiting="true")
    with fake.script() as daemon:
        daemon.release()
    view.wait(HoldWaiting="false")
    with fake.script() as daemon:
        daemon.fatal("the end")
    view.wait(Contact="disconnected")
    fake.restart()


def test_each_carries_what_the_module_says(lab, start_agent, start_fake, snmptrapd, view):
    fake = start_fake(mode="server")
    start_agent([instance("office", fake, notify=[
        "state", "state-all", "fatal", "hold", "contact", "input", "auth", "client", "echo", "log:W"])])
    view.wait(Contact="up", State="connected")
    provoke(fake, lab, view)
    snmptrapd.wait_traps("ovpnContactRestored")
    known = compiled.by_name()
    expected = {item.name: list(item.objects) for item in known.values()
                if item.kind == "notification" and item.name not in NOT_HERE}
    assert len(expected) == 15
    traps = ours(snmptrapd)
    carried = {trap.name: [varbind.name for varbind in trap.varbinds] for trap in traps}
    assert carried == expected
    # Each object is named as an instance: 0, the daemon's row, or the row of what it is about.
    for trap in traps:
        assert [varbind.name for varbind in trap.varbinds] == expected[trap.name]
        rest = {varbind.index for varbind in trap.varbinds[3:]
                if varbind.name != "ovpnNotificationReason"}
        assert [varbind.index for varbind in trap.varbinds[:3]] == [(0,), (0,), (1,)]
        assert len(rest) == 1
        index, = rest
        assert index[0] == 1
        assert len(index) == len(known[trap.varbinds[3].name].indexes)


def test_a_tunnel_goes_down_and_comes_up(lab, start_agent, start_fake, snmptrapd, view):
    """With its reason, and once each: whatever a daemon says between, and however it goes."""
    fake = start_fake(mode="client")
    start_agent([instance("branch", fake)])
    view.wait(Contact="up", State="connected")

    def told():
        return [(trap.name, trap.values["ovpnNotificationReason"]) for trap in ours(snmptrapd)
                if trap.name.startswith("ovpnTunnel")]

    assert told() == []  # it was up when the agent came
    with fake.script() as daemon:
        for name, reason in (("RECONNECTING", "ping-restart"), ("WAIT", ""), ("RECONNECTING", "x"),
                             ("CONNECTED", "SUCCESS"), ("WAIT", ""), ("CONNECTED", "SUCCESS")):
            daemon.state(name, reason)
    snmptrapd.wait_traps("ovpnTunnelUp")
    expected = [("ovpnTunnelDown", "ping-restart"), ("ovpnTunnelUp", "SUCCESS")]
    assert told() == expected
    with fake.script() as daemon:
        daemon.fatal("the end")
    snmptrapd.wait_traps("ovpnContactLost")
    expected.append(("ovpnTunnelDown", "the end"))
    assert told() == expected
    fake.restart()
    view.wait(Contact="up", State="connected")
    snmptrapd.wait_traps("ovpnTunnelUp", 2)
    assert told() == [*expected, ("ovpnTunnelUp", "SUCCESS")]


@pytest.mark.under_snmpd
def test_the_agent_says_when_it_starts_and_stops(lab, start_agent, start_fake, snmpd, snmptrapd,
                                                 manager, view):
    fake = start_fake()
    agent = start_agent([instance("one", fake, notify=[])])
    started, = snmptrapd.wait_traps("ovpnAgentStarted")
    known = compiled.by_name()
    assert [varbind.name for varbind in started.varbinds] == list(known["ovpnAgentStarted"].objects)
    assert started.values["ovpnAgentInstances"] == 1
    view.wait(Contact="up")
    entries = [row for row in manager.bulkwalk("SNMPv2-MIB::sysORDescr")
               if "OpenVPN daemons" in row.value]
    assert len(entries) == 1
    listed = manager.get(f"SNMPv2-MIB::sysORID.{entries[0].index[0]}")
    assert listed == "OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB"
    assert agent.stop() == 0
    stopping, = snmptrapd.wait_traps("ovpnAgentStopping")
    assert stopping.values["ovpnAgentVersion"] == started.values["ovpnAgentVersion"]
    assert stopping.values["ovpnNotificationSequence"] > started.values["ovpnNotificationSequence"]
    lab.wait_until(lambda: not [row for row in manager.bulkwalk("SNMPv2-MIB::sysORDescr")
                                if "OpenVPN daemons" in row.value], "the entry goes with the agent")
    # A master agent that is asleep holds nobody up.
    agent = start_agent([instance("one", fake)])
    snmptrapd.wait_traps("ovpnAgentStarted", 2)
    snmpd.freeze()
    began = time.monotonic()
    assert agent.stop() == 0
    assert time.monotonic() - began < 3
    snmpd.thaw()


def test_a_receiver_that_was_never_there(lab, start_fake, start_agent):
    """With SNMPv3 informs snmpd looks for it for seconds, with each notification, and answers
    nobody meanwhile: the agent leaves it time for others."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        snmpd = Snmpd(lab, name="waiting", extra=[
            "createUser nobody SHA-256 password AES",
            "trapsess -Ci -v3 -u nobody -l authPriv -a SHA-256 -A password -x AES -X password "
            f"127.0.0.1:{silent.getsockname()[1]}"])
        snmpd.spawn()  # it waits with its own coldStart already
        manager = snmpd.manager()
        lab.wait_until(manager.answers, "snmpd answers", 30)
        fake = start_fake()
        agent = start_agent([instance(fake.name, fake, notify=["state-all"])], master=snmpd)
        lab.wait_until(lambda: "connected to the master agent" in agent.log, "there is a session", 30)
        lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
        with fake.script() as daemon:
            say_states(daemon, 10)
        lab.wait_until(lambda: "there are pauses between them now" in agent.log, "it is told", 60)
        for _ in range(20):
            assert manager.get("ovpnInstanceName.1") == fake.name
        # They still go out, and none is lost.
        assert 2 <= manager.get("ovpnAgentNotificationsSent.0") < 10
        assert manager.get("ovpnAgentNotificationsDropped.0") == 0
