"""The agent's own log: what others may write into it, and that nobody has to read it."""

import fcntl
import os
import re
import subprocess

import pytest

from parts.agent import Agent
from parts.control import CONTROL_TABLE, entry, refused
from parts.fastset import FastSet
from parts.view import InstanceView, newest, rows

pytestmark = pytest.mark.both_ways

# A terminal's escape as one C1 character; what turns text around; two ends of a line; no UTF-8.
HOSTILE = ["\x9b31m", "\u202e", "\u2066", "\u2028", "\u2029"]
KILL_NAME = (*CONTROL_TABLE, 8, 1)
STORM = 1000
PIPE_SIZE = 4096


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def polls(fake):
    return sum(words[0] == "load-stats" for words in fake.commands())


class UnreadAgent(Agent):
    """Its output is a pipe that is full from the start, and that nobody reads before read()."""

    def spawn(self):
        self._reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        os.set_blocking(self._reader, False)
        os.write(writer, b"x" * PIPE_SIZE)
        self._heard = b""
        with os.fdopen(writer, "wb") as output:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self.arguments], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, env={**os.environ, **self.environment},
                cwd=self.lab.folder)

    def read(self):
        """All that it has written."""
        try:
            while data := os.read(self._reader, 65536):
                self._heard += data
        except BlockingIOError:
            pass
        return self._heard.removeprefix(b"x" * PIPE_SIZE).decode()

    def close(self):
        super().close()
        os.close(self._reader)


def test_nobody_reads_it(lab, snmpd, manager, start_fake, view):
    fake = start_fake(mode="server")
    agent = UnreadAgent(lab, snmpd, [entry(fake)])
    agent.spawn()
    view.wait(Contact="up", State="connected")
    for verb in range(100):
        manager.set(("ovpnControlVerb.1", "i", verb % 4))
    before = polls(fake)
    lab.wait_until(lambda: polls(fake) > before + 1, "polls go on")
    assert agent.read() == ""
    # When somebody reads, it says how much is missing, and goes on.
    lab.wait_until(lambda: "left out here" in agent.read(), "it tells what is left out")
    found = re.fullmatch(r"warning: (\d+) lines are left out here: the log could not be written\n",
                         agent.read())
    assert found and int(found[1]) >= 100
    manager.set(("ovpnControlVerb.1", "i", 3))
    lab.wait_until(lambda: agent.read().endswith('notice: fake: asked for "verb 3": done\n'),
                   lambda: f"it goes on: {agent.read()}")
    assert agent.stop() == 0


def test_its_reader_has_ended(lab, snmpd, manager, start_fake, view):
    agent = UnreadAgent(lab, snmpd, [entry(start_fake(mode="server"))])
    agent.spawn()
    os.close(agent._reader)
    agent._reader = os.open(os.devnull, os.O_RDONLY)
    view.wait(Contact="up", State="connected")
    manager.set(("ovpnControlVerb.1", "i", 4))
    assert agent.stop() == 0


def assert_clean(agent):
    """Of what is not ASCII only the sign for a byte that is no text is there."""
    with open(agent.log_path, "rb") as file:
        written = file.read()
    assert re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", written) is None
    assert set(written.decode()) - set(map(chr, range(0x20, 0x7f))) <= {"\n", "\ufffd"}


@pytest.mark.parametrize("allow", [["kill"], ["verb"]])
def test_bytes_of_a_set(start_fake, start_agent, snmpd, manager, view, allow):
    agent = start_agent([entry(start_fake(mode="server"), allow=allow)])
    view.wait(Contact="up", State="connected")
    link = FastSet(snmpd.port)
    status = "commitFailed" if allow == ["kill"] else "notWritable"
    for text in [*(f"a{word}z".encode() for word in HOSTILE), b"\xff\xe2\x80"]:
        assert link.set(KILL_NAME, text) == status
    link.close()
    said = [line for line in agent.log.splitlines() if "kill" in line]
    assert len(said) == len(HOSTILE) + 1
    assert 'a 31mz"' in said[0]
    assert all('a z"' in line for line in said[1:-1])
    assert_clean(agent)
    for row in rows(manager, "ovpnCommandTable").values():
        assert not set("".join(HOSTILE)) - set("31m") & set(row["Command"])


def test_names_that_a_daemon_tells(lab, start_fake, start_agent, manager, view):
    """A client's name, and the daemon's last words."""
    fake = start_fake(mode="server")
    agent = start_agent([entry(fake)])
    view.wait(Contact="up", State="connected")
    with fake.script() as daemon:
        daemon.add_client("evil" + "".join(HOSTILE) + "name")
    view.wait(Clients=1)
    assert manager.get(f"ovpnClientCommonName.{newest(manager, 'ovpnClientTable')}") == "evil 31m    name"
    with fake.script() as daemon:
        daemon.fatal("cannot" + "".join(HOSTILE) + "bind")
    view.wait(Contact="disconnected")
    assert view.get("ContactError").endswith("cannot 31m    bind")
    lab.wait_until(lambda: f"fake: contact lost: {view.get('ContactError')}" in agent.log,
                   "it is logged")
    assert_clean(agent)


def test_a_storm_of_refused_sets(lab, start_fake, start_agent, snmpd, manager, view):
    """Some are in the log, of the others how many they are."""
    agent = start_agent([entry(start_fake(mode="server"), allow=["verb"])])
    view.wait(Contact="up", State="connected")
    link = FastSet(snmpd.port)
    for _ in range(STORM):
        assert link.set(KILL_NAME, b"alice") == "notWritable"
    link.close()
    left_out = re.compile(r"^notice: (\d+) more refused SETs are left out here$", re.MULTILINE)

    def counted():
        told = agent.log.count('fake: refused "kill alice"')
        return told + sum(map(int, left_out.findall(agent.log)))

    lab.wait_until(lambda: counted() == STORM, lambda: f"all are counted, not {counted()}", 60)
    periods = len(left_out.findall(agent.log))
    assert agent.log.count("refused") <= 21 * (periods + 1)
    # Another daemon's trouble, or a later one, is told as ever.
    assert refused(manager, ("ovpnControlMute.1", "i", 3)) == "notWritable"
    assert 'fake: refused "mute 3": the configuration does not allow it' in agent.log
