"""A master agent that does not give the agent what it serves, and one that thinks better of it."""

import itertools

import pytest

from parts import master
from parts.control import entry
from parts.master import DUPLICATE_REGISTRATION, NOTIFY, OPEN, PING, REGISTER, REQUEST_DENIED, Master

UP = "connected to the master agent"
ANOTHER = "another subagent has the subtree already"


@pytest.fixture
def above(lab):
    return lab.track(Master(lab.path("master.sock")))


@pytest.fixture
def start(lab, start_fake, start_agent, above):
    """start() starts an agent below the scripted master agent, and waits for its daemon."""

    def made():
        fake = start_fake()
        agent = start_agent([entry(fake, notify=["state-all"])], master=above)
        lab.wait_until(lambda: fake.commands("status"), "the agent asks for the status")
        with fake.script() as daemon:
            daemon.state("ADD_ROUTES", "event")
        return agent

    return made


@pytest.mark.parametrize("error, text", [
    (DUPLICATE_REGISTRATION, ANOTHER),
    (REQUEST_DENIED, "it does not let this program have the subtree"),
    (master.PROCESSING_ERROR, "it does not register the subtree, error 268"),
])
def test_it_refuses(lab, start, above, error, text):
    above.refusals[REGISTER] = itertools.repeat(error)
    agent = start()
    lab.wait_until(lambda: above.seen.count(OPEN) == 3, "the agent tries again", 20)
    assert agent.log.count(f"{above.agentx}: {text}") == 1
    assert UP not in agent.log and "has ended" not in agent.log
    assert NOTIFY not in above.seen
    del above.refusals[REGISTER]
    lab.wait_until(lambda: NOTIFY in above.seen, "what has waited is sent", 20)
    assert agent.log.count(UP) == 1


def test_one_subtree_of_three(lab, start, above):
    """A part is not enough: nothing is kept until all is had."""
    above.refusals[REGISTER] = iter([0, DUPLICATE_REGISTRATION, 0, 0, 0, DUPLICATE_REGISTRATION])
    agent = start()
    lab.wait_until(lambda: UP in agent.log, "all are registered", 20)
    assert above.seen.count(OPEN) == 3 and above.seen.count(REGISTER) == 9
    assert agent.log.count(ANOTHER) == 1


def test_another_cause_is_told(lab, start, above):
    """In one outage each reason is, once."""
    above.refusals[REGISTER] = itertools.chain([DUPLICATE_REGISTRATION] * 6, [REQUEST_DENIED] * 3)
    agent = start()
    lab.wait_until(lambda: UP in agent.log, "all are registered", 30)
    told = [line for line in agent.log.splitlines() if "no session with the master agent" in line]
    assert ["another subagent" in line for line in told] == [True, False]


def test_it_sleeps_over_the_registration(lab, start, above):
    """It reads it when it wakes; until then there is no session for others."""
    above.asleep_at = REGISTER
    agent = start()
    lab.wait_until(lambda: above.seen.count(REGISTER) == 3, "three are asked for", 20)
    above.wake()
    lab.wait_until(lambda: UP in agent.log, "the late answers count", 20)
    assert above.seen.count(OPEN) == 1


def test_it_never_answers_the_registration(lab, start, above):
    """Another may have taken its place: the agent looks again."""
    above.asleep_at = REGISTER
    agent = start()
    lab.wait_until(lambda: "it does not answer to the registration" in agent.log, "it is told", 30)
    assert UP not in agent.log
    lab.wait_until(lambda: above.seen[-1] == PING, "it is asked again", 20)
    above.wake()
    lab.wait_until(lambda: UP in agent.log, "there is a session", 20)
