"""Daemons that poll as busy ones do, and a healthy one beside one that is in trouble."""

import threading
import time

from fake import actions
from parts import truth
from parts.snmp import SnmpTimeout


def keep_busy(fake):
    """Each load-stats brings news, so that each poll of the agent asks for the status."""
    def load_stats(daemon, words):
        daemon.bytes_in += 1
        actions.load_stats(daemon, words)

    with fake.script() as daemon:
        daemon.overrides["load-stats"] = load_stats


class Witness:
    """Watches, in a thread and through SNMP, that one instance is polled as if nothing had
    happened, and how much memory the agent takes meanwhile.

        with Witness(agent, fake, view) as witness: ...
        witness.assert_undisturbed()
    """

    AGE = 3  # seconds; the instance is polled every second
    GROWTH = 6 * 1024  # KiB

    def __init__(self, agent, fake, view):
        self.agent, self.fake, self.view = agent, fake, view
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._seen, self._failures = [], []

    def __enter__(self):
        self.memory = self.agent.memory
        self.sessions = self.fake.sessions
        self.contacts = self.view.get("Contacts")
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._seen or not self._done.wait(0.2):
            try:
                ages = self.view.get("Age", "StatusAge")
                self._seen.append((*ages, self.agent.memory))
            except (SnmpTimeout, OSError) as error:
                self._failures.append(error)
                return

    def assert_undisturbed(self, growth=GROWTH):
        assert self._failures == [] and self._seen
        assert max(age for age, _, _ in self._seen) <= self.AGE
        assert max(age for _, age, _ in self._seen) <= self.AGE
        assert max(memory for _, _, memory in self._seen) - self.memory < growth
        assert self.view.get("Contact", "Contacts") == ["up", self.contacts]
        assert self.fake.sessions == self.sessions


def assert_true_to(view, fake, deadline=15.0):
    """The agent's tables of the present say what the scripted daemon is."""
    begin = time.monotonic()
    with fake.script() as daemon:
        instance = truth.of_instance(daemon)
        clients, routes = truth.of_clients(daemon), truth.of_routes(daemon)
        requests, control = truth.of_requests(daemon), truth.of_control(daemon)
        capabilities = truth.of_capabilities(daemon)
    view.wait(deadline, **instance)
    truth.await_rows(view, "Client", clients, deadline, ordered=False)
    truth.await_rows(view, "Route", routes, deadline, ordered=False)
    truth.await_rows(view, "Request", requests, deadline,
                     where=lambda row: row["Status"] == "pending")
    truth.await_rows(view, "Control", [control], deadline)
    truth.await_rows(view, "Capability", capabilities, deadline)
    return time.monotonic() - begin
