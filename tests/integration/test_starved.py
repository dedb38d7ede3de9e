"""The agent has too little memory for a while: it stays up, says what is true, and recovers."""

import random
import signal
import time

import pytest

from fake import questions
from fake.scenario import say_states
from parts.agent import Agent
from parts.control import ALL, Background
from parts.snmp import SnmpError, SnmpTimeout
from parts.view import InstanceView, rows

ROUNDS = 12


def instance(daemon, index):
    return {"name": daemon.name, "index": index, "management": daemon, "status_interval": 1,
            "allow": ALL, "notify": ["state-all", "client", "input", "auth", "contact", "echo"]}


def happen(daemons, chance):
    """Something of everything."""
    server, client = daemons
    with server.script() as daemon:
        daemon.add_clients(chance.randrange(1, 4), announce=True)
        daemon.remove_clients(chance.sample(daemon.clients, len(daemon.clients) // 2))
        daemon.log("W", "a warning")
        daemon.echo("an echo")
    with client.script() as daemon:
        if daemon.question is None:
            say_states(daemon, 3)
            daemon.ask(questions.ask_user())
        else:
            daemon.question = None
            daemon.emit(">PASSWORD:Verification Failed: 'Auth' ['no']")
            daemon.come_up()


def give_time_for_a_status(fake):
    """Without memory there may be none."""
    polls, end = len(fake.commands("status")), time.monotonic() + 2
    while len(fake.commands("status")) == polls and time.monotonic() < end:
        time.sleep(0.05)


def set_together(manager, fake, number, kill):
    """A SET of a verb and of something else, a kill of nobody or mute; what the answer says is
    so."""
    told, verb = fake.daemon, 1 + number % 5
    before = told.verb, told.mute
    other = ("ovpnControlKillCommonName.1", "s", "nobody") if kill else (
        "ovpnControlMute.1", "i", number)
    answer = Background(manager, ("ovpnControlVerb.1", "i", verb), other).join()
    if answer == "noError":
        assert (told.verb, told.mute) == (verb, number)
    elif answer not in ("undoFailed", "timeout"):
        assert (told.verb, told.mute) == before, answer
    return answer


def last_number(snmptrapd):
    """snmpd sends some of its own, which have none."""
    return max(trap.values.get("ovpnNotificationSequence", 0) for trap in snmptrapd.traps())


@pytest.mark.parametrize("one_of", [2, 5, 20, 100])
def test_too_little_memory(lab, start_fake, start_agent, snmpd, snmptrapd, manager, one_of):
    chance = random.Random(one_of)
    daemons = start_fake("server", mode="server"), start_fake("client", mode="client")
    extra = start_fake("extra")
    entries = [instance(daemon, index) for index, daemon in enumerate(daemons, 1)]
    agent = start_agent(entries, starved=f"one of {one_of}", library_leaks=True)
    views = [InstanceView(lab, manager, entry["index"]) for entry in entries]
    for view in views:
        view.wait(Contact="up", State="connected")
    agent.signal(signal.SIGUSR2)
    patient = snmpd.manager(timeout=2.0)
    for number in range(ROUNDS):
        happen(daemons, chance)
        try:
            patient.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB")
        except (SnmpError, SnmpTimeout):
            pass
        set_together(patient, daemons[0], number, number % 2)
        if number % 5 == 0:
            agent.reload(entries + [instance(extra, 9)][:chance.randrange(2)])
            give_time_for_a_status(daemons[0])
        if number == ROUNDS // 2:
            snmpd.stop()
            snmpd.start()
        assert agent.alive
    agent.signal(signal.SIGUSR2)
    agent.reload(entries)
    for daemon, view in zip(daemons, views):
        with daemon.script() as inside:
            inside.question = None
            inside.state("CONNECTED", "now")
        view.wait(30, Contact="up", State="connected", StateReason="now",
                  Clients=len(daemon.daemon.clients), StatusComplete="true")
    assert list(rows(manager, "ovpnInstanceTable")) == [(1,), (2,)]
    manager.set(("ovpnControlVerb.1", "i", 6))
    assert daemons[0].daemon.verb == 6
    snmptrapd.wait_traps("ovpnStateChange", where=lambda trap: trap.values[
        "ovpnInstanceStateReason"] == "now", count=2)
    # None is lost without being counted.
    sent, dropped = "ovpnAgentNotificationsSent.0", "ovpnAgentNotificationsDropped.0"
    lab.wait_until(lambda: sum(manager.get(sent, dropped)) == last_number(snmptrapd),
                   lambda: f"{manager.get(sent, dropped)} are {last_number(snmptrapd)}")


@pytest.mark.parametrize("other", ["kill", "mute"])
def test_each_allocation_of_a_set(start_fake, start_agent, snmpd, lab, manager, other):
    """Where the answer says that nothing was changed nothing is, whatever there was no memory for;
    and what could not be waited for is put back."""
    fake = start_fake(mode="server")
    agent = start_agent([instance(fake, 1) | {"status_interval": 3600}], starved="each",
                        library_leaks=True)
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    lab.wait_until(lambda: fake.commands("status"), "the first poll is over")
    patient, answers = snmpd.manager(timeout=2.0), set()
    for number in range(1, 61):
        agent.signal(signal.SIGUSR2)
        answers.add(set_together(patient, fake, number, other == "kill"))
        lab.wait_until(lambda: set_together(manager, fake, 100 + number, False) == "noError",
                       "a SET works")
        assert agent.alive
    assert answers >= {"commitFailed", "resourceUnavailable",
                       "undoFailed" if other == "kill" else "noError"}


def test_each_allocation_of_a_reload(start_agent):
    """Each is done or not, and the log does not say both."""
    entry = {"name": "gone", "index": 1, "management": "unix:/nowhere/gone"}
    agent = start_agent([entry], starved="each")
    lab = agent.lab
    lab.wait_until(lambda: "gone: no contact" in agent.log, "it has tried")
    for number in range(1, 81):
        agent.signal(signal.SIGUSR2)
        agent.reload()
        lab.wait_until(lambda: len(reloads(agent)) >= number, "the reload is over")
        assert len(reloads(agent)) == number
    assert "out of memory: the configuration is not taken" in agent.log
    assert reloads(agent)[-1] == "configuration reloaded"


def reloads(agent):
    """What came of them, as the log says."""
    words = ("configuration reloaded", "the configuration in force stays",
             "the configuration was not reloaded, or not all of it")
    return [word for line in agent.log.splitlines() for word in words if line.endswith(word)]


def test_each_allocation_of_a_start(lab, snmpd):
    """The agent has its instance, or ends with an error."""
    entry = {"name": "gone", "index": 1, "management": "unix:/nowhere/gone"}
    ended = 0
    for number in range(1, 81):
        agent = Agent(lab, snmpd, [entry], name=f"agent{number}", starved=f"start {number}",
                      library_leaks=True).start()
        lab.wait_until(lambda: not agent.alive or "gone: no contact" in agent.log,
                       lambda: f"it runs or ends: {agent.tail()}")
        if agent.alive:
            assert agent.stop() == 0
        else:
            assert agent.wait_exit() == 1  # also when it was reading the configuration
            ended += 1
    assert 20 < ended < 80
