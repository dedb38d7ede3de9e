"""The master agent goes away while a SET waits for a daemon."""

import contextlib
import threading
import time

import pytest

from parts.control import CONTROL_TABLE, Background, entry, refused
from parts.fastset import FastSet
from parts.snmp import Snmpd
from parts.view import InstanceView


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
    assert agent.stop() == 0


@pytest.mark.valgrind
def test_killed_again_and_again_under_sets(start_fake, start_agent, lab, manager, snmpd):
    """A new master agent gives the numbers of requests that the old one gave."""
    fake = start_fake(mode="server")
    agent = start_agent([entry(fake, status_interval=3600)])
    view = InstanceView(lab, manager)
    view.wait(30, Contact="up", State="connected")
    for _ in range(4):
        done = threading.Event()
        enough = threading.Semaphore(0)

        def hammer():
            link = FastSet(snmpd.port, timeout=0.3)
            number = 0
            while not done.is_set():
                number += 1
                with contextlib.suppress(OSError):
                    link.set((*CONTROL_TABLE, 5 + number % 2, 1), 1 + number % 7)
                    enough.release()
            link.close()

        threads = [threading.Thread(target=hammer) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(30):
            assert enough.acquire(timeout=30)
        snmpd.kill()
        done.set()
        for thread in threads:
            thread.join()
        snmpd.start()
        view.wait(30, Contact="up")
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
    assert waiting.join() in ("timeout", "commitFailed", "undoFailed", "genError")
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


def test_a_reload_changes_the_other_daemon_while_a_set_waits(quiet, lab, snmpd, manager,
                                                             start_fake):
    """What is to follow goes to nobody, rather than to the daemon that has the index now."""
    fake, agent = quiet
    other, third = start_fake("other"), start_fake("third")
    agent.reload([entry(fake), entry(other, 2)])
    InstanceView(lab, manager, 2).wait(Contact="up")
    waiting = Background(snmpd.manager(timeout=5), ("ovpnControlVerb.1", "i", 5),
                         ("ovpnControlKillCommonName.2", "s", "x"))
    lab.wait_until(lambda: is_asked(fake), "the daemon is asked")
    agent.reload([entry(fake), entry(third, 2, allow=["verb"])])
    lab.wait_until(lambda: "configuration reloaded" in agent.log, "it is reloaded")
    with fake.script() as daemon:
        daemon.emit("SUCCESS: verb level changed")
    assert waiting.join() in ("commitFailed", "undoFailed")
    InstanceView(lab, manager, 2).wait(Contact="up", Name="third")
    assert third.commands("kill") == [] and other.commands("kill") == []


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
