"""Daemons with management-client, which connect to the agent and end with their session."""

import os
import socket
import stat
import subprocess
import sys

import pytest

from parts import openvpn
from parts.agent import Agent
from parts.control import Background, entry, refused
from parts.share import enter, share, shared
from parts.supervisor import Supervisor
from parts.view import InstanceView, question, rows
from test_mistakes import NOBODY, check, needs_root

NOTIFY = ["client", "hold", "input", "contact", "state"]
END = "SIGTERM[soft,management-exit] received"
AWAITED = "waits for the daemon to connect"

# Connects as somebody else, again and again, says something, and is told nothing.
STRANGER = """
import socket, sys
for _ in range(int(sys.argv[2])):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(sys.argv[1])
        try:
            peer.sendall(b"GET / HTTP/1.0\\n")
            assert peer.recv(100) == b""
        except ConnectionError:
            pass
"""


@pytest.fixture
def view(lab, manager):
    return InstanceView(lab, manager)


@pytest.fixture
def supervisor(lab):
    return Supervisor(lab)


def path_of(daemon):
    return daemon.endpoint.removeprefix("listen:unix:")


def server(lab, pki, name="server", **options):
    return openvpn.server(lab, pki, name, management="reverse", **options)


def visit(daemon, times, user=None):
    """Somebody else connects."""
    prefix = ["setpriv", f"--reuid={user}", "--clear-groups"] if user else []
    subprocess.run([*prefix, sys.executable, "-c", STRANGER, path_of(daemon), str(times)], check=True,
                   timeout=20)


def begin(daemon, start_agent, view, **options):
    """The agent first, then the daemon."""
    agent = start_agent([entry(daemon, notify=NOTIFY, **options)])
    view.wait(Contact="awaited", ContactError=AWAITED)
    daemon.start()
    view.wait(Contact="up", Pid=daemon.pid, ContactError="")
    return agent


def test_before_and_after_the_agent(lab, pki, start_agent, manager, view, snmptrapd):
    daemon = server(lab, pki)
    daemon.spawn()
    assert daemon.wait_exit() == 0 and "connect to unix socket" in daemon.log
    begin(daemon, start_agent, view)
    assert stat.S_IMODE(os.stat(path_of(daemon)).st_mode) == 0o660
    daemon.wait_completed()
    view.wait(State="connected", Mode="server")
    manager.set(("ovpnControlVerb.1", "i", 4))
    assert manager.get("ovpnControlVerb.1") == 4
    for number, word in enumerate(("sigusr1", "sighup"), 2):
        manager.set(("ovpnControlSignal.1", "i", word))
        daemon.wait_completed(number)
        view.wait(Contact="up", State="connected")
    daemon.stop()
    view.wait(Contact="awaited")
    assert view.get("ContactError").startswith(f"{AWAITED}; ")
    daemon.start()
    view.wait(Contact="up", Pid=daemon.pid)
    assert [trap.name for trap in snmptrapd.traps() if "Contact" in trap.name] == [
        "ovpnContactLost", "ovpnContactRestored"]


def test_the_agent_never_lets_go(lab, pki, start_agent, manager, view):
    daemon = server(lab, pki)
    agent = begin(daemon, start_agent, view, reply_timeout=10)
    assert refused(manager, ("ovpnControlSession.1", "i", "detached")) == "inconsistentValue"
    daemon.freeze()
    view.wait(Contact="stale", deadline=20)
    lab.wait_until(lambda: "no answer within 10 seconds" in view.get("ContactError"), "it says so", 20)
    assert view.get("Contact") == "stale"
    daemon.thaw()
    view.wait(Contact="up", ContactError="")
    agent.reload([entry(daemon, status_interval=1, peer_user=os.geteuid())])
    lab.wait_until(lambda: "configuration reloaded" in agent.log, "it has reloaded")
    assert daemon.alive and view.get("Contact") == "up"
    agent.reload([entry(daemon, 2)])
    assert daemon.wait_exit() == 0 and END in daemon.log
    lab.wait_until(lambda: "its daemon ends now" in agent.log, "the log says so")


def test_the_end_of_the_agent(lab, pki, start_agent, view):
    daemon = server(lab, pki)
    agent = begin(daemon, start_agent, view)
    assert agent.stop() == 0
    assert daemon.wait_exit() == 0 and END in daemon.log
    assert not os.path.exists(path_of(daemon))


def test_a_second_daemon_waits(lab, pki, start_agent, view):
    first = server(lab, pki, "first")
    agent = begin(first, start_agent, view)
    second = openvpn.server(lab, pki, "second", management="reverse")
    os.symlink(path_of(first), path_of(second))
    second.start()
    second.wait_completed()
    lab.wait_until(lambda: agent.log.count("another daemon has connected, and waits") == 1, "it is told")
    assert view.get("Pid") == first.pid
    first.stop()
    view.wait(Contact="up", Pid=second.pid)
    assert second.alive


def test_strangers(lab, pki, start_agent, view):
    daemon = server(lab, pki)
    agent = start_agent([entry(daemon, notify=NOTIFY)])
    view.wait(Contact="awaited")
    visit(daemon, 1)
    view.wait(Contact="awaited", ContactError=f"{AWAITED}; the peer does not speak OpenVPN's "
                                              "management protocol")
    if os.geteuid() == 0:
        os.chmod(lab.path(), 0o755)
        os.chmod(path_of(daemon), 0o666)
        visit(daemon, 40, user=65534)
        view.wait(ContactError="turned away: user 65534 has connected, not root or the agent's user; "
                               "peer_user may say another")
        assert agent.log.count("user 65534 has connected") == 20
    daemon.start()
    view.wait(Contact="up", Pid=daemon.pid, ContactError="")


def test_a_relay_is_told(lab, pki, start_agent, view):
    daemon = server(lab, pki)
    start_agent([entry(daemon)])
    view.wait(Contact="awaited")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(path_of(daemon))
        peer.sendall(b">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n")
        with peer.makefile("rwb", buffering=0) as session:
            for line in session:
                if line == b"version\n":
                    session.write(b"OpenVPN Version: OpenVPN 2.6.14\r\nManagement Version: 5\r\nEND\r\n")
                elif line == b"pid\n":
                    session.write(b"SUCCESS: pid=1\r\n")
                elif line == b"load-stats\n":
                    session.write(b"SUCCESS: nclients=0,bytesin=0,bytesout=0\r\n")
                elif line.startswith((b"state on", b"echo on", b"log on")):
                    session.write(b"SUCCESS: real-time notification set to ON\r\nEND\r\n")
                elif line == b"help\n":
                    session.write(b"END\r\n")
                    break
                else:
                    session.write(b"ERROR: unknown\r\n")
            view.wait(ContactError=f"process {os.getpid()} has connected, and the daemon says that it is "
                                   "1: a relay, or a container")


@pytest.mark.parametrize("password", [None, "right"], ids=["open", "password"])
def test_hold_questions_and_guests(lab, pki, start_agent, manager, view, password):
    daemon = openvpn.lone_client(lab, pki, management="reverse", hold=True, password=password,
                                 extra=["auth-user-pass", "management-query-passwords"])
    words = {}
    if password:
        words["password_file"] = lab.write("words", "wrong\n")
    place = share(lab, allow=("hold", "passwords"))
    start_agent([shared(daemon, place, notify=NOTIFY, **words)])
    view.wait(Contact="awaited")
    daemon.start()
    if password:
        view.wait(Contact="refused", ContactError="the daemon does not take the management password in "
                                                  "password_file")
        lab.write("words", password + "\n")
    view.wait(Contact="up", HoldWaiting="true", deadline=20)
    with enter(lab, place) as guest:
        assert guest.one("hold release").startswith("SUCCESS")
        lab.wait_until(lambda: [row["Status"] for row in rows(manager, "ovpnRequestTable").values()] ==
                       ["pending"], "it asks")
        at = question(manager)
        manager.set((f"ovpnCredentialUsername.{at}", "s", "alice"),
                    (f"ovpnCredentialPassword.{at}", "s", "pass"))
        lab.wait_until(lambda: [row["Status"] for row in rows(manager, "ovpnRequestTable").values()] ==
                       ["answered"], "it is answered")
        guest.send("exit\n")
    view.wait(HoldWaiting="false", Contact="up")
    assert daemon.alive


def test_a_path_in_use(lab, pki, start_agent, view):
    daemon = server(lab, pki)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path_of(daemon))
        other.listen()
        start_agent([entry(daemon)])
        view.wait(Contact="refused", ContactError="cannot listen: another process listens at "
                                                  f"{path_of(daemon)}, or it is no socket")
        os.unlink(path_of(daemon))
    view.wait(Contact="awaited", ContactError=AWAITED)
    daemon.start()
    view.wait(Contact="up")


def test_a_folder_that_is_not_there(lab, start_agent, view):
    place = lab.path("door/office.sock")
    start_agent([{"name": "office", "index": 1, "management": f"listen:unix:{place}"}])
    view.wait(Contact="refused", ContactError=f"cannot listen at {place}: No such file or directory; its "
                                              "folder is not there")
    lab.make_folder("door")
    view.wait(Contact="awaited", ContactError=AWAITED)


@needs_root
def test_a_folder_that_is_not_the_agents(lab, snmpd, view):
    """What the check says of it, and the agent, which needs no restart then."""
    os.chmod(lab.folder, 0o755)
    folder = lab.make_folder("door")
    os.chmod(folder, 0o755)
    place = os.path.join(folder, "office.sock")
    instance = {"name": "office", "index": 1, "management": f"listen:unix:{place}"}
    agent = Agent(lab, snmpd, [instance], name="unprivileged", identity=NOBODY).start()
    text = f"cannot listen at {place}: Permission denied; the agent's user may not write its folder"
    view.wait(Contact="refused", ContactError=text)
    assert f"office: no contact: {text}" in agent.log
    file = lab.write("check.conf", "instances = ( { name = \"a\"; index = 1; "
                     f"management = \"listen:unix:{place}\"; }} );\n")
    os.chmod(file, 0o644)
    done = check(file, user="nobody")
    assert done.returncode == 0 and "daemons that connect to the agent: 1; such a daemon ends" in done.stderr
    warning = (f"{file}:1: instances[0].management: {place}: the agent's user may not make a socket in its "
               "folder\n")
    assert warning in done.stderr
    os.chmod(folder, 0o777)
    view.wait(Contact="awaited", ContactError=AWAITED)
    assert agent.stop() == 0 and not os.path.exists(place)
    done = check(file, user="nobody")
    assert "such a daemon ends" in done.stderr and "may not make a socket" not in done.stderr


def test_a_socket_that_was_left(lab, pki, start_agent, view):
    daemon = server(lab, pki)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path_of(daemon))
    begin(daemon, start_agent, view)


def supervised(lab, start_agent, supervisor, instances):
    agent = start_agent(instances, stopped=True, state_dir=lab.make_folder("state"))
    supervisor.prepare(agent)
    return agent.start()


def kept(lab, supervisor, count):
    lab.wait_until(lambda: len(supervisor.names()) == count, f"{count} sockets are kept")


def test_ten_restarts(lab, pki, start_agent, supervisor, manager, view, snmptrapd):
    daemon = server(lab, pki)
    people = [openvpn.client(lab, pki, daemon, name) for name in ("alice", "bob")]
    agent = supervised(lab, start_agent, supervisor, [entry(daemon, notify=NOTIFY)])
    view.wait(Contact="awaited")
    supervisor.restart(agent)
    view.wait(Contact="awaited")
    daemon.start()
    for person in people:
        person.start().wait_completed()
    view.wait(Contact="up", Clients=2)
    for number in range(10):
        kept(lab, supervisor, 2)
        setting = Background(manager, ("ovpnControlVerb.1", "i", 3 + number % 2))
        supervisor.restart(agent, kill=number % 3 == 2)
        setting.join()
        view.wait(Contact="up", Clients=2)
    assert daemon.alive and END not in daemon.log
    assert not [trap for trap in snmptrapd.traps() if "Contact" in trap.name]


def test_restarts_with_hold_and_question(lab, pki, start_agent, supervisor, manager, view):
    daemon = openvpn.lone_client(lab, pki, management="reverse", hold=True,
                                 extra=["auth-user-pass", "management-query-passwords"])
    agent = supervised(lab, start_agent, supervisor, [entry(daemon)])
    view.wait(Contact="awaited")
    daemon.start()
    for number in range(10):
        view.wait(Contact="up", HoldWaiting="true")
        supervisor.restart(agent, kill=number % 2)
    view.wait(Contact="up", HoldWaiting="true")
    manager.set(("ovpnControlHoldRelease.1", "i", "release"))
    view.wait(HoldWaiting="false")
    for number in range(10):
        lab.wait_until(lambda: [row["Status"] for row in rows(manager, "ovpnRequestTable").values()] ==
                       ["pending"], "it asks")
        supervisor.restart(agent, kill=number % 2)
        view.wait(Contact="up")
    assert daemon.alive and END not in daemon.log


def test_who_waits_outlasts_a_restart(lab, pki, start_agent, supervisor, view):
    """The next one too, which nobody has let in yet; and one that came while there was no agent."""
    first = server(lab, pki, "first")
    agent = supervised(lab, start_agent, supervisor, [entry(first)])
    view.wait(Contact="awaited")
    first.start()
    view.wait(Contact="up", Pid=first.pid)
    second = server(lab, pki, "second")
    os.symlink(path_of(first), path_of(second))
    second.start()
    supervisor.restart(agent)
    view.wait(Contact="up", Pid=first.pid)
    first.stop()
    view.wait(Contact="up", Pid=second.pid)
    agent.stop()
    second.stop()
    first.start()
    supervisor.prepare(agent)
    agent.start()
    view.wait(Contact="up", Pid=first.pid, deadline=20)


@pytest.mark.parametrize("turn", (1, -1))
def test_another_name_at_a_restart(lab, pki, start_agent, supervisor, view, turn):
    """What is listened at is found again, whatever is kept beside it, in either order."""
    daemon = server(lab, pki)
    agent = supervised(lab, start_agent, supervisor, [entry(daemon)])
    view.wait(Contact="awaited")
    daemon.start()
    view.wait(Contact="up", Pid=daemon.pid)
    kept(lab, supervisor, 2)
    agent.configure([{**entry(daemon), "name": "branch"}])
    assert agent.stop() == 0
    supervisor.wait_idle()
    supervisor.stored[:] = supervisor.stored[::turn]
    supervisor.prepare(agent)
    agent.start()
    assert daemon.wait_exit() == 0
    view.wait(Contact="awaited")
    daemon.start()
    view.wait(Contact="up", Pid=daemon.pid, Name="branch")


def test_a_socket_unit(lab, pki, start_agent, supervisor, manager, view):
    """The service manager listens, of whatever name, before the agent and behind it."""
    daemon = server(lab, pki)
    with socket.socket(socket.AF_UNIX) as unit:
        unit.bind(path_of(daemon))
        unit.listen(1)
        daemon.start()
        supervisor.stored.append(("openvpn-agentx.socket", os.dup(unit.fileno())))
        agent = supervised(lab, start_agent, supervisor, [entry(daemon)])
        view.wait(Contact="up", Pid=daemon.pid)
        supervisor.restart(agent)
        view.wait(Contact="up", Pid=daemon.pid)
        agent.reload([entry(daemon, 2)])
        assert daemon.wait_exit() == 0
        daemon.start()
        InstanceView(lab, manager, 2).wait(Contact="up", Pid=daemon.pid)
        assert agent.stop() == 0 and os.path.exists(path_of(daemon))
