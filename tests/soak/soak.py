#!/usr/bin/python3
"""Everything at once for minutes: daemons, real and scripted, that come, go, flood and restart;
clients, walks, reloads and restarts of snmpd.  At the end all tables must be what the daemons say
themselves, no notification may be lost, and the memory must have stayed flat.

`make soak` runs it; SOAK_SECONDS (180) and SOAK_SEED choose how long and which course.
"""

import collections
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
from fake.scenario import flood, say_states  # noqa: E402
from parts import openvpn  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.control import ALL  # noqa: E402
from parts.pki import Pki  # noqa: E402
from parts.process import Lab, free_port  # noqa: E402
from parts.snmp import Snmpd, SnmpError, SnmpTimeout, Snmptrapd  # noqa: E402
from parts.view import InstanceView, rows  # noqa: E402
from parts.witness import assert_true_to, keep_busy  # noqa: E402

OWN = ("MANAGEMENT: CMD '", "MANAGEMENT: >STATE:", "MANAGEMENT: Client ")
KEPT = 100  # rows of each history
SET_ANSWERS = ("commitFailed", "undoFailed", "inconsistentValue", "resourceUnavailable",
               "noCreation", "genError", "notWritable")
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
        self.answers = collections.Counter()
        self.begin, self.recent = time.monotonic(), collections.deque(maxlen=4)
        self.snmptrapd = Snmptrapd(lab).start()
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
        self.agent = Agent(lab, self.snmpd, self.entries, lean=True, library_leaks=True).start()

    def fake(self, name, **arguments):
        path = None if "port" in arguments else self.lab.path(name + ".sock")
        made = self.lab.track(FakeOpenVpn(path, name=name, **arguments)).start()
        keep_busy(made)
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
            flood(daemon, 5000)

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

    def snmpd_restarts(self):
        self.chance.choice([self.snmpd.stop, self.snmpd.kill])()
        self.snmpd.start()

    def snmpd_sleeps(self):
        self.snmpd.freeze()
        time.sleep(self.chance.random() * 4)
        self.snmpd.thaw()

    # SETs; whatever the daemon or snmpd does meanwhile, each has one of these answers.

    def set(self, *changes):
        try:
            self.snmpd.manager(timeout=3.0).set(*changes)
            self.answers["noError"] += 1
        except SnmpTimeout:
            self.answers["timeout"] += 1  # snmpd is away at times
        except SnmpError as error:
            assert error.status in SET_ANSWERS, error
            self.answers[error.status] += 1

    def any_index(self):
        return self.chance.choice(self.entries)["index"]

    def set_settings(self):
        changes = []
        for name, highest in (("Verb", 11), ("Mute", 50)):
            for index in {self.any_index(), self.any_index()}:
                changes.append((f"ovpnControl{name}.{index}", "i",
                                self.chance.randrange(3, highest)))
        self.set(*changes)

    def set_and_fail(self):
        """What is set before the kill is put back."""
        index = self.view(self.chance.choice(self.servers)).index
        self.set((f"ovpnControlVerb.{index}", "i", 9),
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
            self.set((f"ovpnClientControlAction.{own}.{row}", "i", "kill"))

    def set_signal(self):
        number = self.chance.choice(["sigusr1", "sighup", "sigusr2"])
        self.set((f"ovpnControlSignal.{self.any_index()}", "i", number))

    def set_hold(self):
        index = self.view(self.chance.choice(self.others)).index
        self.set((f"ovpnControlHoldRelease.{index}", "i", "release"))

    def set_session(self):
        index = self.view(self.chance.choice(self.fakes)).index
        self.set((f"ovpnControlSession.{index}", "i", "detached"))
        self.set((f"ovpnControlSession.{index}", "i", "attached"))

    @property
    def happenings(self):
        """Each event and how often it comes, relative to the others."""
        return {
            self.clients_come: 20, self.clients_go: 20, self.states: 10, self.flooded: 5,
            self.noise: 5, self.asked: 5, self.held: 5, self.session_dropped: 2,
            self.daemon_restarts: 2, self.daemon_dies: 2, self.daemon_stalls: 2,
            self.status_fails: 3, self.real_client_reconnects: 2, self.real_client_restarts: 2,
            self.real_server_restarts: 1, self.reload: 2, self.reload_with_more: 2,
            self.reload_broken: 1, self.snmpd_restarts: 1, self.snmpd_sleeps: 1,
            self.set_settings: 10, self.set_and_fail: 5, self.set_kill: 5, self.set_signal: 3,
            self.set_hold: 2, self.set_session: 1,
        }

    # The end

    def calm(self):
        """Nothing happens any more; every daemon is well."""
        for fake in self.fakes:
            assert not fake.daemon.exited, f"{fake.name} was ended by a SET of a milder signal"
            with fake.script() as daemon:
                daemon.status_fault, daemon.hold_flag = None, False
                daemon.question, daemon.hold = None, None
                daemon.come_up()
        for entry in self.entries:  # a SET that snmpd has lost may have left it detached
            self.set((f"ovpnControlSession.{entry['index']}", "i", "attached"))
        self.agent.reload(self.entries)

    def check(self):
        """Every table against the daemons' own word."""
        for fake in self.fakes:
            view = self.view(fake)
            if fake in self.servers:
                assert_true_to(view, fake, 60)
            view.wait(60, Contact="up", State="connected", HoldWaiting="false", PendingRequests=0,
                      Pid=fake.daemon.pid, Verb=fake.daemon.verb, Mute=fake.daemon.mute)
            self._check_histories(fake, view.index)
        self._check_routes()
        self._check_real()
        indexes = [index[0] for index in rows(self.manager, "ovpnInstanceTable")]
        assert indexes == [entry["index"] for entry in self.entries], indexes
        assert self.manager.get("ovpnAgentNotificationsDropped.0") == 0
        assert self.manager.get("ovpnAgentNotificationsSuppressed.0") == 0
        # snmpd has one of its own for its end.
        numbers = [trap.values["ovpnNotificationSequence"] for trap in self.snmptrapd.traps()
                   if "ovpnNotificationSequence" in trap.values]
        assert numbers
        assert numbers == sorted(numbers), "notifications arrive in order"

    def _check_histories(self, fake, own):
        with fake.script() as daemon:
            states = [line.split(",")[1:3] for line in daemon.states]
        def shown():
            return [[row["Name"], row["Reason"]] for index, row
                    in rows(self.manager, "ovpnStateTable").items() if index[0] == own]

        self.lab.wait_until(lambda: shown()[-len(states):] == states[-KEPT:],
                            lambda: f"states of {fake.name}: {states}; seen: {shown()}", 20)
        sequence = [index[1] for index in rows(self.manager, "ovpnLogTable") if index[0] == own]
        assert sequence == list(range(sequence[0], sequence[0] + len(sequence)))
        assert len(sequence) <= KEPT
        assert not [row for row in rows(self.manager, "ovpnLogTable").values()
                    if row.get("Message", "").startswith(OWN)]

    def _check_routes(self):
        for fake in self.servers:
            own = self.view(fake).index
            with fake.script() as daemon:
                expected = {(route.address, route.client.cid) for route in daemon.routes}
            clients = rows(self.manager, "ovpnClientTable")
            seen = {(row["Address"], clients[(own, row["ClientIndex"])]["ClientId"])
                    for index, row in rows(self.manager, "ovpnRouteTable").items()
                    if index[0] == own}
            assert seen == expected, f"routes of {fake.name}: {expected ^ seen} differ"

    def _check_real(self):
        view = self.view(self.server)

        def own_word():
            with open(self.status, encoding="utf-8") as file:
                lines = [line.rstrip("\n").split("\t") for line in file]
            head = next(line[2:] for line in lines if line[:2] == ["HEADER", "CLIENT_LIST"])
            found = [dict(zip(head, line[1:])) for line in lines if line[0] == "CLIENT_LIST"]
            return sorted((row["Common Name"], int(row["Client ID"]),
                           int(row["Connected Since (time_t)"])) for row in found)

        def table():
            return sorted((row["CommonName"], row["ClientId"], row["ConnectedSinceUnix"])
                          for index, row in rows(self.manager, "ovpnClientTable").items()
                          if index[0] == view.index)

        view.wait(90, Contact="up", State="connected", Pid=self.server.pid)
        self.lab.wait_until(lambda: len(own_word()) == 2 and own_word() == table(),
                            lambda: f"clients of the server: {own_word()}; seen: {table()}", 90)
        for client in self.clients:
            self.view(client).wait(60, Contact="up", State="connected", Pid=client.pid)


class Walkers:
    """Managers that walk all the time, and how the agent's memory goes meanwhile."""

    def __init__(self, soak, count=2):
        self.soak = soak
        self.walks, self.timeouts, self.errors, self.memory = 0, 0, [], []
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
            try:
                manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB")
                self.walks += 1
            except SnmpTimeout:
                self.timeouts += 1  # snmpd is away at times
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
    print(f"walks: {walkers.walks}, unanswered {walkers.timeouts}")
    assert walkers.errors == [], walkers.errors[:3]
    assert walkers.walks > 0
    assert_flat(walkers.memory)


def main():
    seconds = float(os.environ.get("SOAK_SECONDS", "180"))
    seed = os.environ.get("SOAK_SEED") or str(random.randrange(1 << 32))
    print(f"soak: {seconds:g} s, SOAK_SEED={seed}", flush=True)
    lab = Lab()
    try:
        with tempfile.TemporaryDirectory(prefix="ovpn-pki-") as keys:
            soak = Soak(lab, Pki(keys), random.Random(seed))
            run(soak, seconds)
            soak.calm()
            soak.check()
            sent = soak.manager.get("ovpnAgentNotificationsSent.0")
            print(f"notifications: {sent} acknowledged, "
                  f"{len(soak.snmptrapd.traps())} seen by snmptrapd")
            print(f"SETs: {dict(soak.answers)}")
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
