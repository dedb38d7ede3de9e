"""A restart of the agent that the daemons do not notice: a service manager keeps their sessions."""

import pytest

from parts import openvpn
from parts.control import Background, entry
from parts.share import enter, share, shared
from parts.supervisor import Supervisor
from parts.view import InstanceView, question, rows

pytestmark = pytest.mark.both_ways

NOTIFY = ["client", "hold", "input", "contact", "state"]


@pytest.fixture
def supervisor(lab):
    return Supervisor(lab)


@pytest.fixture
def view(lab, manager):
    return InstanceView(lab, manager)


@pytest.fixture
def begin(lab, supervisor, start_agent):
    """begin(instances, ...) starts the agent as the supervisor's child."""

    def start(instances, **options):
        agent = start_agent(instances, stopped=True, **options)
        supervisor.prepare(agent)
        return agent.start()

    return start


def clients(manager):
    return {row["CommonName"]: index[1]
            for index, row in rows(manager, "ovpnClientTable").items()}


def kept(lab, supervisor, count):
    lab.wait_until(lambda: len(supervisor.names()) == count and
                   len(supervisor.stored) == 2 * count, f"{count} sessions are kept")


def wait_question(lab, manager, state):
    lab.wait_until(lambda: [row["Status"] for row in rows(manager, "ovpnRequestTable").values()] ==
                   [state], f"the question is {state}")


def sessions_of(daemon):
    """How often the daemon has seen a management client come and go."""
    return (daemon.log.count("MANAGEMENT: Client connected"),
            daemon.log.count("MANAGEMENT: Client disconnected"))


def wait_end(guest):
    """A guest sees the end of the agent, whatever is said before; the daemon does not."""
    try:
        while guest.read_line() is not None:
            pass
    except ConnectionError:
        pass


def test_ten_restarts_under_traffic(lab, pki, begin, supervisor, manager, view, snmptrapd):
    server = openvpn.server(lab, pki).start()
    people = [openvpn.client(lab, pki, server, name).start() for name in ("alice", "bob")]
    for person in people:
        person.wait_completed()
    place = share(lab, allow=("verb",))
    agent = begin([shared(server, place, notify=NOTIFY)], state_dir=lab.make_folder("state"))
    view.wait(Contact="up", Clients=2)
    before = clients(manager)
    for number in range(10):
        kept(lab, supervisor, 1)
        with enter(lab, place) as guest:
            assert guest.one(f"verb {3 + number % 2}").startswith("SUCCESS")
            guest.send("status 3\n")
            setting = Background(manager, ("ovpnControlVerb.1", "i", 3 + number % 2))
            supervisor.restart(agent, kill=number % 3 == 2)
            wait_end(guest)
        setting.join()
        view.wait(Contact="up", Clients=2)
    assert clients(manager) == before
    manager.set(("ovpnControlVerb.1", "i", 4))
    assert manager.get("ovpnControlVerb.1") == 4
    people[1].stop()
    view.wait(Clients=1)
    assert sessions_of(server) == (1, 0)
    assert {trap.name for trap in snmptrapd.traps()} == {
        "coldStart", "ovpnAgentStarted", "ovpnAgentStopping", "ovpnClientDisconnected"}


@pytest.mark.private
def test_hold_and_question_are_kept(lab, pki, begin, supervisor, manager, view):
    """Of what the daemon says once nothing is lost; then it goes on as ever."""
    daemon = openvpn.lone_client(lab, pki, hold=True, extra=["auth-user-pass",
                                                             "management-query-passwords"]).start()
    agent = begin([entry(daemon, notify=NOTIFY)])
    view.wait(Contact="up", HoldWaiting="true")
    for kill in (False, True):
        supervisor.restart(agent, kill)
        view.wait(Contact="up", HoldWaiting="true")
    manager.set(("ovpnControlHoldRelease.1", "i", "release"))
    wait_question(lab, manager, "pending")
    view.wait(HoldWaiting="false")
    for kill in (False, True):
        supervisor.restart(agent, kill)
        view.wait(Contact="up", HoldWaiting="false")
        wait_question(lab, manager, "pending")
    at = question(manager)
    manager.set((f"ovpnCredentialUsername.{at}", "s", "alice"), (f"ovpnCredentialPassword.{at}", "s", "pass"))
    wait_question(lab, manager, "answered")
    supervisor.restart(agent)
    view.wait(Contact="up")
    assert not rows(manager, "ovpnRequestTable")
    assert sessions_of(daemon) == (1, 0)


def test_what_nobody_takes_is_closed(lab, pki, begin, supervisor, manager, view, start_fake):
    one, other = (openvpn.server(lab, pki, name).start() for name in ("one", "other"))
    agent = begin([entry(one), entry(other, 2)])
    view.wait(Contact="up")
    InstanceView(lab, manager, 2).wait(Contact="up")
    kept(lab, supervisor, 2)
    agent.configure([entry(one)])
    supervisor.restart(agent)
    view.wait(Contact="up")
    other.wait_log("MANAGEMENT: Client disconnected")
    kept(lab, supervisor, 1)
    assert sessions_of(one) == (1, 0)


def test_sessions_that_end_are_not_kept(lab, pki, begin, supervisor, manager, view, start_fake):
    server = openvpn.server(lab, pki).start()
    agent = begin([entry(server)])
    view.wait(Contact="up")
    kept(lab, supervisor, 1)
    manager.set(("ovpnControlSession.1", "i", "detached"))
    server.wait_log("MANAGEMENT: Client disconnected")
    kept(lab, supervisor, 0)
    manager.set(("ovpnControlSession.1", "i", "attached"))
    view.wait(Contact="up")
    kept(lab, supervisor, 1)
    server.stop()
    view.wait(Contact="disconnected")
    kept(lab, supervisor, 0)
    server.start()
    view.wait(Contact="up", deadline=30)
    agent.reload([entry(start_fake())])
    server.wait_log("MANAGEMENT: Client disconnected")
    kept(lab, supervisor, 1)


def test_a_daemon_that_ended_meanwhile(lab, pki, begin, supervisor, manager, view):
    server = openvpn.server(lab, pki).start()
    agent = begin([entry(server)])
    view.wait(Contact="up")
    kept(lab, supervisor, 1)
    assert agent.stop() == 0
    server.stop()
    supervisor.prepare(agent)
    agent.start()
    view.wait(Contact="disconnected")
    server.start()
    view.wait(Contact="up", deadline=30)


def test_another_way_to_the_daemon(lab, pki, begin, supervisor, view):
    """The session was with another socket: it is closed, and one is begun with this."""
    server = openvpn.server(lab, pki).start()
    agent = begin([entry(server)])
    view.wait(Contact="up")
    kept(lab, supervisor, 1)
    path = server.endpoint.removeprefix("unix:")
    agent.configure([{**entry(server), "management": f"unix:/{path}"}])
    supervisor.restart(agent)
    server.wait_log("MANAGEMENT: Client disconnected")
    view.wait(Contact="up", deadline=30)


@pytest.mark.parametrize("words", [b"", b"management session 1\n", b"\xff" * 70000,
                                   b"management session 1\nunix:/elsewhere\nwhole\nx\n\nend\n"],
                         ids=["none", "cut", "long", "elsewhere"])
def test_words_that_say_nothing(lab, pki, begin, supervisor, view, words):
    """A process that dies while it writes them; or somebody else's."""
    server = openvpn.server(lab, pki).start()
    agent = begin([entry(server)])
    view.wait(Contact="up")
    kept(lab, supervisor, 1)
    agent.kill()
    file = supervisor.stored[1][1]
    with open(f"/proc/self/fd/{file}", "wb") as stored:
        stored.write(words)
    supervisor.prepare(agent)
    agent.start()
    lab.wait_until(lambda: "cannot be gone on with" in agent.log, "it says so")
    view.wait(Contact="up", deadline=30)


def test_without_a_manager_the_daemon_sees_the_end(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    agent = start_agent([entry(server)])
    view.wait(Contact="up")
    agent.stop()
    server.wait_log("MANAGEMENT: Client disconnected")


def test_answers_to_the_agent_before(lab, start_fake, begin, supervisor, view):
    """What the agent before had asked is answered to this one, which does not take it for its own."""
    fake = start_fake(mode="server")
    agent = begin([entry(fake)])
    view.wait(Contact="up")
    kept(lab, supervisor, 1)
    fake.stall(reading=False)
    lab.wait_until(lambda: not fake.written, "it has asked something")
    supervisor.restart(agent, kill=True)
    lab.wait_until(lambda: supervisor.states.count("READY=1") == 2, "the next one is there")
    fake.resume()
    view.wait(Contact="up")
    assert fake.sessions == 1
    assert "loop" not in agent.log
