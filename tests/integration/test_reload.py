"""SIGHUP: instances come, go and change; what is unchanged is left alone."""

import os
import re
import signal
import socket

import pytest

from parts import openvpn
from parts.agent import settings
from parts.standalone import Alone
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

CONNECTED = "MANAGEMENT: Client connected"


def instance(name, daemon, index=None, **others):
    entry = {"name": name, "management": daemon, "status_interval": 1, **others}
    return entry if index is None else {**entry, "index": index}


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def wait_rows(lab, manager, expected):
    """Waits until the instances are these: index, name and contact."""
    def seen():
        names, contacts = (manager.bulkwalk(f"OPENVPN-MANAGEMENT-MIB::ovpnInstance{column}")
                           for column in ("Name", "Contact"))
        return {name.index[0]: (name.value, contact.value)
                for name, contact in zip(names, contacts)}

    lab.wait_until(lambda: seen() == expected, lambda: f"instances are {expected}; now {seen()}",
                   20)


@pytest.mark.valgrind
def test_a_real_daemon_keeps_its_session(lab, pki, start_agent, start_fake, manager, view):
    server = openvpn.server(lab, pki).start()
    openvpn.client(lab, pki, server).start().wait_completed()
    fakes = {name: start_fake(name) for name in ("gone", "moved", "new")}
    first = [instance("office", server, 1), instance("gone", fakes["gone"], 2),
             instance("moved", fakes["moved"], 3)]
    agent = start_agent(first)
    wait_rows(lab, manager, {1: ("office", "up"), 2: ("gone", "up"), 3: ("moved", "up")})
    view.wait(Clients=1)
    clients = list(rows(manager, "ovpnClientTable"))
    # Other settings of the same daemon, another index, one less, one more.
    agent.reload([instance("office", server, 1, log_lines=5, notify=["contact"], reply_timeout=60),
                  instance("moved", fakes["moved"], 4), instance("new", fakes["new"], 5)])
    wait_rows(lab, manager, {1: ("office", "up"), 4: ("moved", "up"), 5: ("new", "up")})
    for _ in range(3):
        loaded = agent.log.count("configuration reloaded")
        agent.reload()
        lab.wait_until(lambda: agent.log.count("configuration reloaded") > loaded, "it is reloaded")
    wait_rows(lab, manager, {1: ("office", "up"), 4: ("moved", "up"), 5: ("new", "up")})
    assert server.log.count(CONNECTED) == 1
    assert list(rows(manager, "ovpnClientTable")) == clients
    assert view.get("Contacts") == 1
    assert len([index for index in rows(manager, "ovpnLogTable") if index[0] == 1]) == 5
    assert fakes["new"].sessions == 1 and fakes["moved"].sessions == 2
    lab.wait_until(lambda: not fakes["gone"].connected, "the session of the one that went is over")


def test_streams_follow_the_file(lab, pki, start_agent, manager, view):
    """A stream that is kept no more is turned off, and on again, without another session."""
    server = openvpn.server(lab, pki, extra=["echo one word"]).start()
    openvpn.client(lab, pki, server).start().wait_completed()
    agent = start_agent([instance("office", server, 1)])
    view.wait(Contact="up", Clients=1, EchoLast=1)
    clients, states = (list(rows(manager, table)) for table in ("ovpnClientTable",
                                                                "ovpnStateTable"))
    agent.reload([instance("office", server, 1, log_lines=0, echo_lines=0)])
    for command in ("log off", "echo off"):
        lab.wait_until(lambda text=f"CMD '{command}'": text in server.log, command)
    assert rows(manager, "ovpnLogTable") == rows(manager, "ovpnEchoTable") == {}
    last = view.get("LogLast")
    server.signal(signal.SIGUSR2)
    server.wait_log("OpenVPN CLIENT LIST")
    agent.reload([instance("office", server, 1, echo_lines=5)])
    view.wait(EchoLast=2)

    def told():
        table = rows(manager, "ovpnLogTable")
        return min(table, default=None), [row["Message"] for row in table.values()]

    lab.wait_until(lambda: told()[1].count("OpenVPN CLIENT LIST") == 1, "the log is kept again")
    assert told()[0] == (1, last + 1)
    server.signal(signal.SIGUSR2)
    lab.wait_until(lambda: told()[1].count("OpenVPN CLIENT LIST") == 2, "and told")
    assert [row["Message"] for row in rows(manager, "ovpnEchoTable").values()] == ["one word"]
    assert server.log.count(CONNECTED) == 1
    assert view.get("Contact", "Contacts") == ["up", 1]
    assert list(rows(manager, "ovpnClientTable")) == clients
    assert list(rows(manager, "ovpnStateTable")) == states


def test_given_indexes_stay(lab, start_agent, start_fake, manager):
    fakes = {name: start_fake(name) for name in ("a", "b", "c")}
    agent = start_agent([instance("a", fakes["a"]), instance("b", fakes["b"])])
    wait_rows(lab, manager, {1: ("a", "up"), 2: ("b", "up")})
    agent.reload([instance("c", fakes["c"]), instance("b", fakes["b"])])
    wait_rows(lab, manager, {2: ("b", "up"), 3: ("c", "up")})
    agent.reload([instance("b", fakes["b"]), instance("a", fakes["a"])])
    wait_rows(lab, manager, {1: ("a", "up"), 2: ("b", "up")})
    assert fakes["b"].sessions == 1


# Good lines, what is made of them, and what is said of the last of these.
BROKEN = [
    ("status_interval = 10;", "status_interval = 0;",
     r"instances\[0\]\.status_interval: 0 is out of range"),
    ("index = 1;", "indx = 1;", r"instances\[0\]\.indx: unknown key"),
    ("index = 1;", "index = 1;\nindex = 2;", "index: duplicate"),
    ("index = 1;", "index 1;", "syntax error"),
]


def test_a_broken_file_changes_nothing(lab, start_agent, start_fake, view):
    fake = start_fake()
    agent = start_agent([instance("one", fake, 1)])
    view.wait(Contact="up")
    top = agent.alone.settings() if agent.alone else {"agentx": agent.agentx}
    whole = settings({**top, "instances": [
        {"name": "one", "index": 1, "management": fake.endpoint, "status_interval": 10}]})
    for times, (good, wrong, said) in enumerate(BROKEN, 1):
        assert good in whole
        text = whole.replace(good, wrong)
        agent.write(text)
        agent.reload()
        lab.wait_until(lambda: agent.log.count("the configuration in force stays") == times,
                       f"{wrong} is refused")
        found = re.findall(rf"error: {re.escape(agent.config)}:(\d+): (.*)", agent.log)
        assert len(found) == times and re.match(said, found[-1][1])
        assert int(found[-1][0]) == text[:text.index(wrong) + len(wrong)].count("\n") + 1
    before = len(fake.commands())
    lab.wait_until(lambda: len(fake.commands()) > before, "polls go on")
    assert fake.sessions == 1 and view.get("Contact", "Contacts") == ["up", 1]
    # And a good one is taken again.
    agent.reload([instance("renamed", fake, 1)])
    view.wait(Contact="up", Name="renamed")


def test_a_file_that_is_gone(lab, start_agent, start_fake, view):
    fake = start_fake()
    agent = start_agent([instance("one", fake, 1)])
    view.wait(Contact="up")
    os.rename(agent.config, agent.config + ".away")
    agent.reload()
    lab.wait_until(lambda: "the configuration in force stays" in agent.log, "the loss is logged")
    assert agent.config in agent.log
    assert view.get("Contact", "Contacts") == ["up", 1]


def test_systemd_is_told_how_it_goes(lab, start_agent, start_fake, view, monkeypatch, way):
    """What `systemctl status` shows, as the lines of sd_notify(3)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(lab.path("notify.sock"))
        supervisor.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", lab.path("notify.sock"))
        told = []

        def last():
            try:
                while True:
                    told.append(supervisor.recv(4096).decode())
            except BlockingIOError:
                return told[-1] if told else None

        def wait(text):
            text += ", answering managers" if way is Alone else ", connected to the master agent"
            lab.wait_until(lambda: last() == "STATUS=" + text, lambda: f"{text}; told {told}", 20)

        fakes = [start_fake("one"), start_fake("two")]
        agent = start_agent([instance("one", fakes[0], 1), instance("two", fakes[1], 2)])
        wait("2 of 2 daemons in contact")
        assert told.count("READY=1") == 1
        fakes[1].stop()
        wait("1 of 2 daemons in contact")
        agent.reload([instance("one", fakes[0], 1)])
        wait("1 of 1 daemons in contact")
        agent.stop()
        assert last() == "STOPPING=1"
