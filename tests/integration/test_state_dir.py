"""What the agent remembers over a restart, in the folder state_dir."""

import os
import re
import signal
import time

import pytest

from parts import openvpn
from parts.control import entry
from parts.view import InstanceView, rows


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


@pytest.fixture
def folder(lab):
    return lab.make_folder("state")


@pytest.fixture
def office(lab, pki):
    """A server with the clients alice and bob."""
    server = openvpn.server(lab, pki, extra=["explicit-exit-notify 1"]).start()
    clients = {}
    for name in ("alice", "bob"):
        clients[name] = openvpn.client(lab, pki, server, name,
                                       extra=["explicit-exit-notify 1"]).start()
        clients[name].wait_completed()
    return server, clients


@pytest.fixture
def begin(start_agent, folder, view, lab, manager):
    """begin(server) starts an agent and waits for contact and for the first word in the folder."""

    def start(server, where=None, saved=True, **options):
        agent = start_agent([entry(server, notify=["client"], status_interval=1, **options)],
                            state_dir=folder if where is None else where)
        view.wait(Contact="up")
        if saved:
            lab.wait_until(lambda: manager.get("ovpnAgentStateSavedUnix.0") > 0, "it has written")
        return agent

    return start


def loaded(manager):
    return manager.get("ovpnAgentStateLoaded.0")


def clients(manager):
    """{name: index} of those that are there."""
    return {row["CommonName"]: index[1]
            for index, row in rows(manager, "ovpnClientTable").items()}


def sessions(manager):
    return rows(manager, "ovpnSessionTable")


def wait_clients(lab, manager, *names):
    return lab.wait_until(lambda: set(clients(manager)) == set(names) and clients(manager),
                          f"{names} are there")


def users(folder):
    """{name: fields} of the file."""
    with open(os.path.join(folder, "memory"), encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    return {fields[2]: fields for fields in lines if fields[0] == "user"}


def test_a_restart(lab, office, begin, manager, view, snmptrapd, folder):
    server, peers = office
    agent = begin(server)
    assert loaded(manager) == "fresh"
    before = wait_clients(lab, manager, "alice", "bob")
    peers["bob"].stop()
    wait_clients(lab, manager, "alice")
    (gone,) = snmptrapd.wait_traps("ovpnClientDisconnected", 1)
    ended = sessions(manager)
    assert [row["CommonName"] for row in ended.values()] == ["bob"]
    assert agent.stop() == 0
    first = users(folder)
    assert set(first) == {"alice", "bob"}
    assert os.stat(os.path.join(folder, "memory")).st_mode & 0o7777 == 0o600

    agent = begin(server)
    assert loaded(manager) == "loaded"
    assert wait_clients(lab, manager, "alice") == {"alice": before["alice"]}
    assert sessions(manager) == ended
    peers["bob"].start().wait_completed()
    after = wait_clients(lab, manager, "alice", "bob")
    assert after["alice"] == before["alice"]
    assert after["bob"] > max(before.values())
    # Of alice nothing is told again.
    (trap,) = snmptrapd.wait_traps("ovpnClientConnected", 1)
    assert trap.values["ovpnClientCommonName"] == "bob"
    assert trap.values["ovpnNotificationSequence"] > gone.values["ovpnNotificationSequence"]
    assert agent.stop() == 0
    second = users(folder)
    for name, connects in (("alice", 0), ("bob", 1)):
        assert second[name][1] == first[name][1]
        assert int(second[name][3]) == int(first[name][3]) + connects
        assert int(second[name][5]) >= int(first[name][5]) > 0


def test_killed(lab, office, begin, manager, folder):
    server, peers = office
    agent = begin(server)
    before = wait_clients(lab, manager, "alice", "bob")
    agent.stop()
    agent = begin(server)  # it has written them again, and goes on
    wait_clients(lab, manager, "alice", "bob")
    peers["bob"].stop()
    wait_clients(lab, manager, "alice")
    peers["bob"].start().wait_completed()
    lost = wait_clients(lab, manager, "alice", "bob")["bob"]
    agent.kill()
    agent = begin(server)
    assert loaded(manager) == "loaded"
    after = wait_clients(lab, manager, "alice", "bob")
    assert after["alice"] == before["alice"]
    assert after["bob"] > lost > before["bob"]
    # His former session is there, though the agent that saw its end could not say so.
    assert before["bob"] in {row["ClientIndex"] for row in sessions(manager).values()}


def test_the_daemon_was_restarted_too(lab, office, begin, manager, snmptrapd):
    server, peers = office
    agent = begin(server)
    before = wait_clients(lab, manager, "alice", "bob")
    agent.stop()
    gone = int(time.time())
    server.stop()
    lab.wait_until(lambda: int(time.time()) > gone, "the next second")
    server.start()
    begin(server, saved=False)
    snmptrapd.wait_traps("ovpnClientDisconnected", 2)
    for row in sessions(manager).values():
        assert row["ClientIndex"] == before[row["CommonName"]]
        assert row["EndedUnix"] <= gone
    for peer in peers.values():
        peer.wait_completed(2, deadline=60)
    after = wait_clients(lab, manager, "alice", "bob")
    assert min(after.values()) > max(before.values())


@pytest.mark.parametrize("content, why", [
    ("", "its end is missing"),
    ("openvpn-agentx memory 99\n", "it is of another version"),
    ("somebody else's\n", "it is something else"),
])
def test_a_broken_file(lab, begin, manager, folder, start_fake, content, why):
    path = lab.write("state/memory", content)
    agent = begin(start_fake())
    assert loaded(manager) == "refused"
    assert re.search(rf"memory is not used: {why}$", agent.log, re.MULTILINE)
    with open(path + ".refused", encoding="utf-8") as file:
        assert file.read() == content
    agent.stop()
    begin(start_fake("other"))
    assert loaded(manager) == "loaded"


def test_half_a_file(lab, office, begin, manager, folder):
    server, _ = office
    agent = begin(server)
    before = wait_clients(lab, manager, "alice", "bob")
    agent.stop()
    path = os.path.join(folder, "memory")
    os.truncate(path, os.stat(path).st_size // 2)
    begin(server)
    assert loaded(manager) == "refused"
    # Nobody has an index that was another's.
    after = wait_clients(lab, manager, "alice", "bob")
    assert not set(after.values()) & set(before.values())


@pytest.mark.parametrize("where", ["", "/nowhere/at/all"])
def test_no_folder(lab, office, begin, manager, where):
    server, _ = office
    agent = begin(server, where, saved=False)
    before = wait_clients(lab, manager, "alice", "bob")
    assert manager.get("ovpnAgentStateLoaded.0", "ovpnAgentStateSavedUnix.0") == ["none", 0]
    assert agent.log.count("nothing is remembered over a restart") == 1
    agent.stop()
    begin(server, where, saved=False)
    # Nobody has an index that was another's.
    after = wait_clients(lab, manager, "alice", "bob")
    assert not set(after.values()) & set(before.values())


def test_two_agents(lab, begin, manager, folder, start_fake, snmpd, start_agent):
    begin(start_fake())
    other = start_agent([entry(start_fake("other"))], name="second", state_dir=folder)
    lab.wait_until(lambda: "nothing is remembered over a restart: another agent uses it"
                   in other.log, "the second one says so")


def test_a_reload_moves_the_memory(lab, office, begin, manager, view):
    """Another index, and another way to the daemon: the name has its memory."""
    server, _ = office
    agent = begin(server)
    before = wait_clients(lab, manager, "alice", "bob")
    agent.reload([entry(server, index=5, notify=["client"], status_interval=1)])
    InstanceView(lab, manager, 5).wait(Contact="up")
    assert wait_clients(lab, manager, "alice", "bob") == before
    assert sessions(manager) == {}


def test_it_ends_while_it_writes(lab, begin, start_fake, folder):
    """As a service manager ends it: all its processes at once."""
    for number in range(5):
        agent = begin(start_fake(f"fake{number}"), saved=False)
        agent.signal(signal.SIGTERM)
        for child in children(agent.pid):
            os.kill(child, signal.SIGTERM)
        assert agent.wait_exit() == 0
        assert sorted(os.listdir(folder)) == ["memory"]
        with open(os.path.join(folder, "memory"), encoding="utf-8") as file:
            assert "\nagent\t0\t" in file.read()


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []
