"""The master agent goes away while a SET waits for a daemon."""

import os
import threading
import time

import pytest

from parts.control import entry, refused
from parts.snmp import SnmpError, Snmpd, SnmpTimeout
from parts.view import InstanceView

PARKED = 31  # seconds that a request of a session that has ended is kept (agent/set.c)


class Background:
    """A SET in a thread; what came of it is in `outcome`."""

    def __init__(self, manager, *changes):
        self.outcome = None
        self._thread = threading.Thread(target=self._run, args=(manager, changes))
        self._thread.start()

    def _run(self, manager, changes):
        try:
            manager.set(*changes)
            self.outcome = "noError"
        except SnmpError as error:
            self.outcome = error.status
        except SnmpTimeout:
            self.outcome = "timeout"

    def join(self):
        self._thread.join(60)
        return self.outcome


def keep_quiet(daemon, words):
    """verb reads, but never answers a change."""
    if len(words) == 1:
        daemon.emit(f"SUCCESS: verb={daemon.verb}")


@pytest.fixture
def quiet(start_fake, start_agent, lab, manager):
    fake = start_fake(mode="server")
    agent = start_agent([entry(fake)])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    with fake.script() as daemon:
        daemon.overrides["verb"] = keep_quiet
    return fake, agent


def is_asked(fake):
    return ["verb", "5"] in fake.commands("verb")


@pytest.mark.valgrind
def test_killed_while_a_set_waits(quiet, lab, snmpd, manager):
    fake, agent = quiet
    begin = time.monotonic()
    waiting = Background(snmpd.manager(timeout=2), ("ovpnControlMute.1", "i", 9),
                         ("ovpnControlVerb.1", "i", 5))
    lab.wait_until(lambda: is_asked(fake), "the daemon is asked")
    snmpd.kill()
    assert waiting.join() == "timeout"
    with fake.script() as daemon:
        del daemon.overrides["verb"]
        daemon.emit("SUCCESS: verb level changed")
    lab.wait_until(lambda: fake.commands("mute")[-1] == ["mute", "0"], "mute is put back")
    lab.wait_until(lambda: fake.commands("verb")[-1] == ["verb", "3"], "verb is put back")
    snmpd.start()
    InstanceView(lab, manager).wait(Contact="up")
    manager.set(("ovpnControlMute.1", "i", 8))
    if os.environ.get("OVPN_AGENTX_WRAPPER"):  # half a minute, spent under valgrind only
        lab.wait_until(lambda: time.monotonic() - begin > PARKED + 2, "the request is given up",
                       PARKED + 5)
        manager.set(("ovpnControlMute.1", "i", 7))
    assert agent.stop() == 0


@pytest.mark.valgrind
def test_stopped_past_its_timeout_while_a_set_waits(start_fake, start_agent, lab, snmptrapd):
    master = Snmpd(lab, sink=snmptrapd, name="impatient",
                   extra=["agentXTimeout 1", "agentXRetries 1"]).start()
    manager = master.manager(timeout=2)
    fake = start_fake(mode="server")
    agent = start_agent([entry(fake)], master=master)
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    with fake.script() as daemon:
        daemon.overrides["verb"] = keep_quiet
    waiting = Background(manager, ("ovpnControlVerb.1", "i", 5))
    lab.wait_until(lambda: is_asked(fake), "the daemon is asked")
    master.freeze()
    begin = time.monotonic()
    lab.wait_until(lambda: time.monotonic() - begin > 3, "its time is over")
    master.thaw()
    assert waiting.join() in ("timeout", "commitFailed", "undoFailed", "genError", "noError")
    with fake.script() as daemon:
        del daemon.overrides["verb"]
        daemon.emit("SUCCESS: verb level changed")
    InstanceView(lab, manager).wait(20, Contact="up", Verb=3)
    manager.set(("ovpnControlMute.1", "i", 8))
    assert agent.stop() == 0


@pytest.mark.valgrind
def test_the_agent_ends_while_a_set_waits(quiet, lab, snmpd):
    fake, agent = quiet
    waiting = Background(snmpd.manager(timeout=2), ("ovpnControlVerb.1", "i", 5))
    lab.wait_until(lambda: is_asked(fake), "the daemon is asked")
    assert agent.stop() == 0
    assert waiting.join() in ("timeout", "genError", "commitFailed", "undoFailed")


def test_a_reload_takes_the_daemon_away_while_a_set_waits(quiet, lab, snmpd, manager, start_fake):
    fake, agent = quiet
    other = start_fake("other")
    waiting = Background(snmpd.manager(timeout=5), ("ovpnControlVerb.1", "i", 5))
    lab.wait_until(lambda: is_asked(fake), "the daemon is asked")
    agent.reload([entry(other, 2)])
    assert waiting.join() in ("commitFailed", "undoFailed")
    InstanceView(lab, manager, 2).wait(Contact="up")
    assert refused(manager, ("ovpnControlVerb.1", "i", 5)) == "noCreation"
    manager.set(("ovpnControlVerb.2", "i", 5))
