"""What managers can ask for, at the bounds of openvpn-agentx.conf(5) and beyond them."""

import pytest

from parts.control import CONTROL_TABLE, entry, refused
from parts.fastset import FastSet
from parts.master import CLEANUP_SET, COMMIT_SET, GEN_ERR, REGISTER, TEST_SET, Master
from parts.snmp import SnmpError, Snmpd
from parts.standalone import Alone
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

CLIENT_TABLE = (*CONTROL_TABLE[:10], 1, 3, 1)

CHANGES_MAX = 64  # varbinds of a SET
WAITING_MAX = 8  # SETs between two phases
ANSWER_MAX = {Snmpd: 60000, Alone: 65000}  # bytes of an answer, as those of the varbinds or of all
VALUES_MAX = 100  # values of a GetBulk
TEXT = 1024  # bytes of the longest text
NAME = 100  # bytes that a varbind takes at most besides its value


def test_varbinds_of_a_set(start_fake, start_agent, lab, manager):
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.add_clients(CHANGES_MAX + 1)
    start_agent([entry(fake)])
    InstanceView(lab, manager).wait(Contact="up", Clients=CHANGES_MAX + 1)
    changes = [(f"ovpnClientControlAction.{index}.{row}", "i", "none")
               for index, row in rows(manager, "ovpnClientTable")]
    assert len(manager.set(*changes[:CHANGES_MAX])) == CHANGES_MAX
    assert refused(manager, *changes) == "resourceUnavailable"
    assert len(manager.set(*changes[1:])) == CHANGES_MAX


@pytest.mark.under_snmpd  # which the test is itself
def test_sets_between_two_phases(start_fake, start_agent, lab):
    """A master agent that tests SETs and never goes on is kept waiting for so many of them."""
    master = lab.track(Master(lab.path("master.sock")))
    fake = start_fake(mode="server")
    start_agent([entry(fake)], master=master)
    lab.wait_until(lambda: fake.commands("status") and master.seen.count(REGISTER) == 3,
                   "the daemon is polled, and there is a session")
    mute = (*CONTROL_TABLE, 6, 1)
    for transaction in range(1, WAITING_MAX + 1):
        assert master.set_phase(TEST_SET, transaction, (mute, transaction)) == 0
    assert master.set_phase(COMMIT_SET, 1) == 0
    assert fake.commands("mute")[-1] == ["mute", "1"]
    master.set_phase(CLEANUP_SET, 1)
    for transaction in range(11, 13):  # one more than there is room for
        assert master.set_phase(TEST_SET, transaction, (mute, transaction)) == 0
    assert master.set_phase(COMMIT_SET, 2) == GEN_ERR
    for transaction in (3, 12):
        assert master.set_phase(COMMIT_SET, transaction) == 0
        assert fake.commands("mute")[-1] == ["mute", str(transaction)]


def test_bytes_of_an_answer(start_fake, start_agent, lab, manager, way):
    fake = start_fake(mode="server")
    start_agent([entry(fake)])
    InstanceView(lab, manager).wait(Contact="up")
    with fake.script() as daemon:
        for _ in range(100):
            daemon.log("I", "x" * TEXT)
    lab.wait_until(lambda: len(rows(manager, "ovpnLogTable")) >= 100, "all lines are there")
    last = manager.get("ovpnInstanceLogLast.1")
    names = [f"ovpnLogMessage.1.{last - back}" for back in range(100)]

    def fits(count):
        """Answered is all of it or nothing."""
        try:
            values = manager.values(*names[:count])
        except SnmpError as error:
            assert error.status == "tooBig"
            return False
        assert values == ["x" * TEXT] * count
        return True

    count = next(count for count in range(1, 100) if not fits(count + 1))
    assert count * TEXT < ANSWER_MAX[way] < (count + 1) * (TEXT + NAME)
    for more in range(2, 9):  # what UDP can carry, and what it cannot
        assert not fits(count + more)
    assert len(manager.bulkwalk("ovpnLogMessage", repetitions=60)) >= 100


INSTANCES = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194, 1, 2, 1)
KINDS = {"existing": (*INSTANCES, 3, 1), "no instance": (*INSTANCES, 3, 99),
         "no object": (*INSTANCES[:-2], 99, 1, 1, 1)}


@pytest.mark.parametrize("kind", KINDS)
def test_varbinds_of_a_get(start_fake, start_agent, lab, snmpd, manager, kind, way):
    """However many, they are answered, and the agent stays where it is."""
    agent = start_agent([entry(start_fake(mode="server"))])
    InstanceView(lab, manager).wait(Contact="up")
    link = FastSet(snmpd.port, timeout=30)
    statuses = {count: link.get([KINDS[kind]] * count)
                for count in (100, 300, 500, 700, 900, 1000, 1100, 1300, 1600, 2000)}
    assert set(statuses.values()) <= {"noError", "tooBig"}
    assert list(statuses.values()) == sorted(statuses.values())  # from some count on
    assert [statuses[count] for count in (100, 500)] == ["noError", "noError"]
    # Alone the agent has no more to count than it sends.
    assert statuses[2000] == "tooBig" or (way is Alone and kind != "existing")
    for count in (1000, 2000):
        assert link.get([KINDS[kind]] * count, following=True) in ("noError", "tooBig")
    assert link.get([KINDS["existing"]]) == "noError"
    link.close()
    assert way is Alone or agent.log.count("connected to the master agent") == 1
    assert "error" not in agent.log
    assert "session with the master agent has ended" not in agent.log


@pytest.mark.under_snmpd  # which the test is itself
@pytest.mark.parametrize("columns", [1, 3, 20])
def test_repetitions_of_a_getbulk(start_fake, start_agent, lab, columns):
    """A master agent that asks for everything at once gets a hundred values: RFC 3416 section 4.2.3
    lets an answer be cut."""
    master = lab.track(Master(lab.path("master.sock")))
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.add_clients(VALUES_MAX + 1)
    start_agent([entry(fake)], master=master)
    lab.wait_until(lambda: master.seen.count(REGISTER) == 3 and len(fake.commands("status")) > 1,
                   "there is a session, and a status was read")
    names = [(*CLIENT_TABLE, column) for column in range(2, columns + 2)]
    whole = master.bulk(VALUES_MAX // columns, *names)
    assert whole[0] == 0 and whole[1] > 40 * (VALUES_MAX // columns * columns)
    assert master.bulk(VALUES_MAX // columns - 1, *names)[1] < whole[1]
    for repetitions in (VALUES_MAX // columns + 1, 1000, 65535):
        assert master.bulk(repetitions, *names) == whole


@pytest.mark.parametrize("count", [199, 200, 201])
def test_commands_of_a_daemon(start_fake, start_agent, lab, manager, count):
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.overrides["help"] = lambda daemon, _: [
            daemon.emit(line) for line in ("Commands:", *(f"c{number} : x" for number
                                                           in range(count)), "END")]
    start_agent([entry(fake)])
    InstanceView(lab, manager).wait(Contact="up")
    shown = [row["Command"] for row in rows(manager, "ovpnCapabilityTable").values()]
    assert shown == [f"c{number}" for number in range(min(count, 200))]
