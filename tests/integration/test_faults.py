"""Daemons that die, hang, babble or lie: the agent says so, and the daemons beside them notice
nothing."""

import itertools
import re

import pytest

from fake.dialects import DIALECTS
from fake.fake_openvpn import FakeOpenVpn
from fake.scenario import flood
from parts import openvpn
from parts.process import free_port
from parts.snmp import Absent
from parts.view import InstanceView, rows
from parts.witness import Witness, assert_true_to, keep_busy

pytestmark = pytest.mark.both_ways

KEPT = 50  # rows of the log


def instance(name, daemon, index, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1,
            "reply_timeout": 10, "log_lines": KEPT, "client_max": 1000, "route_max": 1000, **others}


class World:
    """Instance 1, which gets into trouble, and instance 2, which must not notice."""

    def __init__(self, lab, manager, agent, fake, witness):
        self.lab, self.manager, self.agent, self.fake = lab, manager, agent, fake
        self.view = InstanceView(lab, manager)
        self.witness = Witness(agent, witness, InstanceView(lab, manager, 2))
        self.contacts = 1

    def say(self, *parts):
        """Bytes that the daemon says; parts may be iterators of bytes."""
        with self.fake.script() as daemon:
            daemon.output.extend(parts)

    def log_line(self, text, flags="W"):
        return b">LOG:1795454000,%s,%s\r\n" % (flags.encode(), text)

    def wait_message(self, text):
        """The last line of the log table."""
        def last():
            table = rows(self.manager, "ovpnLogTable")
            own = [row["Message"] for index, row in table.items() if index[0] == 1]
            return own and own[-1]

        self.lab.wait_until(lambda: last() == text, lambda: f"last line {text!r}; is {last()!r}")

    def wait_lost(self, reason):
        def lost():
            contact, error = self.view.get("Contact", "ContactError")
            return contact == "disconnected" and re.search(reason, error)

        self.lab.wait_until(lost, lambda: f"contact is lost, {reason!r}; now "
                                          f"{self.view.get('Contact', 'ContactError')}")
        assert self.view.get("State") == "unknown"
        for column in ("Clients", "PendingClients", "PendingRequests"):
            with pytest.raises(Absent, match="No Such Instance"):
                self.view.get(column)

    def again(self):
        """A new process on the socket, with other clients."""
        self.fake.restart()
        with self.fake.script() as daemon:
            daemon.add_clients(2)
        self.contacts += 1


@pytest.fixture
def make_world(lab, manager, start_fake, start_agent):
    def make(**arguments):
        fakes = [start_fake("one", **arguments), start_fake("two")]
        for fake in fakes:
            keep_busy(fake)
            with fake.script() as daemon:
                daemon.add_clients(3)
        agent = start_agent([instance(name, fake, index, reply_timeout=60) for index, (name, fake)
                             in enumerate(zip(("one", "two"), fakes), 1)], lean=True)
        world = World(lab, manager, agent, *fakes)
        for index, fake in enumerate(fakes, 1):
            assert_true_to(InstanceView(lab, manager, index), fake)
        return world

    return make


def killed(world):
    world.fake.stop()
    world.wait_lost("cannot connect: .*the daemon does not run")
    world.again()


def sighup(world):
    with world.fake.script() as daemon:
        daemon.verb = 7
        daemon.signal("SIGHUP")
        daemon.add_clients(1, announce=True)


def another_version(world):
    world.fake.stop()
    world.fake.daemon.dialect = DIALECTS["2.3.18"]
    world.again()


def fatal(world):
    # What stands behind a command that it never read.
    world.fake.stall(writing=False)
    polls = world.view.get("Age")
    world.lab.wait_until(lambda: world.view.get("Age") > polls + 1, "a poll is not answered")
    text = "cannot go on: " + "x" * 900 + " the last byte"
    with world.fake.script() as daemon:
        # A reset throws away what the kernel had not yet sent: little, there.
        for number in range(20 if world.fake.port else 2000):
            daemon.log("I", f"before the end {number}")
        daemon.fatal(text)
    world.wait_lost("fatal error: cannot go on")
    assert world.view.get("FatalMessage") == text
    assert world.view.get("Fatals") == 1
    world.fake.resume()
    world.again()


def byte_by_byte(world):
    world.fake.split_output(1)
    world.again()


def slow(world):
    world.fake.split_output(100, 0.01)
    world.again()


def flooding(world):
    count = 200000
    world.fake.split_output(65536)
    before = world.view.get("LogLast")
    with world.fake.script() as daemon:
        flood(daemon, count)
    world.lab.wait_until(lambda: world.fake.written, "the flood is drained", 30)
    world.lab.wait_until(lambda: world.view.get("LogLast") >= before + count,
                         lambda: f"all lines are counted, {before} + {count}; "
                                 f"now {world.view.get('LogLast')}")
    assert world.view.get("LogLast") == before + count
    kept = [index[1] for index in world.manager.table("ovpnLogTable") if index[0] == 1]
    assert kept == list(range(before + count - KEPT + 1, before + count + 1))


def flooding_for_long(world):
    """An answer stands behind more lines than five seconds can bring: contact is not lost."""
    count = 120000
    world.fake.split_output(16384, 0.04)
    before = world.view.get("LogLast")
    with world.fake.script() as daemon:
        flood(daemon, count)
    world.view.wait(Contact="stale", ContactError="the answer to a command is overdue")
    world.view.wait(Contact="up", LogLast=before + count, deadline=60)


def _restarting(world, line, count=60000):
    """Restarts without end; with clients between them each one ends what there is."""
    world.fake.split_output(65536)
    before = world.view.get("StateLast")
    world.say(itertools.repeat(line * 100, count // 100))
    world.lab.wait_until(lambda: world.view.get("StateLast") == before + count,
                         lambda: f"all states are counted, {before} + {count}; "
                                 f"now {world.view.get('StateLast')}", 60)


def flood_of_states(world):
    _restarting(world, b">STATE:1795454000,RECONNECTING,SIGUSR1,,,,,\r\n")


def flood_of_clients_and_states(world):
    _restarting(world, b">CLIENT:ESTABLISHED,1\r\n>CLIENT:ENV,time_unix=1\r\n"
                       b">CLIENT:ENV,END\r\n>STATE:1795454000,EXITING,,,,,,\r\n")


def long_lines(world):
    huge = (b"x" * 65536 for _ in range(256))
    world.fake.split_output(65536)
    world.say(b">LOG:1795454000,W,", huge, b"\r\n")
    world.wait_message("x" * 1021 + "...")
    world.say(*(b"z" * 65536 for _ in range(64)), b"\r\n", world.log_line(b"behind it"))
    world.wait_message("behind it")
    assert world.view.get("LinesCut", "RowsDropped") == [2, 0]


def strange_bytes(world):
    world.say(world.log_line(b"nul\0 and \xff\xfe, \xed\xa0\x80 \xc3\xa9 \x1b[0m end"),
              b"\0\0\0\r\n", b"\xff\xfe\xfd\n", b"\n\n\r\n")
    message = re.compile("nul.? and .*, .* é .*end")
    world.lab.wait_until(
        lambda: any(message.fullmatch(row["Message"]) and row["Message"].isprintable()
                    for row in rows(world.manager, "ovpnLogTable").values()),
        lambda: f"the line is clean: {rows(world.manager, 'ovpnLogTable')}")
    with world.fake.script() as daemon:
        daemon.add_client("caf\udce9 \x01\udcff")
    name = "caf\ufffd  \ufffd"
    world.lab.wait_until(
        lambda: name in [row["CommonName"] for row in
                         rows(world.manager, "ovpnClientTable").values()], lambda: f"{name!r} is there: {rows(world.manager, 'ovpnClientTable')}")
    with world.fake.script() as daemon:
        daemon.remove_clients(daemon.clients[-1:])


def unknown_messages(world):
    before = world.view.get("UnknownMessages")
    world.say(*[b">NEWS:%d\r\n" % number for number in range(500)],
              *[b">STATE:no,time\r\n", b">CLIENT:BOGUS,1\r\n", b">\r\n"] * 100)
    world.view.wait(UnknownMessages=before + 800)


def answers_to_nothing(world):
    world.say(b"SUCCESS: pid=1\r\nSUCCESS: verb=11\r\nSUCCESS: something else\r\n" * 100)
    world.lab.wait_until(lambda: world.view.get("UnknownMessages") >= 300, "they are counted")
    world.say(b"ERROR: no\r\nEND\r\nnothing\r\nEND\r\n")
    world.lab.wait_until(lambda: world.view.get("UnknownMessages") >= 301, "they are counted")


def end_in_the_middle(world):
    """Rows behind the END of a status: neither are they lost clients nor are they believed."""
    def status(daemon, _words):
        for line in (daemon.dialect.title, "END", "CLIENT_LIST\tnobody", "END"):
            daemon.emit(line)

    with world.fake.script() as daemon:
        daemon.overrides["status"] = status
    world.view.wait(StatusComplete="false")
    assert world.view.get("Clients") == 3
    with world.fake.script() as daemon:
        daemon.overrides.pop("status")


def ends_in_the_histories(world):
    def histories(daemon, words):
        daemon.emit(f"SUCCESS: real-time {words[0]} notification set to ON")
        for line in ("END", "1795454000,I,one", "END", "END"):
            daemon.emit(line)

    world.fake.stop()
    with world.fake.script() as daemon:
        for name in ("log", "echo"):
            daemon.overrides[name] = histories
    world.again()


def cut_status(world):
    with world.fake.script() as daemon:
        daemon.status_fault = "cut"
        daemon.add_clients(2)
    world.view.wait(StatusComplete="false")
    # It is the daemon that has left out rows, and the agent has dropped none.
    assert world.view.get("Clients", "RowsDropped", "LinesCut") == [5, 0, 0]
    with world.fake.script() as daemon:
        daemon.status_fault = None


def too_many_clients(world):
    with world.fake.script() as daemon:
        many = daemon.add_clients(1500)
    world.view.wait(StatusComplete="false", Clients=1503)  # the daemon's word, not the rows
    before = world.view.get("RowsDropped")
    assert before > 0 and before % 503 == 0
    with world.fake.script() as daemon:
        daemon.remove_clients(many)
    # A status that takes long is not asked for soon again.
    world.view.wait(StatusComplete="true", deadline=60)
    before = world.view.get("RowsDropped")
    world.fake.drop()
    world.contacts += 1
    world.view.wait(Contacts=world.contacts, Contact="up")
    assert world.view.get("RowsDropped") == before


def socket_replaced(world):
    """Another daemon took the path: the open session is the old one's until it ends."""
    old = world.fake
    new = FakeOpenVpn(old.path, name="new").start()
    world.lab.track(new)
    keep_busy(new)
    assert world.view.get("Contact", "Pid") == ["up", old.daemon.pid]
    old.drop()
    world.fake = new
    world.contacts += 1


def dropped(world):
    world.fake.drop()
    world.contacts += 1


@pytest.mark.parametrize("trouble", [
    killed, sighup, another_version, fatal, byte_by_byte, slow, flooding,
    flooding_for_long, flood_of_states, flood_of_clients_and_states, long_lines,
    strange_bytes, unknown_messages, answers_to_nothing, end_in_the_middle, ends_in_the_histories,
    cut_status, too_many_clients, socket_replaced, dropped])
def test_others_do_not_notice(make_world, trouble):
    world = make_world()
    with world.witness:
        trouble(world)
        assert_true_to(world.view, world.fake)
    world.witness.assert_undisturbed()
    assert world.view.get("Contacts") == world.contacts
    assert world.agent.alive


def test_the_last_words_over_tcp(make_world):
    """The end of a TCP connection with unread commands is a reset."""
    world = make_world(port=free_port())
    fatal(world)
    assert_true_to(world.view, world.fake)


def test_a_real_daemon_stands_still(lab, pki, start_agent, manager, start_fake):
    server, other = openvpn.server(lab, pki).start(), start_fake("other")
    keep_busy(other)
    agent = start_agent([instance("office", server, 1), instance("other", other, 2)], lean=True)
    view, witness = InstanceView(lab, manager), Witness(agent, other, InstanceView(lab, manager, 2))
    view.wait(Contact="up", State="connected", StatusComplete="true")
    witness.view.wait(Contact="up", StatusComplete="true")
    with witness:
        server.freeze()
        view.wait(Contact="stale", State="connected")
        assert "overdue" in view.get("ContactError") and view.get("Age") >= 4
        server.thaw()
        view.wait(Contact="up", ContactError="", Contacts=1)
    witness.assert_undisturbed()
    assert server.log.count("MANAGEMENT: Client connected") == 1


# What ends by a time-out: all at once, so that it takes the time of one.

IN_TIME = "no (end of an )?answer within 10 seconds"
ENDLESS = f"{IN_TIME}|the answer to a command has no end"


def stall(fake):
    fake.stall()


def drip(fake):
    fake.split_output(1, 0.3)


def _endless(fake, name, *, lines):
    fake.split_output(16384, 0.005)
    with fake.script() as daemon:
        daemon.overrides[name] = lambda daemon, words: daemon.output.append(lines())


def endless_status(fake):
    fake.split_output(16384, 0.005)
    with fake.script() as daemon:
        daemon.status_fault = "endless"


def endless_lines(fake):
    _endless(fake, "load-stats", lines=lambda: itertools.repeat(b"still thinking\r\n" * 64))


def endless_line(fake):
    _endless(fake, "load-stats", lines=lambda: itertools.repeat(b"z" * 4096))


def occupy(fake):
    fake.occupy()


TIMED = {
    stall: IN_TIME,
    drip: IN_TIME,
    endless_status: ENDLESS,
    endless_lines: ENDLESS,
    endless_line: IN_TIME,
    occupy: "another management client",
}


def heal(fake):
    fake.split_output(1024)
    with fake.script() as daemon:
        daemon.status_fault = None
        daemon.overrides.clear()
    keep_busy(fake)
    fake.resume()
    fake.drop()


def test_what_never_ends_is_ended(lab, manager, start_fake, start_agent, snmptrapd):
    fakes = {trouble: start_fake(trouble.__name__) for trouble in TIMED}
    healthy = start_fake("healthy")
    for fake in (*fakes.values(), healthy):
        keep_busy(fake)
    agent = start_agent(
        [instance(trouble.__name__, fake, index, client_max=10, route_max=0)
         for index, (trouble, fake) in enumerate(fakes.items(), 1)]
        + [instance("healthy", healthy, 90)], lean=True)
    views = {trouble: InstanceView(lab, manager, index) for index, trouble in enumerate(fakes, 1)}
    for view in (*views.values(), InstanceView(lab, manager, 90)):
        view.wait(Contact="up", StatusComplete="true")
    witness = Witness(agent, healthy, InstanceView(lab, manager, 90))
    with witness:
        for trouble, fake in fakes.items():
            trouble(fake)
        views[stall].wait(Contact="stale")
        for trouble, reason in TIMED.items():
            lost = snmptrapd.wait_traps(
                "ovpnContactLost", 1, 40, lambda trap, name=trouble.__name__:
                    trap.values["ovpnInstanceName"] == name)
            occupied = trouble is occupy
            if not occupied:
                assert re.search(reason, lost[0].values["ovpnInstanceContactError"])
        views[occupy].wait(25, Contact="refused")
        assert re.search(TIMED[occupy], views[occupy].get("ContactError"))
        for fake in fakes.values():
            heal(fake)
        for trouble, view in views.items():
            assert_true_to(view, fakes[trouble], 40)
    witness.assert_undisturbed()
    assert agent.alive
