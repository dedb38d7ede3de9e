"""snmpd repeats a request that is not answered within a second, with the same numbers: it may come
while the first one is worked on, together with it, or when its answer is on the way."""

import threading
import time

import pytest

from parts.control import Background, entry
from parts.master import COMMIT_SET, GET, TEST_SET, UNDO_SET
from parts.relay import Relay
from parts.view import InstanceView

YES, NO = "SUCCESS: verb level changed", "ERROR: cannot"


class World:
    """A daemon that is asked for a new verb and waits for the test's word, below a relay."""

    def __init__(self, lab, start_fake, start_agent, snmpd):
        self.lab = lab
        self.manager = snmpd.manager(timeout=12)
        self.fake = start_fake(mode="server")
        self.relay = lab.track(Relay(lab.path("relay.sock"), snmpd))
        self.agent = start_agent([entry(self.fake, command_timeout=900)], master=self.relay)
        self.view = InstanceView(lab, self.manager)
        self.view.wait(Contact="up", State="connected", Verb=3)
        with self.fake.script() as daemon:
            daemon.overrides["verb"] = self._verb

    @staticmethod
    def _verb(daemon, words):
        if len(words) == 1:
            daemon.emit(f"SUCCESS: verb={daemon.verb}")

    def set(self):
        """What can be put back first: mute, then verb."""
        return Background(self.manager, ("ovpnControlMute.1", "i", 9),
                          ("ovpnControlVerb.1", "i", 5))

    def wait_asked(self):
        self.lab.wait_until(lambda: ["verb", "5"] in self.fake.commands("verb"),
                            "the daemon is asked")

    def say(self, line):
        """Answers as the daemon, which is quick again."""
        with self.fake.script() as daemon:
            del daemon.overrides["verb"]
            if line == YES:  # late ones too
                daemon.verb = 5
            daemon.emit(line)

    def wait_repeated(self, kind):
        """The master agent has sent it twice, and keeps to the numbers."""
        self.lab.wait_until(lambda: self.relay.count(kind) >= 2, "it is repeated")
        assert len(set(self.relay.packets(kind))) == 1

    def check(self, outcome):
        """The manager was told the truth, every request was answered once, and the agent lives."""
        wanted = (9, 5) if outcome == "noError" else (0, 3)
        self.lab.wait_until(lambda: (self.fake.daemon.mute, self.fake.daemon.verb) == wanted,
                            lambda: f"mute, verb are {wanted}; they are {self.fake.daemon.mute}, "
                                    f"{self.fake.daemon.verb}")
        asked = {one.packet for one in self.relay.asked if GET <= one.kind <= UNDO_SET}
        answered = [one.packet for one in self.relay.told]
        assert [answered.count(packet) for packet in asked] == [1] * len(asked)
        self.manager.set(("ovpnControlMute.1", "i", 8), ("ovpnControlVerb.1", "i", 4))
        assert self.agent.stop() == 0


@pytest.fixture
def world(lab, start_fake, start_agent, snmpd):
    return World(lab, start_fake, start_agent, snmpd)


@pytest.mark.valgrind
@pytest.mark.parametrize("line, outcome", [(YES, "noError"), (NO, "commitFailed")])
@pytest.mark.parametrize("kind", [TEST_SET, COMMIT_SET])
def test_both_are_read_at_once(world, kind, line, outcome):
    world.relay.keep_from(kind)
    waiting = world.set()
    world.wait_repeated(kind)
    world.relay.flow()
    world.wait_asked()
    world.say(line)
    assert waiting.join() == outcome
    world.check(outcome)


@pytest.mark.valgrind
@pytest.mark.parametrize("line, outcome", [(YES, "noError"), (NO, "commitFailed")])
def test_while_the_daemon_is_asked(world, line, outcome):
    world.relay.keep_from(COMMIT_SET)
    waiting = world.set()
    world.wait_repeated(COMMIT_SET)
    world.relay.forward(1)
    world.wait_asked()
    world.relay.flow()
    world.say(line)
    assert waiting.join() == outcome
    world.check(outcome)


@pytest.mark.valgrind
def test_when_the_daemon_does_not_answer(world):
    world.relay.keep_from(COMMIT_SET)
    waiting = world.set()
    world.wait_repeated(COMMIT_SET)
    world.relay.forward(1)
    world.wait_asked()
    world.relay.flow()
    assert waiting.join() == "undoFailed"
    world.say(YES)
    world.check("undoFailed")


@pytest.mark.valgrind
def test_when_it_is_answered(world):
    """Behind the repetition the next phase comes at once."""
    world.relay.keep_from(TEST_SET)
    waiting = world.set()
    world.wait_repeated(TEST_SET)
    told = len(world.relay.told)
    world.relay.forward(1)
    world.lab.wait_until(lambda: len(world.relay.told) > told and world.relay.count(COMMIT_SET),
                         "the answer is there")
    world.relay.flow()
    world.wait_asked()
    world.say(YES)
    assert waiting.join() == "noError"
    world.check("noError")


@pytest.mark.valgrind
def test_putting_back(world):
    world.relay.keep_from(UNDO_SET)
    waiting = world.set()
    world.wait_asked()
    world.say(NO)
    world.wait_repeated(UNDO_SET)
    world.relay.flow()
    assert waiting.join() == "undoFailed"  # its time is over, and nobody waits for what follows
    world.check("undoFailed")


def test_reading(world):
    before = len(world.relay.asked)
    world.relay.keep_from(GET)
    names = []
    reading = threading.Thread(target=lambda: names.append(world.manager.get("ovpnInstanceName.1")))
    reading.start()
    world.lab.wait_until(lambda: sum(one.kind == GET for one in world.relay.asked[before:]) >= 2,
                         "it is repeated")
    world.relay.flow()
    reading.join()
    assert names == ["fake"]
    packet, = {one.packet for one in world.relay.asked[before:] if one.kind == GET}
    assert [one.packet for one in world.relay.told].count(packet) == 1


@pytest.mark.valgrind
def test_the_agent_stands_still(world):
    """Before a SET, and while it waits for the daemon; whatever comes of it is true."""
    for value in (1, 2):
        world.agent.freeze()
        waiting = Background(world.manager, ("ovpnControlMute.1", "i", value))
        before = world.relay.count(TEST_SET)
        world.lab.wait_until(lambda: world.relay.count(TEST_SET) >= before + 2, "it is repeated")
        world.agent.thaw()
        assert waiting.join() == "noError"
        assert world.fake.daemon.mute == value
    waiting = world.set()
    world.wait_asked()
    before = world.relay.count(COMMIT_SET)
    world.agent.freeze()
    world.say(YES)
    world.lab.wait_until(lambda: world.relay.count(COMMIT_SET) >= before + 1, "it is repeated")
    world.agent.thaw()
    outcome = waiting.join()
    assert outcome in ("noError", "commitFailed", "undoFailed")
    assert world.agent.alive
    wanted = (9, 5) if outcome == "noError" else (2, 3)
    world.lab.wait_until(lambda: (world.fake.daemon.mute, world.fake.daemon.verb) == wanted,
                         f"mute, verb are {wanted} after {outcome}")
    world.manager.set(("ovpnControlMute.1", "i", 8))
    assert world.agent.stop() == 0


@pytest.mark.valgrind
def test_the_master_agent_stands_still(world, snmpd):
    """It finds the answer behind its own timer."""
    waiting = world.set()
    world.wait_asked()
    snmpd.freeze()
    world.say(YES)
    answered = len(world.relay.told)
    world.lab.wait_until(lambda: len(world.relay.told) > answered, "it is answered")
    begin = time.monotonic()
    world.lab.wait_until(lambda: time.monotonic() - begin > 1.5, "the time of a try is over")
    snmpd.thaw()
    assert waiting.join() == "noError"
    world.check("noError")
