"""The master agent comes late, goes, comes again, falls asleep and shuts us out.  (test_slice.py has
one that hangs for long.)"""

import os
import re
import signal
import socket
import stat
import sys

import pytest

from fake.scenario import say_states
from parts import master
from parts.agent import Agent
from parts.master import Master
from parts.pauses import Pauses
from parts.process import free_port
from parts.snmp import Snmpd
from parts.view import InstanceView, rows

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "mib"))

import compiled  # noqa: E402  (the path comes first)

SEQUENCE = "ovpnNotificationSequence"
REASON = "ovpnInstanceStateReason"
NOBODY = (54321, 54321)  # no name belongs to them
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="to run as somebody else takes root")


def instance(name, daemon, index=1, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1,
            "notify": ["state-all"], **others}


@pytest.fixture
def view(lab, manager):
    return InstanceView(lab, manager)


def wait_poll(lab, fake):
    """The agent asks its daemon once more."""
    polls = len(fake.commands())
    lab.wait_until(lambda: len(fake.commands()) > polls, "the agent polls its daemon")


def say(fake, *reasons):
    with fake.script() as daemon:
        for number, reason in enumerate(reasons):
            daemon.state("ADD_ROUTES" if number % 2 else "CONNECTED", reason)


def test_it_comes_late(lab, start_fake, start_agent, snmpd, snmptrapd, view):
    snmpd.stop()
    fake = start_fake()
    start_agent([instance("one", fake)])
    lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
    say(fake, "before")
    snmpd.start()
    assert view.wait(Contact="up", StateReason="before") < 10
    trap = snmptrapd.wait_traps("ovpnStateChange")[0]
    assert trap.values[REASON] == "before"


def test_it_goes_and_comes_again(lab, start_fake, start_agent, snmpd, snmptrapd, view,
                                 manager):
    fake = start_fake()
    with fake.script() as daemon:
        daemon.add_clients(3)
    agent = start_agent([instance("one", fake, 7)])
    view.index = 7
    view.wait(Contact="up", Clients=3)
    clients = {index: row["ClientId"] for index, row in rows(manager, "ovpnClientTable").items()}
    reasons = []
    for end in (snmpd.stop, snmpd.kill):
        end()
        reasons += [f"event {len(reasons)}", f"event {len(reasons) + 1}"]
        say(fake, *reasons[-2:])
        lab.wait_until(lambda: fake.written, "the daemon's words are out")
        wait_poll(lab, fake)
        snmpd.start()
        assert view.wait(StateReason=reasons[-1]) < 10
        snmptrapd.wait_traps("ovpnStateChange", len(reasons))
    traps = snmptrapd.traps("ovpnStateChange")
    # At least once: one that was on its way may come twice, with the same number.
    unique = {trap.values[SEQUENCE]: trap.values[REASON] for trap in traps}
    assert list(unique) == sorted(unique) and list(unique.values()) == reasons
    assert clients == {index: row["ClientId"]
                       for index, row in rows(manager, "ovpnClientTable").items()}
    assert fake.sessions == 1 and view.get("Contacts") == 1
    assert agent.log.count("connected to the master agent at") == 3


def test_more_notifications_wait_than_may(lab, start_fake, start_agent, snmpd, snmptrapd, manager):
    """The oldest go, and each is counted."""
    bound, surplus = 10000, 50
    fake = start_fake(mode="client")
    snmpd.stop()
    start_agent([instance("one", fake, notify_rate=100000)])
    lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
    with fake.script() as daemon:
        say_states(daemon, bound + surplus)
    lab.wait_until(lambda: fake.written, "the daemon's words are out", 30)
    wait_poll(lab, fake)
    snmpd.start()
    sent, dropped = "ovpnAgentNotificationsSent.0", "ovpnAgentNotificationsDropped.0"
    InstanceView(lab, manager).wait(Contact="up")
    lab.wait_until(lambda: manager.get(sent) == bound, lambda: f"{manager.get(sent)} are sent", 60)
    assert manager.get(dropped) == surplus + 1  # with ovpnAgentStarted
    assert snmptrapd.traps("ovpnStateChange")[0].values[REASON] == f"step-{surplus + 1}"


@pytest.mark.valgrind
@pytest.mark.parametrize("first", ["agent", "master"])
def test_both_are_told_to_stop_at_once(lab, start_fake, start_agent, snmpd, view, first):
    agent = start_agent([instance("one", start_fake())])
    for _ in range(3):
        view.wait(Contact="up")
        for part in (agent, snmpd) if first == "agent" else (snmpd, agent):
            part.freeze()
        for part in (agent, snmpd):
            part.signal(signal.SIGTERM)
        for part in (agent, snmpd) if first == "agent" else (snmpd, agent):
            part.thaw()
        assert agent.wait_exit() == 0
        snmpd.wait_exit()
        snmpd.start()
        agent.start()
    view.wait(Contact="up")
    assert agent.stop() == 0
    assert not re.search("lock|assert|reconnecting", agent.log)


def test_it_stands_still_while_the_agent_stops(lab, start_fake, start_agent, snmpd, view):
    """Its answer is not waited for, and it finds the session closed when it goes on."""
    agent = start_agent([instance("one", start_fake())])
    view.wait(Contact="up")
    snmpd.freeze()
    assert agent.stop() == 0
    snmpd.thaw()
    lab.wait_until(view.manager.answers, "it goes on")
    agent.start()
    view.wait(Contact="up")
    assert agent.stop() == 0


def test_the_environment_is_not_followed(lab, start_fake, start_agent, monkeypatch, view):
    """The library is told nothing by it, and makes nothing where it points to."""
    folder = lab.make_folder("elsewhere")
    file = lab.write("elsewhere/file", "not a MIB\n")
    for name in ("SNMP_PERSISTENT_DIR", "SNMPCONFPATH", "MIBDIRS"):
        monkeypatch.setenv(name, folder)
    for name in ("SNMP_PERSISTENT_FILE", "MIBFILES"):
        monkeypatch.setenv(name, file)
    monkeypatch.setenv("MIBS", "ALL")
    agent = start_agent([instance("one", start_fake())])
    view.wait(Contact="up")
    assert agent.stop() == 0
    log = agent.log.replace("state_dir names no folder", "")
    assert os.listdir(folder) == ["file"] and not re.search("(?i)mib|file|folder|dir", log)


@pytest.mark.parametrize("asleep_at", [master.OPEN, master.REGISTER, master.NOTIFY])
def test_it_falls_asleep_at(lab, start_agent, start_fake, asleep_at):
    fake = start_fake()
    path = lab.path("master.sock")
    agent = Agent(lab, f"unix:{path}", [instance("one", fake)]).start()
    lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
    with Pauses(fake) as pauses:
        above = lab.track(Master(path, asleep_at))
        if asleep_at == master.NOTIFY:
            lab.wait_until(lambda: "connected to the master" in agent.log, "there is a session")
            say(fake, "event")
        lab.wait_until(lambda: above.asleep, "the master agent is asked")
        read = len(pauses.took)
        lab.wait_until(lambda: len(pauses.took) > read + 20, "the daemon's words are read", 20)
    # A second for Open and for each Register; a Notify is not waited for.
    assert pauses.longest < (1 if asleep_at == master.NOTIFY else 5)
    above.wake()
    lab.wait_until(lambda: "connected to the master agent" in agent.log, "there is a session", 20)
    say(fake, "awake")
    lab.wait_until(lambda: above.seen.count(master.NOTIFY) >= 1 + (asleep_at == master.NOTIFY),
                   "it is notified", 20)
    assert agent.stop() == 0


def test_it_asks_and_falls_asleep(lab, start_fake):
    """With far more answers on their way than its socket takes."""
    fake = start_fake()
    with fake.script() as daemon:
        for _ in range(50):
            daemon.log("I", "x" * 1000)
    path = lab.path("master.sock")
    above = lab.track(Master(path))
    agent = Agent(lab, f"unix:{path}", [instance("one", fake)]).start()
    lab.wait_until(lambda: "connected to the master" in agent.log, "there is a session")
    lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
    above.deaf = True
    message = compiled.by_name()["ovpnLogMessage"].oid
    above.ask(100, [(*message, 1, number) for number in range(1, 41)])
    for _ in range(3):
        wait_poll(lab, fake)
    above.deaf = False
    lab.wait_until(lambda: len(above.answers) == 100, lambda: f"{len(above.answers)} answers")
    (error, size), = set(above.answers.values())
    assert error == 0 and size > 40 * 1000
    say(fake, "event")
    lab.wait_until(lambda: master.NOTIFY in above.seen, "it is notified")
    assert agent.stop() == 0


def test_another_takes_its_place(lab, start_fake):
    """It hangs before it accepts anybody; the agent does not wait for that one for ever."""
    fake = start_fake()
    path = lab.path("master.sock")
    with socket.socket(socket.AF_UNIX) as hung:
        hung.bind(path)
        hung.listen(8)
        agent = Agent(lab, f"unix:{path}", [instance("one", fake)]).start()
        lab.wait_until(lambda: "it does not answer; trying again" in agent.log, "it is late")
        for _ in range(2):
            wait_poll(lab, fake)
        os.unlink(path)
        snmpd = Snmpd(lab, agentx=f"unix:{path}").start()
        InstanceView(lab, snmpd.manager()).wait(20, Contact="up")
    assert agent.stop() == 0


@needs_root
def test_it_shuts_us_out(lab, start_fake, snmptrapd):
    """Its socket is for root, until somebody gives it to all, and again after a restart."""
    snmpd = Snmpd(lab, sink=snmptrapd, permissions="0700 0755").start()
    view = InstanceView(lab, snmpd.manager())
    path = snmpd.agentx.removeprefix("unix:")
    fake = start_fake()
    os.chmod(fake.path, 0o777)
    agent = Agent(lab, snmpd, [instance("one", fake)], identity=NOBODY).start()
    lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
    for times in (1, 2):
        lab.wait_until(lambda: agent.log.count(f"{snmpd.agentx}: Permission denied; ") == times,
                       "the reason is logged once")
        wait_poll(lab, fake)
        os.chmod(path, 0o777)
        assert view.wait(Contact="up", Contacts=1) < 10
        # A session that is open stays so, whatever becomes of the socket.
        os.chmod(path, stat.S_IRWXU)
        say(fake, f"open {times}")
        view.wait(StateReason=f"open {times}")
        snmpd.stop()
        snmpd.start()
    assert agent.stop() == 0
    traps = snmptrapd.traps("ovpnStateChange")
    assert [trap.values[REASON] for trap in traps] == ["open 1", "open 2"]


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:{}", "tcp6:[::1]:{}"])
def test_it_listens_on(lab, start_fake, address):
    snmpd = Snmpd(lab, agentx=address.format(free_port())).start()
    fake = start_fake()
    agent = Agent(lab, snmpd, [instance("one", fake)]).start()
    InstanceView(lab, snmpd.manager()).wait(Contact="up")
    assert agent.stop() == 0


def test_a_burst_that_the_rate_cuts(lab, start_fake, start_agent, manager, snmptrapd, view):
    """10000 state changes at once while a manager walks: as many are sent as may be in a minute,
    the rest is counted."""
    fake = start_fake(mode="client")
    start_agent([instance("one", fake, notify_rate=100)])
    view.wait(Contact="up", State="connected")
    before = manager.get("ovpnAgentNotificationsSent.0")
    with fake.script() as daemon:
        say_states(daemon, 10000)
    walks = [len(manager.bulkwalk("ovpnInstanceTable"))]
    view.wait(StateReason="step-10000")
    walks.append(len(manager.bulkwalk("ovpnInstanceTable")))
    lab.wait_until(lambda: manager.get("ovpnAgentNotificationsSent.0") - before == 100,
                   "100 are sent")
    assert manager.get("ovpnAgentNotificationsSuppressed.0") == 9900
    assert manager.get("ovpnAgentNotificationsDropped.0") == 0
    assert walks[0] == walks[1]
    assert [trap.values[REASON] for trap in snmptrapd.wait_traps("ovpnStateChange", 100)] == [
        f"step-{number}" for number in range(1, 101)]
