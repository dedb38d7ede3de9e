#!/usr/bin/python3
"""Everything at once for minutes: daemons, real and scripted, that come, go, flood and restart;
clients, walks, SETs, reloads and restarts of snmpd.  At the end all tables must be what the daemons
say themselves (verdict.py), no notification may be lost, and the memory must have stayed flat.

`make soak` runs it; SOAK_SECONDS (180) and SOAK_SEED choose how long and which course.
"""

import collections
import contextlib
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "integration")]

from fake import questions  # noqa: E402
from fake.fake_openvpn import FakeOpenVpn  # noqa: E402
from fake.scenario import say_states  # noqa: E402
from parts import openvpn  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.control import ALL  # noqa: E402
from parts.pki import Pki  # noqa: E402
from parts.process import Lab, free_port  # noqa: E402
from parts.snmp import Snmpd, SnmpError, SnmpTimeout, Snmptrapd  # noqa: E402
from parts.view import InstanceView, rows  # noqa: E402
from parts.witness import keep_busy  # noqa: E402
from verdict import KEPT, judge  # noqa: E402

SET_ANSWERS = ("commitFailed", "undoFailed", "inconsistentValue", "resourceUnavailable",
               "noCreation", "genError", "notWritable")
OFTEN = 5  # SETs of a kind, none of which has succeeded, are too many
EXTRA = 99  # the index of an instance that is there at times


def instance(name, daemon, index):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1,
            "reply_timeout": 20, "notify": ["state-all", "fatal", "hold", "contact", "input",
                                            "auth", "client"], "notify_rate": 100000, "allow": ALL,
            **{key: KEPT for key in ("log_lines", "state_lines", "echo_lines", "session_lines",
                                     "request_lines", "command_lines")}}


class Soak:
    """The lab and what may happen in it; each method below `happenings` is one event."""

    def __init__(self, lab, pki, chance):
        self.lab, self.chance = lab, chance
        self.answers = collections.defaultdict(collections.Counter)  # of SETs, by their kind
        self.known = {}  # by the daemon's name all clients that it ever had
        self.away = []  # [begin, end] of the times at which snmpd may not answer
        self.begin, self.recent = time.monotonic(), collections.deque(maxlen=4)
        self.snmptrapd = Snmptrapd(lab, transport="tcp").start()
        self.snmpd = Snmpd(lab, sink=self.snmptrapd).start()
        self.manager = self.snmpd.manager()
        self.servers = [self.fake("server0"), self.fake("server1", version="2.4.12"),
                        self.fake("server2", port=free_port())]
        self.others = [self.fake("client0", mode="client"), self.fake("client1", mode="client")]
        self.fakes = [*self.servers, *self.others]
        self.status = lab.path("status")
        self.server = openvpn.server(lab, pki, extra=[f"status {self.status} 1",
                                                      "status-version 3"]).start()
        self.clients = [openvpn.client(lab, pki, self.server, name, extra=["explicit-exit-notify 1"])
                        for name in ("alice", "bob")]
        for client in self.clients:
            client.start()
        self.extra = self.fake("extra")
        self.entries = [instance(daemon.name, daemon, index) for index, daemon
                        in enumerate([*self.fakes, self.server, *self.clients], 1)]
        self.agent = Agent(lab, self.snmpd, self.entries, lean=True).start()

    def fake(self, name, **arguments):
        path = None if "port" in arguments else self.lab.path(name + ".sock")
        made = self.lab.track(FakeOpenVpn(path, name=name, **arguments)).start()
        keep_busy(made)
        self.known[name] = keep_record(made)
        return made

    def view(self, daemon):
        index = next(entry["index"] for entry in self.entries if entry["management"] is daemon)
        return InstanceView(self.lab, self.manager, index)

    # What happens

    def clients_come(self):
        with self.chance.choice(self.servers).script() as daemon:
            daemon.add_clients(self.chance.randrange(1, 50), announce=True)

    def clients_go(self):
        with self.chance.choice(self.servers).script() as daemon:
            count = len(daemon.clients)
            daemon.remove_clients(self.chance.sample(daemon.clients,
                                                     self.chance.randrange(count + 1)))

    def states(self):
        with self.chance.choice(self.others).script() as daemon:
            if daemon.question is None and daemon.hold is None:  # a daemon that waits is silent
                say_states(daemon, self.chance.randrange(1, 20))

    def flooded(self):
        with self.chance.choice(self.fakes).script() as daemon:
            now = daemon.now()
            lines = [f"{now},I,flood line {number}" for number in range(5000)]
            daemon.logs.extend(lines)
            if daemon.log_on:
                daemon.emit_lazily(f">LOG:{line}" for line in lines)

    def echoes(self):
        with self.chance.choice(self.fakes).script() as daemon:
            for number in range(self.chance.randrange(1, 10)):
                daemon.echo(f"echo {number} of {daemon.bytes_in}")

    def noise(self):
        with self.chance.choice(self.fakes).script() as daemon:
            daemon.emit(">NEWS:nothing\r\nSUCCESS: pid=1\r\n" + "x" * self.chance.randrange(40000))

    def asked(self):
        with self.chance.choice(self.others).script() as daemon:
            if daemon.question is None and daemon.hold is None:
                daemon.ask(questions.ask_user())
            elif daemon.question is not None:
                daemon.question = None
                daemon.emit(">PASSWORD:Verification Failed: 'Auth' ['no']")
                daemon.come_up()

    def held(self):
        with self.chance.choice(self.others).script() as daemon:
            if daemon.hold is not None:
                daemon.hold_flag = False
                daemon.release()
            elif daemon.question is None:
                daemon.hold_flag = True
                daemon.signal("SIGUSR1")

    def session_dropped(self):
        self.chance.choice(self.fakes).drop()

    def daemon_restarts(self):
        self.chance.choice(self.fakes).restart()

    def daemon_dies(self):
        fake = self.chance.choice(self.fakes)
        with fake.script() as daemon:
            daemon.fatal("the soak wants it")
        self.lab.wait_until(lambda: not fake.connected, "it has ended")
        fake.restart()

    def daemon_stalls(self):
        fake = self.chance.choice(self.fakes)
        fake.stall()
        time.sleep(self.chance.random() * 2)
        fake.resume()

    def status_fails(self):
        with self.chance.choice(self.servers).script() as daemon:
            daemon.status_fault = self.chance.choice([None, "cut", "refuse", "empty"])

    def real_client_reconnects(self):
        self.chance.choice(self.clients).signal(signal.SIGUSR1)

    def real_client_restarts(self):
        client = self.chance.choice(self.clients)
        self.chance.choice([client.stop, client.kill])()
        client.start()

    def real_server_restarts(self):
        self.server.signal(self.chance.choice([signal.SIGUSR1, signal.SIGHUP]))

    def reload(self):
        self.agent.reload(self.entries)

    def reload_with_more(self):
        self.agent.reload([*self.entries, instance("extra", self.extra, EXTRA)])

    def reload_broken(self):
        self.agent.write("instances = nonsense;\n")
        self.agent.reload()

    @contextlib.contextmanager
    def without_snmpd(self):
        self.away.append([time.monotonic(), float("inf")])
        yield
        self.away[-1][1] = time.monotonic()

    def snmpd_restarts(self):
        with self.without_snmpd():
            self.chance.choice([self.snmpd.stop, self.snmpd.kill])()
            self.snmpd.start()

    def snmpd_sleeps(self):
        with self.without_snmpd():
            self.snmpd.freeze()
            time.sleep(self.chance.random() * 4)
            self.snmpd.thaw()

    def was_away(self, begin, end):
        """Whether snmpd was away, or had work left over from that, at some time between."""
        return any(begin < until + 1 and since < end for since, until in self.away)

    # SETs; whatever the daemon or snmpd does meanwhile, each has one of these answers.

    def set(self, kind, *changes):
        try:
            self.snmpd.manager(timeout=3.0).set(*changes)
            self.answers[kind]["noError"] += 1
        except SnmpTimeout:
            self.answers[kind]["timeout"] += 1  # snmpd is away at times
        except SnmpError as error:
            assert error.status in SET_ANSWERS, error
            self.answers[kind][error.status] += 1

    def any_index(self):
        return self.chance.choice(self.entries)["index"]

    def set_settings(self):
        changes = []
        for name, highest in (("Verb", 11), ("Mute", 50)):
            for index in {self.any_index(), self.any_index()}:
                changes.append((f"ovpnControl{name}.{index}", "i",
                                self.chance.randrange(3, highest)))
        self.set("settings", *changes)

    def set_and_fail(self):
        """What is set before the kill is put back."""
        index = self.view(self.chance.choice(self.servers)).index
        self.set("undone", (f"ovpnControlVerb.{index}", "i", 9),
                 (f"ovpnControlKillCommonName.{index}", "s", "nobody"))

    def set_kill(self):
        own = self.view(self.chance.choice(self.servers)).index
        try:
            clients = [index for index in rows(self.manager, "ovpnClientTable")
                       if index[0] == own]
        except (SnmpTimeout, SnmpError):
            return
        if clients:
            row = self.chance.choice(clients)[1]
            self.set("kill", (f"ovpnClientControlAction.{own}.{row}", "i", "kill"))

    def set_signal(self):
        number = self.chance.choice(["sigusr1", "sighup", "sigusr2"])
        self.set("signal", (f"ovpnControlSignal.{self.any_index()}", "i", number))

    def set_hold(self):
        fakes = [fake for fake in self.others if fake.daemon.hold is not None]
        if fakes:
            index = self.view(fakes[0]).index
            self.set("release", (f"ovpnControlHoldRelease.{index}", "i", "release"))

    def set_answer(self):
        fakes = [fake for fake in self.others if fake.daemon.question is not None]
        try:
            found = [index for index, row in rows(self.manager, "ovpnRequestTable").items()
                     if row["Status"] == "pending" and fakes
                     and index[0] == self.view(fakes[0]).index]
        except (SnmpTimeout, SnmpError):
            return
        if found:
            own, row = found[-1]
            self.set("answer", (f"ovpnCredentialUsername.{own}.{row}", "s", "somebody"),
                     (f"ovpnCredentialPassword.{own}.{row}", "s", "something"))

    def set_session(self):
        index = self.view(self.chance.choice(self.fakes)).index
        self.set("session", (f"ovpnControlSession.{index}", "i", "detached"))
        self.set("session", (f"ovpnControlSession.{index}", "i", "attached"))

    @property
    def happenings(self):
        """Each event and how often it comes, relative to the others."""
        return {
            self.clients_come: 20, self.clients_go: 20, self.states: 10, self.flooded: 5,
            self.echoes: 5, self.noise: 5, self.asked: 5, self.held: 5, self.session_dropped: 2,
            self.daemon_restarts: 2, self.daemon_dies: 2, self.daemon_stalls: 2,
            self.status_fails: 3, self.real_client_reconnects: 2, self.real_client_restarts: 2,
            self.real_server_restarts: 1, self.reload: 2, self.reload_with_more: 2,
            self.reload_broken: 1, self.snmpd_restarts: 1, self.snmpd_sleeps: 1,
            self.set_settings: 10, self.set_and_fail: 5, self.set_kill: 5, self.set_signal: 3,
            self.set_hold: 5, self.set_answer: 5, self.set_session: 1,
        }


def keep_record(fake):
    """The list of all clients that the daemon ever had, each with a name and figures of its own."""
    known = []
    with fake.script() as daemon:
        add = daemon.add_client

        def add_client(common_name, announce=True, **values):
            number = len(known) + 1
            own = {"username": f"user{number}", "received": 1000 + number, "sent": 10 * number}
            known.append(add(common_name, announce, **{**own, **values}))
            return known[-1]

        daemon.add_client = add_client
    return known


class Walkers:
    """Managers that walk all the time, and how the agent's memory goes meanwhile."""

    def __init__(self, soak, count=2):
        self.soak = soak
        self.walks, self.excused, self.timeouts = 0, 0, []
        self.errors, self.memory = [], []
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._walk, daemon=True) for _ in range(count)]
        self._threads.append(threading.Thread(target=self._weigh, daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _walk(self):
        manager = self.soak.snmpd.manager(timeout=2.0)
        while not self._done.is_set():
            begin = time.monotonic()
            try:
                manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB")
                self.walks += 1
            except SnmpTimeout:
                if self.soak.was_away(begin, time.monotonic()):
                    self.excused += 1
                else:
                    self.timeouts.append((begin - self.soak.begin, [*self.soak.recent]))
            except Exception as error:
                # No subagent yet; or snmpd ends.
                restarts = "genError" in str(error) and "snmpd" in self.soak.recent[-1][1]
                if "No Such" not in str(error) and not restarts:
                    now = time.monotonic() - self.soak.begin
                    self.errors.append(f"at {now:.2f} s: {error!r} after {[*self.soak.recent]}")

    def _weigh(self):
        while not self._done.wait(0.5):
            self.memory.append(self.soak.agent.memory)


def assert_flat(memory):
    """The medians of the second and of the last quarter, in KiB."""
    quarter = len(memory) // 4
    early = statistics.median(memory[quarter:2 * quarter])
    late = statistics.median(memory[-quarter:])
    print(f"memory: {early / 1024:.1f} MiB in the second quarter, {late / 1024:.1f} MiB in the last")
    assert late < early * 1.1 + 2048, "the memory grows"


def run(soak, seconds):
    done = collections.Counter()
    events, weights = zip(*soak.happenings.items())
    walkers = Walkers(soak)
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            event = soak.chance.choices(events, weights)[0]
            soak.recent.append((round(time.monotonic() - soak.begin, 2), event.__name__))
            event()
            done[event.__name__] += 1
            assert soak.agent.alive, f"the agent ended in {event.__name__}"
            time.sleep(soak.chance.random() * 0.2)
    finally:
        walkers.stop()
    print("events: " + ", ".join(f"{name} {count}" for name, count in sorted(done.items())))
    print(f"walks: {walkers.walks}, unanswered {walkers.excused} while snmpd was away, "
          f"{len(walkers.timeouts)} else")
    assert walkers.errors == [], walkers.errors[:3]
    assert len(walkers.timeouts) <= walkers.walks // 100, walkers.timeouts[:3]
    assert walkers.walks > walkers.excused
    assert_flat(walkers.memory)


def assert_answered(answers):
    """Whatever goes on, of each kind of SET that was tried often some must do what they should."""
    for kind, counts in sorted(answers.items()):
        print(f"SETs, {kind}: {dict(counts)}")
    for kind, counts in answers.items():
        wanted = "commitFailed" if kind == "undone" else "noError"
        assert sum(counts.values()) < OFTEN or counts[wanted] > 0, f"no SET of {kind}: {counts}"
    assert answers["undone"]["noError"] == 0, "nobody can be killed who is not there"


def main():
    seconds = float(os.environ.get("SOAK_SECONDS", "180"))
    seed = os.environ.get("SOAK_SEED") or str(random.randrange(1 << 32))
    print(f"soak: {seconds:g} s, SOAK_SEED={seed}", flush=True)
    lab = Lab()
    try:
        with tempfile.TemporaryDirectory(prefix="ovpn-pki-") as keys:
            soak = Soak(lab, Pki(keys), random.Random(seed))
            run(soak, seconds)
            assert_answered(soak.answers)
            judge(soak)
            status = soak.agent.stop()
            assert status == 0, f"the agent ended with {status}"
        print("soak: passed")
    except BaseException:
        print(lab.tails(40))
        raise
    finally:
        lab.close()


if __name__ == "__main__":
    main()
