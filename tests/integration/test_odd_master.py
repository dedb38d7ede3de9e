"""A master agent that breaks the protocol (RFC 2741): phases out of order, sessions and contexts
that do not exist, PDUs that are none."""

import itertools
import random
import struct

import pytest

from parts.control import CONTROL_TABLE, entry
from parts.master import (
    CLEANUP_SET, CLOSE, COMMIT_FAILED, COMMIT_SET, CONTEXT, GET, GET_BULK, GET_NEXT, NOT_OPEN,
    OPEN, PROCESSING_ERROR, REGISTER, RESPONSE, SESSION, TEST_SET, TOO_BIG, UNDO_FAILED, UNDO_SET,
    UNSUPPORTED_CONTEXT, Master, integers, pdu, ranges)

VERB, MUTE = (*CONTROL_TABLE, 5, 1), (*CONTROL_TABLE, 6, 1)
SETS_MAX = 64  # under way or between two phases
SEED = 20260


class World:
    """A daemon below the agent below a scripted master agent."""

    def __init__(self, lab, start_fake, start_agent):
        self.lab = lab
        self.fake = start_fake(mode="server")
        self.master = lab.track(Master(lab.path("master.sock")))
        self.agent = start_agent([entry(self.fake)], master=self.master)
        lab.wait_until(lambda: self.fake.commands("status") and self.sessions() == 1,
                       "the daemon is polled, and there is a session")
        self._transactions = itertools.count(100000)

    def sessions(self):
        """So many have come as far as to their last subtree."""
        return self.master.seen.count(REGISTER) // 3

    def quiet(self):
        """The daemon leaves a new verb unanswered."""
        with self.fake.script() as daemon:
            daemon.overrides["verb"] = lambda daemon, words: len(words) == 1 and daemon.emit(
                f"SUCCESS: verb={daemon.verb}")

    def say_yes(self):
        with self.fake.script() as daemon:
            del daemon.overrides["verb"]
            daemon.verb = 5
            daemon.emit("SUCCESS: verb level changed")

    def wait_settings(self, mute, verb):
        daemon = self.fake.daemon
        self.lab.wait_until(lambda: (daemon.mute, daemon.verb) == (mute, verb),
                            lambda: f"mute {mute}, verb {verb}: {daemon.mute}, {daemon.verb}")

    def wait_free(self):
        """The daemon's last word is read; what the master agent asks may be read before it."""

        def is_free():
            transaction = next(self._transactions)
            error = self.master.set_phase(TEST_SET, transaction, (MUTE, 1))
            self.master.set_phase(CLEANUP_SET, transaction)
            return error == 0

        self.lab.wait_until(is_free, "a SET is taken")

    def check(self):
        """It reads and writes as if nothing had been."""
        assert self.agent.alive
        assert self.master.error(self.master.send(GET, 1, ranges(MUTE))) == 0
        value, transaction = (self.fake.daemon.mute + 1) % 100, next(self._transactions)
        assert self.master.set_phase(TEST_SET, transaction, (MUTE, value)) == 0
        assert self.master.set_phase(COMMIT_SET, transaction) == 0
        assert self.master.set_phase(CLEANUP_SET, transaction) == 0
        assert self.fake.daemon.mute == value


@pytest.fixture
def world(lab, start_fake, start_agent):
    made = World(lab, start_fake, start_agent)
    yield made
    assert made.agent.stop() == 0


@pytest.mark.valgrind
@pytest.mark.parametrize("end, error", [(UNDO_SET, UNDO_FAILED),
                                         (CLEANUP_SET, COMMIT_FAILED)])
def test_given_up_while_it_runs(world, end, error):
    """The daemon may do what it was asked for: that is put back as soon as it says so."""
    world.quiet()
    assert world.master.set_phase(TEST_SET, 1, (MUTE, 9), (VERB, 5)) == 0
    commit = world.master.send(COMMIT_SET, 1)
    world.lab.wait_until(lambda: ["verb", "5"] in world.fake.commands("verb"), "it is asked")
    ended = world.master.send(end, 1)
    assert world.master.error(commit) == COMMIT_FAILED
    assert world.master.error(ended) == error
    world.say_yes()
    world.wait_settings(0, 3)
    assert world.master.errors_of(commit) == [COMMIT_FAILED]
    world.check()


@pytest.mark.valgrind
def test_all_phases_at_once(world):
    """As an agent reads them that did not run for a while."""
    for transaction, end, settings in ((1, CLEANUP_SET, (0, 3)), (2, UNDO_SET, (0, 3))):
        packets = [10 * transaction + number for number in range(4)]
        world.master.send_octets(b"".join((
            pdu(TEST_SET, transaction, packets[0], integers((MUTE, 7))),
            pdu(COMMIT_SET, transaction, packets[1]),
            pdu(end, transaction, packets[2]),
            pdu(COMMIT_SET, transaction, packets[3]))))
        assert [world.master.error(packet) for packet in packets] == [
            0, PROCESSING_ERROR, 0, PROCESSING_ERROR]
        world.wait_settings(*settings)
    world.check()


def test_phases_out_of_order(world):
    for kind in (COMMIT_SET, UNDO_SET, CLEANUP_SET):
        assert world.master.set_phase(kind, 1) == PROCESSING_ERROR
    assert world.master.set_phase(TEST_SET, 1, (MUTE, 1)) == 0
    assert world.master.set_phase(TEST_SET, 1, (MUTE, 2)) == PROCESSING_ERROR
    assert world.master.set_phase(COMMIT_SET, 1) == 0
    assert world.master.set_phase(COMMIT_SET, 1) == PROCESSING_ERROR
    assert world.master.set_phase(UNDO_SET, 1) == 0
    assert world.master.set_phase(CLEANUP_SET, 1) == PROCESSING_ERROR
    world.wait_settings(0, 3)
    world.check()


def test_sets_without_an_end(world):
    for transaction in range(SETS_MAX):
        assert world.master.set_phase(TEST_SET, transaction, (MUTE, 1)) == 0
    assert world.master.set_phase(TEST_SET, SETS_MAX, (MUTE, 1)) == PROCESSING_ERROR
    assert world.master.set_phase(CLEANUP_SET, 5) == 0
    world.check()


def test_sessions_and_contexts(world):
    for kind in (GET, GET_NEXT, GET_BULK, TEST_SET, COMMIT_SET, UNDO_SET, CLEANUP_SET):
        for options, error in (({"session": SESSION + 1}, NOT_OPEN),
                               ({"flags": CONTEXT}, UNSUPPORTED_CONTEXT)):
            payload = struct.pack(">I", 4) + b"else" if "flags" in options else b""
            packet = world.master.send(kind, 1, payload + ranges(MUTE), **options)
            assert world.master.error(packet) == error
    assert len(world.fake.commands("mute")) == 1  # none came through
    world.check()


def test_the_session_is_closed(world):
    world.master.send(CLOSE, 0, struct.pack(">Bxxx", 5), session=SESSION + 1)
    world.check()
    assert world.sessions() == 1
    world.master.send(CLOSE, 0, struct.pack(">Bxxx", 5))
    world.lab.wait_until(lambda: world.sessions() == 2, "there is another")
    world.check()


def test_what_is_not_agentx(world):
    world.master.send_octets(b"GET / HTTP/1.1\r\n\r\n\r\n\r\n\r\n")
    world.lab.wait_until(lambda: world.sessions() == 2, "there is another session")
    world.check()


@pytest.mark.parametrize("kind", [GET, GET_NEXT, TEST_SET])
def test_a_long_request(world, kind):
    packet = world.master.send(kind, 1, ranges(*[MUTE] * 2000))
    assert world.master.error(packet) == TOO_BIG
    world.check()


def spoiled(rng, payload):
    """That payload with an end cut off, or numbers in it that are too high, or noise."""
    data = bytearray(payload[:rng.randrange(len(payload) + 1)] if rng.random() < 0.5 else payload)
    for _ in range(rng.randrange(4)):
        if data:
            at = rng.randrange(len(data))
            data[at:at + 1] = bytes([rng.choice((0, 1, 5, 127, 128, 255))])
    if rng.random() < 0.1:
        data += rng.randbytes(rng.randrange(40))
    return bytes(data)


@pytest.mark.valgrind
def test_malformed_requests(world):
    rng = random.Random(SEED)
    good = {GET: ranges(MUTE, VERB), GET_NEXT: ranges(CONTROL_TABLE, MUTE),
            GET_BULK: struct.pack(">HH", 1, 5) + ranges(CONTROL_TABLE, MUTE),
            TEST_SET: integers((MUTE, 1), (VERB, 3))}
    for number in range(600):
        kind = rng.choice((*good, RESPONSE, OPEN, rng.randrange(256)))
        if kind == CLOSE:
            continue
        payload = spoiled(rng, good.get(kind, b"\0" * 16))
        world.master.send(kind, number, payload, flags=rng.choice((0, 0, 0, 1, 2, 4, 0xe0)))
        if kind == TEST_SET:
            world.master.send(CLEANUP_SET, number)
        if number % 50 == 0:
            assert world.master.error(world.master.send(GET, 1, ranges(MUTE))) == 0
    assert world.agent.alive and world.sessions() == 1
    assert world.master.error(world.master.send(GET, 1, ranges(MUTE))) == 0


@pytest.mark.valgrind
@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
def test_phases_at_random(world, seed):
    """Every request is answered once, whatever comes before the answers of others."""
    rng = random.Random(seed)
    world.quiet()
    asked = []  # octets, packet
    for number in range(300):
        if asked and rng.random() < 0.25:
            world.master.send_octets(rng.choice(asked[-20:])[0])
            continue
        kind = rng.choice((GET, TEST_SET, TEST_SET, COMMIT_SET, COMMIT_SET, UNDO_SET, CLEANUP_SET))
        payload = {GET: ranges(MUTE), TEST_SET: integers(
            rng.choice(((MUTE, 1 + number % 90), (VERB, 4))))}.get(kind, b"")
        asked.append((pdu(kind, rng.randrange(4), number, payload), number))
        world.master.send_octets(asked[-1][0])
        if rng.random() < 0.2:
            world.master.error(number)
    for _, packet in asked:
        world.master.error(packet)
    assert all(len(world.master.errors_of(packet)) == 1 for _, packet in asked)
    for transaction in range(4):
        world.master.set_phase(CLEANUP_SET, transaction)
    with world.fake.script() as daemon:
        del daemon.overrides["verb"]
        daemon.emit("SUCCESS: verb level changed")
    world.wait_free()
    world.check()
